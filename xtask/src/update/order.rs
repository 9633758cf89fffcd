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
            let after =
                previous.and_then(|previous| ordered.iter().position(|known| known == previous));
            ordered.insert(after.map_or(0, |index| index + 1), name.clone());
        }
        previous = Some(name);
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
        assert_eq!(order(&ours, &names("b"), |name| name == "p"), names("p b"));
    }
}
