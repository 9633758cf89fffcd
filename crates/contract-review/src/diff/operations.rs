//! Compares operations: which there are, what each is called, what it takes and gives.

use serde_json::Value;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::Class;
use crate::operations::METHODS;

/// An operation and the path item that it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Operation<'d> {
    pub(super) node: Node<'d>,
    pub(super) item: Node<'d>,
    path: &'d str,
    method: &'static str,
}

impl Operation<'_> {
    fn title(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Two paths are one where only the names of their parameters differ.
    fn key(&self) -> (String, &'static str) {
        let mut key = String::new();
        let mut inside = false;
        for letter in self.path.chars() {
            match letter {
                '{' => {
                    inside = true;
                    key.push('{');
                }
                '}' => inside = false,
                _ if inside => {}
                letter => key.push(letter),
            }
        }
        (key, self.method)
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
                found.push(Operation {
                    node,
                    item: item.clone(),
                    path,
                    method,
                });
            }
        }
    }
    found
}

impl<'d> Comparison<'d> {
    /// Compares all operations; a new one is told in the order of the new document, a removed one after them.
    pub(super) fn operations(&mut self) {
        let (before, after) = (operations(&self.old), operations(&self.new));
        for new in &after {
            let place = Place::part(new.title());
            match before.iter().find(|old| old.key() == new.key()) {
                Some(old) => self.operation(&place, old, new),
                None => self.facts.note(
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
                self.facts.note(
                    Class::Breaking,
                    "operation-removed",
                    &place,
                    &old.node,
                    text,
                );
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
        self.texts(place, &old.node, &new.node);
        self.prose(
            place,
            "tags",
            old.node.value.get("tags"),
            new.node.value.get("tags"),
            &new.node,
        );
    }

    /// Not on the wire, but what the vendor's documentation and every generated client call the operation by.
    fn operation_id(&mut self, place: &Place, old: &Operation<'d>, new: &Operation<'d>) {
        let id = |operation: &Operation<'d>| operation.node.text("operationId");
        let (class, text) = match (id(old), id(new)) {
            (before, after) if before == after => return,
            (None, Some(after)) => (Class::Additive, format!("named `{after}` now")),
            (Some(before), None) => (Class::Breaking, format!("not named `{before}` any more")),
            (before, after) => {
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                let text =
                    format!("renamed from `{before}` to `{after}`: generated code names it so");
                (Class::Breaking, text)
            }
        };
        self.facts
            .note(class, "operation-id-changed", place, &new.node, text);
    }

    /// No rule reads callbacks; a change of them is told, not dropped.
    fn callbacks(&mut self, place: &Place, old: &Operation<'d>, new: &Operation<'d>) {
        self.unread(place, "callbacks", &old.node, &new.node);
    }

    pub(super) fn unread(&mut self, place: &Place, keyword: &str, old: &Node<'d>, new: &Node<'d>) {
        let empty = Value::Object(serde_json::Map::new());
        let says = |node: &Node<'d>| {
            node.value
                .get(keyword)
                .cloned()
                .unwrap_or_else(|| empty.clone())
        };
        if says(old) != says(new) {
            let text = format!("`{keyword}` changed; no rule judges it, so it counts as breaking");
            self.facts
                .note(Class::Breaking, "unknown-keyword-changed", place, new, text);
        }
    }
}

fn named(operation: &Operation<'_>) -> String {
    match operation.node.text("operationId") {
        Some(id) => format!(" `{id}`"),
        None => String::new(),
    }
}
