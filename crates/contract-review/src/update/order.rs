//! The order of keys and items: ours for what we have, and what is new after the neighbour that it was published after.

/// Orders `published` and those of `ours` that `kept` accepts. Each name is taken once.
pub(super) fn order(
    ours: &[String],
    published: &[String],
    kept: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut ordered: Vec<String> = Vec::new();
    for name in ours {
        if (published.contains(name) || kept(name)) && !ordered.contains(name) {
            ordered.push(name.clone());
        }
    }
    let mut previous: Option<&String> = None;
    for name in published {
        if !ordered.contains(name) {
            let before = previous.and_then(|name| ordered.iter().position(|known| known == name));
            let place = match before {
                Some(index) => index + 1,
                // Our texts lead.
                None => ordered.iter().take_while(|known| kept(known)).count(),
            };
            ordered.insert(place, name.clone());
        }
        // A text of ours stands where we want it, which says nothing of what was published after it.
        if !(kept(name) && ours.contains(name)) {
            previous = Some(name);
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::order;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn our_order_stays_and_new_names_follow_their_published_neighbour() {
        let ours = names("d a c b");
        assert_eq!(order(&ours, &names("a b c d"), |_| false), ours);
        assert_eq!(
            order(&ours, &names("a n b c d"), |_| false),
            names("d a n c b")
        );
        assert_eq!(
            order(&ours, &names("m n a b c d"), |_| false),
            names("m n d a c b")
        );
        assert_eq!(order(&[], &names("b a"), |_| false), names("b a"));
    }

    #[test]
    fn what_is_gone_goes_unless_it_is_ours_to_keep() {
        let ours = names("p a b");
        let text = |name: &str| name == "p";
        assert_eq!(order(&ours, &names("b"), text), names("p b"));
        assert_eq!(order(&ours, &names("a p n b"), text), names("p a n b"));
        assert_eq!(order(&ours, &names("p n a b"), text), names("p n a b"));
    }
}
