//! Compares what belongs to no operation: the version, texts, tags, and the list of shared schemas.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{Class, Direction};
use super::shape::Shape;
use super::wording::type_names;

impl<'d> Comparison<'d> {
    pub(super) fn head(&mut self) {
        let (old, new) = (self.old.clone(), self.new.clone());
        let place = Place::part("document");
        for (pointer, kind, what) in [
            ("/openapi", "openapi-version-changed", "OpenAPI"),
            ("/info/version", "api-version-changed", "version of the API"),
        ] {
            let (before, after) = (old.value.pointer(pointer), new.value.pointer(pointer));
            if let (Some(before), Some(after)) = (before, after)
                && before != after
            {
                let text = format!("{what} {before} -> {after}");
                self.facts.note(Class::Docs, kind, &place, &new, text);
            }
        }
        if let (Some(before), Some(after)) = (old.get("info"), new.get("info")) {
            self.texts(&place.inside("info"), &before, &after);
        }
        let (before, after) = (old.value.get("tags"), new.value.get("tags"));
        self.prose(&place, "tags", before, after, &new);
        self.texts(&place, &old, &new);
        self.unread(&place, "webhooks", &old, &new);
    }

    /// Which shared schemas came, went and got another name; then those that no operation uses.
    pub(super) fn schema_list(&mut self) {
        let schemas = |root: &Node<'d>| {
            root.get("components")
                .map(|all| all.entries("schemas"))
                .unwrap_or_default()
        };
        let (before, after) = (schemas(&self.old), schemas(&self.new));
        let renamed = self.met.renamed.clone();
        for (name, schema) in &after {
            let place = Place::part(format!("schema `{name}`"));
            let was = renamed
                .iter()
                .find(|(_, new)| new == name)
                .map(|(old, _)| old);
            if let Some(was) = was {
                let text = format!(
                    "renamed from `{was}`: the same on the wire, but generated code names it so"
                );
                self.facts
                    .note(Class::Breaking, "schema-renamed", &place, schema, text);
            } else if !before.iter().any(|(known, _)| known == name) {
                let text = format!("schema added, {}", extent(schema));
                self.facts
                    .note(Class::Additive, "schema-added", &place, schema, text);
            }
        }
        let used = used_schemas(&self.old);
        let used_now = used_schemas(&self.new);
        for (name, schema) in &before {
            let place = Place::part(format!("schema `{name}`"));
            match after.iter().find(|(known, _)| known == name) {
                Some((_, now)) if !used.contains(*name) && !used_now.contains(*name) => {
                    self.unused(&place, schema, now);
                }
                Some(_) => {}
                None if renamed.contains_key(*name) => {}
                None => {
                    let (class, text) = match used.contains(*name) {
                        true => (Class::Breaking, "schema removed"),
                        false => (Class::Docs, "schema removed; no operation used it"),
                    };
                    self.facts
                        .note(class, "schema-removed", &place, schema, text);
                }
            }
        }
    }

    /// A change of a schema that no operation reaches is no change for a caller, but a reviewer wants to see it.
    fn unused(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let kept = std::mem::take(&mut self.facts);
        self.schema(place, old, new, Direction::Request);
        let found = std::mem::replace(&mut self.facts, kept);
        for line in found.lines {
            let text = format!("{}; no operation uses the schema", line.text);
            let place = place.with_subject(line.subject);
            self.facts.note(Class::Docs, line.kind, &place, new, text);
        }
    }
}

/// The names of the shared schemas that the paths lead to.
fn used_schemas(root: &Node<'_>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open: Vec<Node<'_>> = root.get("paths").into_iter().collect();
    while let Some(node) = open.pop() {
        if let Some(target) = node.referred()
            && seen.insert(target.at.to_string())
        {
            used.extend(target.schema_name().map(str::to_owned));
            open.push(target);
        }
        open.extend(node.members().into_iter().map(|(_, inner)| inner));
        open.extend(node.elements());
    }
    used
}

/// What a new schema is, in a few words.
fn extent(schema: &Node<'_>) -> String {
    let shape = Shape::read(schema);
    match (&shape.values, shape.properties.len()) {
        (Some(values), _) => format!("enum of {} values", values.len()),
        (None, 0) => type_names(&shape),
        (None, 1) => "object of 1 property".into(),
        (None, count) => format!("object of {count} properties"),
    }
}

/// Whether a body of the document can be XML.
pub(super) fn speaks_xml(document: &Value) -> bool {
    match document {
        Value::Object(map) => map.iter().any(|(key, value)| {
            let xml = key.contains('/')
                && key.to_ascii_lowercase().contains("xml")
                && !key.starts_with('/');
            xml || speaks_xml(value)
        }),
        Value::Array(items) => items.iter().any(speaks_xml),
        _ => false,
    }
}
