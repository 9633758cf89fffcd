//! Compares the alternatives of `oneOf` and `anyOf`: which were added, removed or changed.

use std::collections::{HashMap, VecDeque};

use super::Comparison;
use super::node::Node;
use super::rules::Change;
use super::schemas::Pair;
use super::shape::{Shape, is_null};
use super::wording::type_names;

impl<'d> Comparison<'d> {
    pub(super) fn alternatives(&mut self, pair: &Pair<'_, 'd>) {
        let (change, text) = match (&pair.old.alternatives, &pair.new.alternatives) {
            (None, None) => return,
            (Some((old_keyword, before)), Some((keyword, after))) => {
                self.keyword(pair, old_keyword, keyword);
                return self.both_alternatives(pair, before, after);
            }
            (None, Some(_)) => (Change::Narrower, "must now match one of several alternatives"),
            (Some(_), None) => (Change::Wider, "is no longer limited to alternatives"),
        };
        self.report_new_type(pair, change, "alternatives-changed", text);
    }

    /// Compares `anyOf` with `oneOf`, which rejects values that match several alternatives.
    fn keyword(&mut self, pair: &Pair<'_, 'd>, old: &str, new: &str) {
        if old != new {
            let change = match new {
                "oneOf" => Change::Narrower,
                _ => Change::Wider,
            };
            let text = format!("`{old}` is now `{new}`");
            self.report_new_type(pair, change, "alternatives-keyword-changed", text);
        }
    }

    pub(super) fn both_alternatives(
        &mut self,
        pair: &Pair<'_, 'd>,
        before: &[Node<'d>],
        after: &[Node<'d>],
    ) {
        let matched = Matched::of(before, after);
        for (name, old, new) in matched.pairs {
            let place = pair.place.inside(format_args!("alternative {name}"));
            self.schema(&place, old, new, pair.direction);
        }
        for name in matched.added {
            let text = format!("alternative {name} added");
            self.report_change(pair, Change::Wider, "alternative-added", text);
        }
        for name in matched.removed {
            let text = format!("alternative {name} removed");
            self.report_new_type(pair, Change::Narrower, "alternative-removed", text);
        }
    }
}

/// If only one of two schemas has alternatives and the other schema is one of them, returns the
/// alternatives of both. A list with a single alternative has the shape of that alternative.
pub(super) fn single_alternative<'d>(
    old: &Node<'d>,
    old_shape: &Shape<'d>,
    new: &Node<'d>,
    new_shape: &Shape<'d>,
) -> Option<(Vec<Node<'d>>, Vec<Node<'d>>)> {
    let (before, after) = match (&old_shape.alternatives, &new_shape.alternatives) {
        (Some((_, before)), None) => (before.clone(), vec![only_alternative(new)]),
        (None, Some((_, after))) => (vec![only_alternative(old)], after.clone()),
        _ => return None,
    };
    let matches = !Matched::of(&before, &after).pairs.is_empty();
    matches.then_some((before, after))
}

/// The only alternative in the list of `node` that is not null, or `node` itself.
fn only_alternative<'d>(node: &Node<'d>) -> Node<'d> {
    let listed = ["oneOf", "anyOf"].map(|keyword| node.items(keyword)).concat();
    let mut others = listed.into_iter().filter(|item| !is_null(item.resolved().value));
    match (others.next(), others.next()) {
        (Some(only), None) => only,
        _ => node.clone(),
    }
}

/// The alternatives that both schemas have, in the old order, and the names of those that were
/// added and removed.
#[derive(Debug, Default)]
struct Matched<'a, 'd> {
    pairs: Vec<(String, &'a Node<'d>, &'a Node<'d>)>,
    added: Vec<String>,
    removed: Vec<String>,
}

impl<'a, 'd> Matched<'a, 'd> {
    /// Matches alternatives by name. Several alternatives with the same name are matched in order.
    fn of(before: &'a [Node<'d>], after: &'a [Node<'d>]) -> Self {
        let names: Vec<String> = after.iter().map(name).collect();
        let mut unmatched: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            unmatched.entry(name).or_default().push_back(index);
        }
        let mut matched = Self::default();
        let mut is_added = vec![true; after.len()];
        for old in before {
            let name = name(old);
            match unmatched.get_mut(name.as_str()).and_then(VecDeque::pop_front) {
                Some(index) => {
                    is_added[index] = false;
                    matched.pairs.push((name, old, &after[index]));
                }
                None => matched.removed.push(name),
            }
        }
        let added = names.iter().zip(is_added).filter(|(_, is_added)| *is_added);
        matched.added = added.map(|(name, _)| name.clone()).collect();
        matched
    }
}

/// The name of a shared schema, or the type and fields of an inline one.
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
