//! Compares `oneOf` and `anyOf`: which alternatives came, which went, what became of those that stayed.

use std::collections::{HashMap, VecDeque};

use super::Comparison;
use super::node::Node;
use super::rules::Change;
use super::schemas::Pair;
use super::shape::Shape;
use super::wording::type_names;

impl<'d> Comparison<'d> {
    pub(super) fn alternatives(&mut self, pair: &Pair<'_, 'd>) {
        let (change, text) = match (&pair.old.alternatives, &pair.new.alternatives) {
            (None, None) => return,
            (Some((_, before)), Some((_, after))) => return self.both(pair, before, after),
            (None, Some(_)) => (Change::Narrower, "must be one of several alternatives now"),
            (Some(_), None) => (Change::Wider, "is not limited to alternatives any more"),
        };
        self.tell_change(pair, change, "alternatives-changed", text);
    }

    fn both(&mut self, pair: &Pair<'_, 'd>, before: &[Node<'d>], after: &[Node<'d>]) {
        let matched = Matched::of(before, after);
        for (name, old, new) in matched.pairs {
            let place = pair.place.inside(format_args!("alternative {name}"));
            self.schema(&place, old, new, pair.direction);
        }
        for name in matched.come {
            let text = format!("alternative {name} added");
            self.tell_change(pair, Change::Wider, "alternative-added", text);
        }
        for name in matched.gone {
            let text = format!("alternative {name} removed");
            self.tell_change(pair, Change::Narrower, "alternative-removed", text);
        }
    }
}

/// Alternatives by name: those that both have, in the old order; those that came and went.
#[derive(Debug, Default)]
struct Matched<'a, 'd> {
    pairs: Vec<(String, &'a Node<'d>, &'a Node<'d>)>,
    come: Vec<String>,
    gone: Vec<String>,
}

impl<'a, 'd> Matched<'a, 'd> {
    /// Of several that have one name, the first is matched with the first.
    fn of(before: &'a [Node<'d>], after: &'a [Node<'d>]) -> Self {
        let names: Vec<String> = after.iter().map(name).collect();
        let mut open: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            open.entry(name).or_default().push_back(index);
        }
        let mut matched = Self::default();
        let mut is_new = vec![true; after.len()];
        for old in before {
            let name = name(old);
            match open.get_mut(name.as_str()).and_then(VecDeque::pop_front) {
                Some(index) => {
                    is_new[index] = false;
                    matched.pairs.push((name, old, &after[index]));
                }
                None => matched.gone.push(name),
            }
        }
        let come = names.iter().zip(is_new).filter(|(_, is_new)| *is_new);
        matched.come = come.map(|(name, _)| name.clone()).collect();
        matched
    }
}

/// The name of a shared schema; of an inline one its type and fields.
fn name(node: &Node<'_>) -> String {
    match node.referred().as_ref().and_then(Node::schema_name) {
        Some(name) => format!("`{name}`"),
        None => {
            let shape = Shape::read(node);
            let fields: Vec<&str> = shape.properties.iter().map(|(name, _)| *name).collect();
            match fields.as_slice() {
                [] => type_names(&shape),
                fields => format!("object with `{}`", fields.join("`, `")),
            }
        }
    }
}
