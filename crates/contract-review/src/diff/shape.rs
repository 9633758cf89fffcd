//! Normalizes a schema: follows references, merges `allOf`, and unifies the notations of OpenAPI
//! 3.0 and 3.1. Two schemas with the same meaning have the same shape, however they are written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::node::Node;
use super::rules::{BOUNDS, Change, bound_change, same_value};

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

const ANNOTATIONS: [&str; 7] = [
    "title",
    "description",
    "externalDocs",
    "deprecated",
    "readOnly",
    "writeOnly",
    "xml",
];

/// The maximum depth of parts inside parts that are merged. Deeper parts are compared separately.
const DEPTH: usize = 64;

/// How many levels of depth one level of alternatives counts as. Deeply nested alternatives are
/// rarely lists of values, and each level can multiply the work.
const ALTERNATIVES: usize = 24;

/// The keywords that have no meaning for a caller, or that are read elsewhere.
const READ_ELSEWHERE: [&str; 11] = [
    "$ref", "allOf", "nullable", "const", "example", "examples", "$comment", "$schema", "$id",
    "$defs", "$anchor",
];

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

    fn allow_null(&mut self) {
        self.infer_type();
        if !self.types.is_empty() {
            self.types.insert("null");
        }
    }

    fn merge_types(&mut self, keywords: &'d Map<String, Value>) {
        let types: BTreeSet<&str> = match keywords.get("type") {
            Some(Value::String(kind)) => BTreeSet::from([kind.as_str()]),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        if self.types.is_empty() {
            self.types = types;
        } else {
            self.types.retain(|kind| types.contains(kind));
        }
    }

    fn merge_values(&mut self, keywords: &'d Map<String, Value>) {
        let listed = keywords.get("enum").and_then(Value::as_array).cloned();
        let Some(values) =
            listed.or_else(|| keywords.get("const").map(|value| vec![value.clone()]))
        else {
            return;
        };
        let null = values.iter().any(Value::is_null);
        let values: Vec<Value> = values
            .into_iter()
            .filter(|value| !value.is_null())
            .collect();
        match &mut self.values {
            Some(old) => old.retain(|value| values.iter().any(|other| same_value(value, other))),
            None => self.values = Some(values),
        }
        self.open |= keywords.get("x-extensible-enum").is_some();
        if null && self.types.is_empty() {
            self.allow_null();
        }
    }

    fn merge_bounds(&mut self, keywords: &'d Map<String, Value>) {
        for bound in BOUNDS {
            if let Some(value) = keywords.get(bound) {
                self.tighten(bound, value);
            }
        }
        // In 3.0 the exclusive bounds are flags, in 3.1 they are numbers.
        for (flag, bound) in [
            ("exclusiveMinimum", "minimum"),
            ("exclusiveMaximum", "maximum"),
        ] {
            if let Some(Value::Bool(exclusive)) = keywords.get(flag) {
                self.bounds.remove(flag);
                if *exclusive && let Some(number) = self.bounds.remove(bound) {
                    self.bounds.insert(flag, number);
                }
            }
        }
    }

    /// Adds a bound. If the shape already has one, the narrower of the two applies.
    fn tighten(&mut self, bound: &'static str, value: &'d Value) {
        let is_trivial = bound.starts_with("min") && bound != "minimum" && *value == 0;
        if is_trivial || bound == "uniqueItems" && *value == false {
            return;
        }
        match bound_change(bound, self.bounds.get(bound), Some(value)) {
            Some(Change::Narrower) => {
                self.bounds.insert(bound, value.clone());
            }
            Some(Change::Other) => {
                self.unknown.insert(format!("second {bound}"), value);
            }
            Some(Change::Wider) | None => {}
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
        self.required
            .extend(required.into_iter().flatten().filter_map(Value::as_str));
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

    fn merge_alternatives(
        &mut self,
        keyword: &'static str,
        alternatives: Vec<Node<'d>>,
        visited: &mut Visited,
    ) {
        let (nulls, others): (Vec<_>, Vec<_>) = alternatives
            .into_iter()
            .partition(|node| is_null(node.resolved().value));
        if let [only] = others.as_slice() {
            self.merge(only, visited);
        } else if !self.merge_listed(&others, visited) && !others.is_empty() {
            match &self.alternatives {
                None => self.alternatives = Some((keyword, others)),
                // No rule covers a schema with both keywords.
                Some((_, first)) => {
                    let values = first.iter().chain(&others);
                    let rest: Vec<_> = values
                        .map(|node| (node.at.to_string(), node.value))
                        .collect();
                    self.unknown.extend(rest);
                }
            }
        }
        if !nulls.is_empty() {
            self.allow_null();
        }
    }

    /// Merges alternatives that only list values, or that list values and also allow any string.
    fn merge_listed(&mut self, alternatives: &[Node<'d>], visited: &mut Visited) -> bool {
        visited.depth += ALTERNATIVES;
        let listed = Self::listed(alternatives, visited);
        visited.depth -= ALTERNATIVES;
        let Some((values, open)) = listed else {
            return false;
        };
        self.types = BTreeSet::from(["string"]);
        self.values = Some(values);
        self.open = open;
        true
    }

    /// All values that `alternatives` list, and whether one of them allows any string.
    fn listed(alternatives: &[Node<'d>], visited: &mut Visited) -> Option<(Vec<Value>, bool)> {
        let mut values = Vec::new();
        let mut open = false;
        for node in alternatives {
            let mut shape = Self::default();
            shape.merge(node, visited);
            shape.infer_type();
            let text = shape.types == BTreeSet::from(["string"])
                && shape.bounds.is_empty()
                && shape.unmerged.is_empty()
                && shape.unknown.is_empty();
            match shape.values {
                Some(listed) if text => values.extend(listed),
                None if text && shape.format.is_none() => open = true,
                _ => return None,
            }
        }
        (!values.is_empty()).then_some((values, open))
    }

    fn merge_annotations(&mut self, keywords: &'d Map<String, Value>) {
        if let Some(format) = keywords.get("format").and_then(Value::as_str) {
            self.format = Some(format);
        }
        // These keywords of 3.1 correspond to `format: byte` and `format: binary`.
        if keywords
            .get("contentEncoding")
            .is_some_and(|encoding| encoding == "base64")
        {
            self.format.get_or_insert("byte");
        } else if keywords
            .get("contentMediaType")
            .is_some_and(|media| media == "application/octet-stream")
        {
            self.format.get_or_insert("binary");
        }
        if let Some(default) = keywords.get("default") {
            self.default = Some(default);
        }
        for note in ANNOTATIONS {
            if let Some(value) = keywords.get(note) {
                self.annotations.insert(note, value);
            }
        }
        for (keyword, value) in keywords {
            if !is_known(keyword, value) {
                self.unknown.insert(keyword.clone(), value);
            }
        }
    }

    /// Sets the type from the other keywords if the schema does not declare one.
    fn infer_type(&mut self) {
        if !self.types.is_empty() {
            return;
        }
        let texts = self
            .values
            .as_ref()
            .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string));
        if !self.properties.is_empty() {
            self.types.insert("object");
        } else if self.items.is_some() {
            self.types.insert("array");
        } else if texts {
            self.types.insert("string");
        }
    }
}

/// Whether a schema allows only null.
pub(super) fn is_null(schema: &Value) -> bool {
    let listed = schema["enum"].as_array().map(Vec::as_slice);
    schema["type"] == "null" || matches!(listed, Some([Value::Null]))
}

fn is_known(keyword: &str, value: &Value) -> bool {
    const READ: [&str; 10] = [
        "type",
        "enum",
        "format",
        "properties",
        "required",
        "items",
        "additionalProperties",
        "oneOf",
        "anyOf",
        "default",
    ];
    match keyword {
        "contentEncoding" => return value == "base64",
        "contentMediaType" => return value == "application/octet-stream",
        _ => {}
    }
    READ.contains(&keyword)
        || READ_ELSEWHERE.contains(&keyword)
        || ANNOTATIONS.contains(&keyword)
        || BOUNDS.contains(&keyword)
        || keyword.starts_with("x-")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::node::Node;
    use super::{Additional, Shape};

    fn same(a: Value, b: Value) {
        let root = |schema: &Value| {
            json!({"s": schema, "components": {"schemas": {
                "Text": {"type": "string", "maxLength": 5},
                "Kind": {"type": "string", "enum": ["A", "B"]},
            }}})
        };
        let (a, b) = (root(&a), root(&b));
        let read = |document| {
            format!(
                "{:?}",
                plain(&Shape::read(&Node::root(document).get("s").unwrap()))
            )
        };
        assert_eq!(read(&a), read(&b));
    }

    /// The shape without the places in the document, which differ.
    fn plain(shape: &Shape<'_>) -> impl std::fmt::Debug {
        (
            shape.types.clone(),
            shape.values.clone(),
            shape.open,
            shape.format.map(str::to_owned),
            shape.bounds.clone(),
            shape
                .properties
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect::<Vec<_>>(),
            shape.items.is_some(),
            matches!(shape.additional, Additional::Closed),
            shape.alternatives.is_some(),
            shape.unknown.keys().cloned().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn all_notations_of_null_are_the_same() {
        let new = json!({"type": ["null", "string"]});
        same(json!({"type": "string", "nullable": true}), new.clone());
        same(
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            new.clone(),
        );
        same(
            json!({"oneOf": [{"type": "null"}, {"type": "string"}]}),
            new,
        );
        let by_reference = json!({"$ref": "#/components/schemas/Text", "nullable": true});
        let one_of_two =
            json!({"oneOf": [{"$ref": "#/components/schemas/Text"}, {"type": "null"}]});
        same(by_reference, one_of_two);
    }

    #[test]
    fn all_notations_of_exclusive_bounds_are_the_same() {
        same(
            json!({"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 2, "exclusiveMaximum": false}),
            json!({"type": "number", "exclusiveMinimum": 1, "maximum": 2}),
        );
    }

    #[test]
    fn all_notations_of_bytes_are_the_same() {
        same(
            json!({"type": "string", "format": "byte"}),
            json!({"type": "string", "contentEncoding": "base64"}),
        );
        same(
            json!({"type": "string", "format": "binary"}),
            json!({"type": "string", "contentMediaType": "application/octet-stream"}),
        );
    }

    #[test]
    fn references_and_all_of_are_the_same_as_an_inline_schema() {
        let inline = json!({"type": "string", "maxLength": 3});
        same(
            json!({"$ref": "#/components/schemas/Text", "maxLength": 3}),
            inline.clone(),
        );
        same(
            json!({"allOf": [{"$ref": "#/components/schemas/Text"}, {"maxLength": 3}]}),
            inline,
        );
        same(
            json!({"type": "string", "minLength": 0}),
            json!({"type": "string"}),
        );
        same(
            json!({"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}}),
            json!({"type": "object", "properties": {"a": {}, "b": {}}, "additionalProperties": true}),
        );
    }

    #[test]
    fn all_notations_of_listed_values_are_the_same() {
        let kinds = json!({"type": "string", "enum": ["A", "B"]});
        same(
            json!({"oneOf": [{"const": "A"}, {"const": "B", "title": "b"}]}),
            kinds.clone(),
        );
        same(json!({"enum": ["A", "B"]}), kinds);
        same(
            json!({"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "string"}]}),
            json!({"type": "string", "enum": ["A", "B"], "x-extensible-enum": true}),
        );
    }

    #[test]
    fn a_cyclic_all_of_is_read_once() {
        let document = json!({"components": {"schemas": {
            "A": {"allOf": [{"$ref": "#/components/schemas/B"}], "maxLength": 1},
            "B": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]},
        }}});
        let node = Node::root(&document)
            .path(&["components", "schemas", "A"])
            .unwrap();
        assert_eq!(Shape::read(&node).bounds.len(), 1);
    }
}
