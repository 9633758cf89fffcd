//! Compares `oneOf` and `anyOf`: which alternatives came, which went, what became of those that stayed.

use super::Comparison;
use super::node::Node;
use super::rules::Change;
use super::schemas::Pair;
use super::shape::Shape;
use super::wording::type_names;

type Alternatives<'d> = Vec<Node<'d>>;

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
        let (pairs, gone, come) = matched(before, after);
        for (old, new) in pairs {
            let place = pair
                .place
                .inside(format_args!("alternative {}", name(&new)));
            self.schema(&place, &old, &new, pair.direction);
        }
        for alternative in come {
            let text = format!("alternative {} added", name(&alternative));
            self.tell_change(pair, Change::Wider, "alternative-added", text);
        }
        for alternative in gone {
            let text = format!("alternative {} removed", name(&alternative));
            self.tell_change(pair, Change::Narrower, "alternative-removed", text);
        }
    }
}

/// Pairs by name; what is left over went or came.
fn matched<'d>(
    before: &[Node<'d>],
    after: &[Node<'d>],
) -> (
    Vec<(Node<'d>, Node<'d>)>,
    Alternatives<'d>,
    Alternatives<'d>,
) {
    let mut pairs = Vec::new();
    let mut come: Alternatives<'d> = after.to_vec();
    let mut gone = Vec::new();
    for old in before {
        match come.iter().position(|new| name(new) == name(old)) {
            Some(index) => pairs.push((old.clone(), come.remove(index))),
            None => gone.push(old.clone()),
        }
    }
    (pairs, gone, come)
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
