//! Orders keys and list items: known ones stay in our order, and each new one follows its published
//! predecessor.

/// Returns the names in `published`, and the names in `ours` that `kept` accepts, without
/// duplicates.
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
                // Our descriptions are first.
                None => ordered.iter().take_while(|known| kept(known)).count(),
            };
            ordered.insert(place, name.clone());
        }
        // The position of our own description does not determine where its published successor
        // belongs.
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
    fn our_order_is_kept_and_new_names_follow_their_published_predecessor() {
        let ours = names("d a c b");
        assert_eq!(order(&ours, &names("a b c d"), |_| false), ours);
        assert_eq!(order(&ours, &names("a n b c d"), |_| false), names("d a n c b"));
        assert_eq!(order(&ours, &names("m n a b c d"), |_| false), names("m n d a c b"));
        assert_eq!(order(&[], &names("b a"), |_| false), names("b a"));
    }

    #[test]
    fn removed_names_are_dropped_unless_they_are_kept() {
        let ours = names("p a b");
        let text = |name: &str| name == "p";
        assert_eq!(order(&ours, &names("b"), text), names("p b"));
        assert_eq!(order(&ours, &names("a p n b"), text), names("p a n b"));
        assert_eq!(order(&ours, &names("p n a b"), text), names("p n a b"));
    }
}
