//! A schema read by its meaning: references followed, `allOf` merged, the 3.0 and the 3.1 way of saying the same made
//! one. Two schemas that mean the same have the same shape, however they are written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::node::Node;
use super::rules::{BOUNDS, Change, bound_change, same_value};

/// What an object says of fields that it does not list.
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
    /// Allowed JSON types; none means all.
    pub(super) types: BTreeSet<&'d str>,
    /// `enum` and `const`, without null.
    pub(super) values: Option<Vec<Value>>,
    /// Whether other texts than `values` are allowed too.
    pub(super) open: bool,
    pub(super) format: Option<&'d str>,
    pub(super) bounds: BTreeMap<&'static str, Value>,
    pub(super) default: Option<&'d Value>,
    pub(super) properties: Vec<(&'d str, Node<'d>)>,
    pub(super) required: BTreeSet<&'d str>,
    pub(super) items: Option<Node<'d>>,
    pub(super) additional: Additional<'d>,
    /// `anyOf` and `oneOf` that are more than a way to say null, open text or a list of values.
    pub(super) alternatives: Option<(&'static str, Vec<Node<'d>>)>,
    /// What stands beside a type: prose, `deprecated`, `readOnly`, `xml`.
    pub(super) notes: BTreeMap<&'static str, &'d Value>,
    /// Parts that stand too deep to be put together with the rest.
    pub(super) deeper: Vec<Node<'d>>,
    /// Keywords that no rule knows.
    pub(super) rest: BTreeMap<String, &'d Value>,
}

/// The way into a schema's parts.
#[derive(Debug, Default)]
struct Trail {
    /// What was absorbed already: a part met again adds nothing, and a circle of parts ends.
    seen: BTreeSet<String>,
    depth: usize,
}

const NOTES: [&str; 7] = [
    "title",
    "description",
    "externalDocs",
    "deprecated",
    "readOnly",
    "writeOnly",
    "xml",
];

/// How deep parts may stand in parts to be put together; what is deeper is compared on its own.
const DEPTH: usize = 64;

/// How many levels one of alternatives counts for: those in alternatives in alternatives are seldom lists of values,
/// and each level may hold many.
const ALTERNATIVES: usize = 24;

/// What changes nothing or was read elsewhere.
const READ_ELSEWHERE: [&str; 11] = [
    "$ref", "allOf", "nullable", "const", "example", "examples", "$comment", "$schema", "$id",
    "$defs", "$anchor",
];

impl<'d> Shape<'d> {
    /// The shape of the schema at `node`, its reference followed.
    pub(super) fn read(node: &Node<'d>) -> Self {
        let mut shape = Self::default();
        shape.absorb(node, &mut Trail::default());
        shape.infer_type();
        shape
    }

    /// The shape of what stands beside the reference at `node`.
    pub(super) fn beside_reference(node: &Node<'d>) -> Self {
        let mut shape = Self::default();
        shape.absorb_own(node, &mut Trail::default());
        shape
    }

    /// Whether nothing here limits a value: only prose, a default and the like.
    pub(super) fn limits_nothing(&self) -> bool {
        self.types.is_empty()
            && self.values.is_none()
            && self.format.is_none()
            && self.bounds.is_empty()
            && self.properties.is_empty()
            && self.required.is_empty()
            && self.items.is_none()
            && self.alternatives.is_none()
            && self.deeper.is_empty()
            && self.rest.is_empty()
            && matches!(self.additional, Additional::Open)
    }

    /// Bytes as they are: said with `format: binary` in 3.0, with an empty schema in 3.1.
    pub(super) fn is_raw(&self) -> bool {
        self.format == Some("binary") || self.limits_nothing()
    }

