//! Compares `oneOf` and `anyOf`: which alternatives came, which went, what became of those that stayed.

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, Change, Direction};
use super::shape::Shape;

type Alternatives<'d> = Vec<Node<'d>>;

impl<'d> Comparison<'d> {
    pub(super) fn alternatives(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let (change, text) = match (&old.alternatives, &new.alternatives) {
            (None, None) => return,
            (Some((_, before)), Some((_, after))) => {
                return self.both(place, before, after, node, direction);
            }
            (None, Some(_)) => (Change::Narrower, "must be one of several alternatives now"),
            (Some(_), None) => (Change::Wider, "is not limited to alternatives any more"),
        };
        let class = rules::allowed_values(change, direction);
        self.facts.judge(
            (class, direction),
            "alternatives-changed",
            place,
            node,
            text,
        );
    }

    fn both(
        &mut self,
        place: &Place,
        before: &[Node<'d>],
        after: &[Node<'d>],
        node: &Node<'d>,
        direction: Direction,
    ) {
        let (pairs, gone, come) = pair(before, after);
        for (old, new) in pairs {
            let place = place.inside(format_args!("alternative {}", name(&new)));
            self.schema(&place, &old, &new, direction);
        }
        for alternative in come {
            let class = rules::allowed_values(Change::Wider, direction);
            let text = format!("alternative {} added", name(&alternative));
            self.facts
                .judge((class, direction), "alternative-added", place, node, text);
        }
        for alternative in gone {
            let class = rules::allowed_values(Change::Narrower, direction);
            let text = format!("alternative {} removed", name(&alternative));
            self.facts
                .judge((class, direction), "alternative-removed", place, node, text);
        }
    }
}

/// Pairs by name, then the rest in order; what is left over went or came.
fn pair<'d>(
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
                [] => super::schemas::type_names(&shape),
                fields => format!("object with `{}`", fields.join("`, `")),
            }
        }
    }
}
