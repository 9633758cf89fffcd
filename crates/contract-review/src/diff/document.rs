//! Compares the parts of the document outside of operations: versions, descriptions, tags, and the
//! list of shared schemas.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Comparison;
use super::facts::Place;
use super::node::{Entry, Node, matched};
use super::rules::{Class, Direction};
use super::shape::Shape;
use super::wording::type_names;

impl<'d> Comparison<'d> {
    pub(super) fn metadata(&mut self) {
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
                self.facts.record(Class::Docs, kind, &place, &new, text);
            }
        }
        if let (Some(before), Some(after)) = (old.get("info"), new.get("info")) {
            self.descriptions(&place.inside("info"), &before, &after);
        }
        let (before, after) = (old.value.get("tags"), new.value.get("tags"));
        self.prose(&place, "tags", before, after, &new);
        self.descriptions(&place, &old, &new);
        self.webhooks(&place, &old, &new);
    }

    /// Compares which webhooks exist. The server calls them, so a new one affects no caller.
    fn webhooks(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let (before, after) = (old.entries("webhooks"), new.entries("webhooks"));
        for (name, entry) in matched(before, after, str::eq) {
            let (class, kind, node, text) = match &entry {
                Entry::Both(old, new) if old.value == new.value => continue,
                Entry::Both(_, new) => {
                    let text = "changed; no rule covers it, so it counts as breaking";
                    (Class::Breaking, "webhook-changed", new, text)
                }
                Entry::Added(new) => (Class::Additive, "webhook-added", new, "added"),
                Entry::Removed(old) => (Class::Breaking, "webhook-removed", old, "removed"),
            };
            let place = place.inside(format_args!("webhook `{name}`"));
            self.facts.record(class, kind, &place, node, text);
        }
    }

    /// Reports added, removed and renamed shared schemas, and changes of schemas that no operation
    /// uses.
    pub(super) fn schema_list(&mut self) {
        let schemas = |root: &Node<'d>| {
            root.get("components").map(|all| all.entries("schemas")).unwrap_or_default()
        };
        let (before, after) = (schemas(&self.old), schemas(&self.new));
        let renamed = self.shared.renamed.clone();
        for (name, schema) in &after {
            let place = Place::part(format!("schema `{name}`"));
            let old_name = renamed.iter().find(|(_, new)| new == name).map(|(old, _)| old);
            if let Some(old_name) = old_name {
                let text = format!(
                    "renamed from `{old_name}`: the same on the wire, but generated code uses the name"
                );
                self.facts.record(Class::SourceBreaking, "schema-renamed", &place, schema, text);
            } else if !before.iter().any(|(known, _)| known == name) {
                let text = format!("schema added, {}", schema_summary(schema));
                self.facts.record(Class::Additive, "schema-added", &place, schema, text);
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
                        // The places that used it are compared by the meaning of their schemas.
                        true => (Class::SourceBreaking, "schema removed"),
                        false => (Class::Docs, "schema removed; no operation used it"),
                    };
                    self.facts.record(class, "schema-removed", &place, schema, text);
                }
            }
        }
    }

    /// Compares a schema that no operation uses. Its changes affect no caller, so they are reported
    /// as docs.
    fn unused(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let facts = std::mem::take(&mut self.facts);
        self.schema(place, old, new, Direction::Request);
        let found = std::mem::replace(&mut self.facts, facts);
        for line in found.lines {
            let text = format!("{}; no operation uses the schema", line.text);
            let place = place.with_subject(line.subject);
            self.facts.record(Class::Docs, line.kind, &place, new, text);
        }
    }
}

/// The names of the shared schemas that the paths refer to, directly or through other schemas.
fn used_schemas(root: &Node<'_>) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut pending: Vec<Node<'_>> = root.get("paths").into_iter().collect();
    while let Some(node) = pending.pop() {
        if let Some(target) = node.referred()
            && seen.insert(target.at.to_string())
        {
            used.extend(target.schema_name().map(str::to_owned));
            pending.push(target);
        }
        pending.extend(node.members().into_iter().map(|(_, inner)| inner));
        pending.extend(node.elements());
    }
    used
}

/// Describes a new schema in a few words.
fn schema_summary(schema: &Node<'_>) -> String {
    let shape = Shape::read(schema);
    match (&shape.values, shape.properties.len()) {
        (Some(values), _) => format!("enum of {} values", values.len()),
        (None, 0) => type_names(&shape),
        (None, 1) => "object of 1 property".into(),
        (None, count) => format!("object of {count} properties"),
    }
}

/// Whether the document declares a body with an XML media type.
pub(super) fn uses_xml(document: &Value) -> bool {
    match document {
        Value::Object(map) => map.iter().any(|(key, value)| {
            let xml = key.contains('/')
                && key.to_ascii_lowercase().contains("xml")
                && !key.starts_with('/');
            xml || uses_xml(value)
        }),
        Value::Array(items) => items.iter().any(uses_xml),
        _ => false,
    }
}
