//! Normalizes a schema: follows references, merges `allOf`, and unifies the notations of OpenAPI
//! 3.0 and 3.1. Two schemas with the same meaning have the same shape, however they are written.

mod alternatives;
mod annotations;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::node::Node;

pub(super) use alternatives::is_null;

/// Whether an object allows undeclared fields.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional<'d> {
    #[default]
    Open,
    Closed,
    Schema(Node<'d>),
}

/// The meaning of a schema, one level deep.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape<'d> {
    /// The allowed JSON types. An empty set allows all.
    pub(super) types: BTreeSet<&'d str>,
    /// The values of `enum` and `const`, without null.
    pub(super) values: Option<Vec<Value>>,
    /// Whether strings other than `values` are allowed too.
    pub(super) open: bool,
    pub(super) format: Option<&'d str>,
    pub(super) bounds: BTreeMap<&'static str, Value>,
    pub(super) default: Option<&'d Value>,
    /// The declarations of each property. Several parts of `allOf` can declare the same one.
    pub(super) properties: Vec<(&'d str, Vec<Node<'d>>)>,
    pub(super) required: BTreeSet<&'d str>,
    pub(super) items: Option<Node<'d>>,
    pub(super) additional: Additional<'d>,
    /// The alternatives of `anyOf` or `oneOf`, unless they only express null, an open set of
    /// strings or a list of values.
    pub(super) alternatives: Option<(&'static str, Vec<Node<'d>>)>,
    /// The keywords that do not restrict a value, such as `description`, `deprecated`, `readOnly`
    /// and `xml`.
    pub(super) annotations: BTreeMap<&'static str, &'d Value>,
    /// The parts that are nested too deep to be merged.
    pub(super) unmerged: Vec<Node<'d>>,
    /// The keywords that no rule covers.
    pub(super) unknown: BTreeMap<String, &'d Value>,
}

/// The parts of a schema that were visited so far.
#[derive(Debug, Default)]
struct Visited {
    /// The parts that are already merged. A repeated part adds nothing, which also ends cycles.
    seen: BTreeSet<String>,
    depth: usize,
}

/// The maximum depth of parts inside parts that are merged. Deeper parts are compared separately.
const DEPTH: usize = 64;

impl<'d> Shape<'d> {
    /// Reads the shape of the schema at `node`, and follows its reference.
    pub(super) fn read(node: &Node<'d>) -> Self {
        Self::read_all(std::slice::from_ref(node))
    }

    /// Reads the shape of a value that must match all of `nodes`.
    pub(super) fn read_all(nodes: &[Node<'d>]) -> Self {
        let mut shape = Self::default();
        let mut visited = Visited::default();
        for node in nodes {
            shape.merge(node, &mut visited);
        }
        shape.infer_type();
        shape
    }

    /// Reads the shape of the sibling keywords of the reference at `node`.
    pub(super) fn siblings_of_reference(node: &Node<'d>) -> Self {
        let mut shape = Self::default();
        shape.merge_own(node, &mut Visited::default());
        shape
    }

    /// Whether the schema allows every value, so that it has only annotations such as a description
    /// or a default.
    pub(super) fn allows_everything(&self) -> bool {
        self.types.is_empty()
            && self.values.is_none()
            && self.format.is_none()
            && self.bounds.is_empty()
            && self.properties.is_empty()
            && self.required.is_empty()
            && self.items.is_none()
            && self.alternatives.is_none()
            && self.unmerged.is_empty()
            && self.unknown.is_empty()
            && matches!(self.additional, Additional::Open)
    }

    /// Whether the schema describes raw bytes: `format: binary` in 3.0, an empty schema in 3.1.
    pub(super) fn is_raw(&self) -> bool {
        self.format == Some("binary") || self.allows_everything()
    }

    /// The declarations of a property.
    pub(super) fn property(&self, name: &str) -> Option<&[Node<'d>]> {
        let found = self.properties.iter().find(|(key, _)| *key == name);
        found.map(|(_, nodes)| nodes.as_slice())
    }

    /// Whether generated code represents the value as a list or a map, which is empty if the value
    /// is absent.
    pub(super) fn is_collection(&self) -> bool {
        let kinds: Vec<&str> = self.types.iter().copied().collect();
        kinds == ["array"] || kinds == ["object"] && self.properties.is_empty()
    }

    pub(super) fn allows_null(&self) -> bool {
        self.types.contains("null")
    }

    fn merge(&mut self, node: &Node<'d>, visited: &mut Visited) {
        if !visited.seen.insert(node.at.as_str().to_owned()) {
            return;
        }
        if visited.depth >= DEPTH {
            return self.unmerged.push(node.clone());
        }
        visited.depth += 1;
        if let Some(next) = node.referred() {
            self.merge(&next, visited);
        }
        self.merge_own(node, visited);
        visited.depth -= 1;
    }

    fn merge_own(&mut self, node: &Node<'d>, visited: &mut Visited) {
        let Some(keywords) = node.value.as_object() else {
            if node.value == &Value::Bool(false) {
                self.unknown.insert("false".into(), node.value);
            }
            return;
        };
        for part in node.items("allOf") {
            self.merge(&part, visited);
        }
        self.merge_types(keywords);
        self.merge_values(keywords);
        self.merge_bounds(keywords);
        self.merge_object(node, keywords);
        for keyword in ["oneOf", "anyOf"] {
            if keywords.contains_key(keyword) {
                self.merge_alternatives(keyword, node.items(keyword), visited);
            }
        }
        self.merge_annotations(keywords);
        // Last, because it applies to the whole schema, including references and parts.
        if keywords.get("nullable") == Some(&Value::Bool(true)) {
            self.allow_null();
        }
    }

    fn merge_object(&mut self, node: &Node<'d>, keywords: &'d Map<String, Value>) {
        for (name, property) in node.entries("properties") {
            match self.properties.iter_mut().find(|(key, _)| *key == name) {
                Some((_, known)) if known.iter().any(|node| node.value == property.value) => {}
                Some((_, known)) => known.push(property),
                None => self.properties.push((name, vec![property])),
            }
        }
        let required = keywords.get("required").and_then(Value::as_array);
        self.required.extend(required.into_iter().flatten().filter_map(Value::as_str));
        if let Some(items) = node.get("items") {
            self.items = Some(items);
        }
        match node.get("additionalProperties") {
            Some(inner) if inner.value == &Value::Bool(false) => {
                self.additional = Additional::Closed;
            }
            Some(inner) if inner.value.as_object().is_some_and(|map| !map.is_empty()) => {
                self.additional = Additional::Schema(inner);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
