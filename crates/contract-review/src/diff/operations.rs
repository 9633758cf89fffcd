//! Compares operations: which exist, their ids, and everything inside them.

use serde_json::Value;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::Class;
use crate::operations::METHODS;
use crate::path_parameters::names;

/// An operation and the path item that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Operation<'d> {
    pub(super) node: Node<'d>,
    pub(super) item: Node<'d>,
    path: &'d str,
    method: &'static str,
}

impl<'d> Operation<'d> {
    fn title(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// The names of the path parameters, in the order of the path.
    pub(super) fn path_names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        names(self.path)
    }

    /// Identifies the operation. Paths that differ only in the names of their parameters are the
    /// same.
    fn key(&self) -> (String, &'static str) {
        let literals = self.path.split('{').enumerate().map(|(index, part)| {
            let literal = part.split_once('}').filter(|_| index > 0);
            literal.map_or(part, |(_, literal)| literal)
        });
        (literals.collect::<Vec<_>>().join("{"), self.method)
    }
}

pub(super) fn operations<'d>(document: &Node<'d>) -> Vec<Operation<'d>> {
    let mut found = Vec::new();
    for (path, item) in document.entries("paths") {
        let item = item.resolved();
        for method in METHODS {
            if path.starts_with('/')
                && let Some(node) = item.get(method)
            {
                found.push(Operation { node, item: item.clone(), path, method });
            }
        }
    }
    found
}

impl<'d> Comparison<'d> {
    /// Compares all operations. The removed ones are reported last.
    pub(super) fn operations(&mut self) {
        let (before, after) = (operations(&self.old), operations(&self.new));
        for new in &after {
            let place = Place::part(new.title());
            match before.iter().find(|old| old.key() == new.key()) {
                Some(old) => self.operation(&place, old, new),
                None => self.facts.record(
                    Class::Additive,
                    "operation-added",
                    &place,
                    &new.node,
                    format!("operation{} added", named(new)),
                ),
            }
        }
        for old in &before {
            if !after.iter().any(|new| new.key() == old.key()) {
                let text = format!("operation{} removed", named(old));
                let place = Place::part(old.title());
                self.facts.record(Class::Breaking, "operation-removed", &place, &old.node, text);
            }
        }
    }

    fn operation(&mut self, place: &Place, old: &Operation<'d>, new: &Operation<'d>) {
        self.operation_id(place, old, new);
        self.parameters(place, old, new);
        self.request_body(place, &old.node, &new.node);
        self.responses(place, &old.node, &new.node);
        self.operation_security(place, &old.node, &new.node);
        self.operation_servers(place, old, new);
        self.callbacks(place, old, new);
        let flags = (old.node.flag("deprecated"), new.node.flag("deprecated"));
        self.deprecation(place, flags.0, flags.1, &new.node);
        self.descriptions(place, &old.node, &new.node);
        self.prose(
            place,
            "tags",
            old.node.value.get("tags"),
            new.node.value.get("tags"),
            &new.node,
        );
    }

    /// Compares the operation ids. They are not sent over the wire, but generated clients use them
    /// as names.
    fn operation_id(&mut self, place: &Place, old: &Operation<'d>, new: &Operation<'d>) {
        let id = |operation: &Operation<'d>| operation.node.text("operationId");
        let (class, text) = match (id(old), id(new)) {
            (before, after) if before == after => return,
            (None, Some(after)) => (Class::Additive, format!("now has the operation id `{after}`")),
            (Some(before), None) => {
                (Class::SourceBreaking, format!("no longer has the operation id `{before}`"))
            }
            (before, after) => {
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                let text =
                    format!("renamed from `{before}` to `{after}`: generated code uses the name");
                (Class::SourceBreaking, text)
            }
        };
        self.facts.record(class, "operation-id-changed", place, &new.node, text);
    }

    /// Reports any change of callbacks, because no rule covers them.
    fn callbacks(&mut self, place: &Place, old: &Operation<'d>, new: &Operation<'d>) {
        self.uncovered_keyword(place, "callbacks", &old.node, &new.node);
    }

    /// Reports any change of a keyword that no rule covers.
    pub(super) fn uncovered_keyword(
        &mut self,
        place: &Place,
        keyword: &str,
        old: &Node<'d>,
        new: &Node<'d>,
    ) {
        let empty = Value::Object(serde_json::Map::new());
        let value =
            |node: &Node<'d>| node.value.get(keyword).cloned().unwrap_or_else(|| empty.clone());
        if value(old) != value(new) {
            let text = format!("`{keyword}` changed; no rule covers it, so it counts as breaking");
            self.facts.record(Class::Breaking, "unknown-keyword-changed", place, new, text);
        }
    }
}

fn named(operation: &Operation<'_>) -> String {
    match operation.node.text("operationId") {
        Some(id) => format!(" `{id}`"),
        None => String::new(),
    }
}