    pub(super) fn property(&self, name: &str) -> Option<&Node<'d>> {
        let found = self.properties.iter().find(|(key, _)| *key == name);
        found.map(|(_, node)| node)
    }

    fn absorb(&mut self, node: &Node<'d>, trail: &mut Trail) {
        if !trail.seen.insert(node.at.as_str().to_owned()) {
            return;
        }
        if trail.depth >= DEPTH {
            return self.deeper.push(node.clone());
        }
        trail.depth += 1;
        if let Some(next) = node.referred() {
            self.absorb(&next, trail);
        }
        self.absorb_own(node, trail);
        trail.depth -= 1;
    }

    fn absorb_own(&mut self, node: &Node<'d>, trail: &mut Trail) {
        let Some(keywords) = node.value.as_object() else {
            if node.value == &Value::Bool(false) {
                self.rest.insert("false".into(), node.value);
            }
            return;
        };
        for part in node.items("allOf") {
            self.absorb(&part, trail);
        }
        self.absorb_types(keywords);
        self.absorb_values(keywords);
        self.absorb_bounds(keywords);
        self.absorb_object(node, keywords);
        for keyword in ["oneOf", "anyOf"] {
            if keywords.contains_key(keyword) {
                self.absorb_alternatives(keyword, node.items(keyword), trail);
            }
        }
        self.absorb_annotations(keywords);
        // Last: it speaks of the whole, references and parts included.
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

    fn absorb_types(&mut self, keywords: &'d Map<String, Value>) {
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

    fn absorb_values(&mut self, keywords: &'d Map<String, Value>) {
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

    fn absorb_bounds(&mut self, keywords: &'d Map<String, Value>) {
        for bound in BOUNDS {
            if let Some(value) = keywords.get(bound) {
                self.tighten(bound, value);
            }
        }
        // 3.0 says with a flag what 3.1 says with the number.
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

    /// Of two bounds that both hold, the narrower one counts.
    fn tighten(&mut self, bound: &'static str, value: &'d Value) {
        let at_least_nothing = bound.starts_with("min") && bound != "minimum" && *value == 0;
        if at_least_nothing || bound == "uniqueItems" && *value == false {
            return;
        }
        match bound_change(bound, self.bounds.get(bound), Some(value)) {
            Some(Change::Narrower) => {
                self.bounds.insert(bound, value.clone());
            }
            Some(Change::Other) => {
                self.rest.insert(format!("second {bound}"), value);
            }
            Some(Change::Wider) | None => {}
        }
    }

    fn absorb_object(&mut self, node: &Node<'d>, keywords: &'d Map<String, Value>) {
        for (name, property) in node.entries("properties") {
            match self.properties.iter_mut().find(|(key, _)| *key == name) {
                Some((_, known)) => *known = property,
                None => self.properties.push((name, property)),
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

    fn absorb_alternatives(
        &mut self,
        keyword: &'static str,
        alternatives: Vec<Node<'d>>,
        trail: &mut Trail,
    ) {
        let (nulls, others): (Vec<_>, Vec<_>) = alternatives
            .into_iter()
            .partition(|node| is_null(node.resolved().value));
        if let [only] = others.as_slice() {
            self.absorb(only, trail);
        } else if !self.absorb_listed(&others, trail) && !others.is_empty() {
            match &self.alternatives {
                None => self.alternatives = Some((keyword, others)),
                // Both keywords in one schema: too much for a rule.
                Some((_, first)) => {
                    let values = first.iter().chain(&others);
                    let rest: Vec<_> = values
                        .map(|node| (node.at.to_string(), node.value))
                        .collect();
                    self.rest.extend(rest);
                }
            }
        }
        if !nulls.is_empty() {
            self.allow_null();
        }
    }

    /// Alternatives that only list values, or list values beside any text.
    fn absorb_listed(&mut self, alternatives: &[Node<'d>], trail: &mut Trail) -> bool {
        trail.depth += ALTERNATIVES;
        let listed = Self::listed(alternatives, trail);
        trail.depth -= ALTERNATIVES;
        let Some((values, open)) = listed else {
            return false;
        };
        self.types = BTreeSet::from(["string"]);
        self.values = Some(values);
        self.open = open;
        true
    }

    /// All values that `alternatives` list, and whether one of them is any text.
    fn listed(alternatives: &[Node<'d>], trail: &mut Trail) -> Option<(Vec<Value>, bool)> {
        let mut values = Vec::new();
        let mut open = false;
        for node in alternatives {
            let mut shape = Self::default();
            shape.absorb(node, trail);
            shape.infer_type();
            let text = shape.types == BTreeSet::from(["string"])
                && shape.bounds.is_empty()
                && shape.deeper.is_empty()
                && shape.rest.is_empty();
            match shape.values {
                Some(listed) if text => values.extend(listed),
                None if text && shape.format.is_none() => open = true,
                _ => return None,
            }
        }
        (!values.is_empty()).then_some((values, open))
    }

    fn absorb_annotations(&mut self, keywords: &'d Map<String, Value>) {
        if let Some(format) = keywords.get("format").and_then(Value::as_str) {
            self.format = Some(format);
        }
        // 3.1's ways of saying `format: byte` and `format: binary`.
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
        for note in NOTES {
            if let Some(value) = keywords.get(note) {
                self.notes.insert(note, value);
            }
        }
        for (keyword, value) in keywords {
            if !is_known(keyword, value) {
                self.rest.insert(keyword.clone(), value);
            }
        }
    }

    /// A type that goes without saying.
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

fn is_null(schema: &Value) -> bool {
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
        || NOTES.contains(&keyword)
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

    /// The shape without places, which differ.
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
            shape.rest.keys().cloned().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn null_is_one_thing_however_it_is_written() {
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
    fn exclusive_bounds_are_one_thing() {
        same(
            json!({"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 2, "exclusiveMaximum": false}),
            json!({"type": "number", "exclusiveMinimum": 1, "maximum": 2}),
        );
    }

    #[test]
    fn bytes_are_one_thing() {
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
    fn references_and_all_of_are_what_they_say() {
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
    fn listed_values_are_one_thing_and_open_text_is_known() {
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
    fn an_all_of_that_leads_back_to_itself_ends() {
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
