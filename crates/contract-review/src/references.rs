//! Checks and follows references. Each `$ref` must name an existing place in the same document, and
//! no chain of references may be a cycle. A schema that consists of an `allOf` with a single
//! reference is part of such a chain. A `$ref` in an example, another value or an extension is
//! data.

use std::collections::HashSet;

use serde_json::Value;

use crate::Error;
use crate::pointer::Pointer;

/// Checks every `$ref` of `document`.
///
/// # Errors
///
/// [`Error::Invalid`] with the place of the first reference that has no target or is part of a
/// cycle.
pub fn check(document: &Value) -> Result<(), Error> {
    let mut checker = Checker { document, ends: HashSet::new() };
    checker.check(document, &Pointer::default(), false)
}

/// The keys of objects whose own keys are names. A property named `example` is not an example.
const NAMED: [&str; 16] = [
    "$defs",
    "callbacks",
    "content",
    "definitions",
    "dependentSchemas",
    "encoding",
    "examples",
    "headers",
    "links",
    "parameters",
    "pathItems",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
];

/// Whether the value of `key` is data. `value` is the data of an Example Object.
fn is_data(key: &str, value: &Value) -> bool {
    matches!(key, "const" | "default" | "enum" | "example" | "value")
        || (key == "examples" && value.is_array())
        || key.starts_with("x-")
}

/// Follows the references of `node` to the value they refer to. Returns `node` if it is not a
/// reference.
///
/// `document` must have passed [`check`]: on a cycle this function would not return.
#[must_use]
pub fn resolved<'a>(document: &'a Value, mut node: &'a Value) -> &'a Value {
    while let Some(next) =
        node["$ref"].as_str().and_then(|reference| document.pointer(reference.strip_prefix('#')?))
    {
        node = next;
    }
    node
}

struct Checker<'d> {
    document: &'d Value,
    /// The references whose chains are known to end.
    ends: HashSet<&'d str>,
}

impl<'d> Checker<'d> {
    /// Checks the references in `node`. `named` means that its keys are names.
    fn check(&mut self, node: &'d Value, at: &Pointer, named: bool) -> Result<(), Error> {
        match node {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    self.follow(reference, &at.join("$ref"))?;
                }
                map.iter().filter(|(key, value)| named || !is_data(key, value)).try_for_each(
                    |(key, value)| {
                        let named = !named && NAMED.contains(&key.as_str());
                        self.check(value, &at.join(key), named)
                    },
                )
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.check(item, &at.join(index), false)),
            _ => Ok(()),
        }
    }

    fn follow(&mut self, first: &'d str, at: &Pointer) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut next = Some(first);
        while let Some(reference) = next.filter(|reference| !self.ends.contains(reference)) {
            if !seen.insert(reference) {
                let construct = format!("`{first}` refers to itself");
                return Err(Error::invalid(at, construct, "remove the cycle"));
            }
            let target =
                reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            let Some(target) = target else {
                let hint = "a reference must name a place in the same document, such as #/components/schemas/Name";
                let construct = format!("`{reference}` refers to nothing");
                return Err(Error::invalid(at, construct, hint));
            };
            next = referred(target);
        }
        self.ends.extend(seen);
        Ok(())
    }
}

/// The reference in `node`, or in the only part of its `allOf`.
fn referred(node: &Value) -> Option<&str> {
    let part = match node.get("allOf").and_then(Value::as_array) {
        Some(parts) if parts.len() == 1 && node.get("$ref").is_none() => &parts[0],
        _ => node,
    };
    part.get("$ref").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn missing_external_and_cyclic_targets_are_rejected() {
        let s = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        for (schema, expected) in [
            (s("Missing"), "#/a/$ref: `#/components/schemas/Missing` refers to nothing"),
            (json!({"$ref": "other.json#/x"}), "#/a/$ref: `other.json#/x` refers to nothing"),
            (
                json!({"parameters": [{}, s("Missing")]}),
                "#/a/parameters/1/$ref: `#/components/schemas/Missing` refers to nothing",
            ),
            (s("B"), "#/a/$ref: `#/components/schemas/B` refers to itself"),
            (s("D"), "#/a/$ref: `#/components/schemas/D` refers to itself"),
        ] {
            let document = json!({"a": schema, "components": {"schemas": {
                "B": s("C"), "C": s("B"), "D": {"allOf": [s("D")]}
            }}});
            let error = check(&document).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    /// Other schemas with an `allOf` are not part of a chain of references, so they cannot be part
    /// of a cycle.
    #[test]
    fn only_an_all_of_with_one_part_and_no_sibling_ref_is_followed() {
        let s = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut with_ref = s("End");
        with_ref["allOf"] = json!([s("A")]);
        for schema in [json!({"allOf": []}), json!({"allOf": [s("A"), s("End")]}), with_ref] {
            let document =
                json!({"a": s("A"), "components": {"schemas": {"A": schema, "End": {}}}});
            check(&document).unwrap();
        }
    }

    #[test]
    fn a_ref_in_data_is_not_a_reference() {
        let gone = json!({"$ref": "other.json"});
        for (schema, is_data) in [
            (json!({"example": gone}), true),
            (json!({"examples": [gone]}), true),
            (json!({"examples": {"one": {"value": gone}}}), true),
            (json!({"default": {"deep": [gone]}}), true),
            (json!({"enum": [gone]}), true),
            (json!({"const": gone}), true),
            (json!({"x-more": gone}), true),
            (json!({"examples": {"one": gone}}), false),
            (json!({"properties": {"example": gone}}), false),
            (json!({"properties": {"x-more": gone}}), false),
            (json!({"properties": {"properties": {"properties": {"enum": gone}}}}), false),
            (json!({"responses": {"default": gone}}), false),
        ] {
            let document = json!({"components": {"schemas": {"default": schema}}});
            assert_eq!(check(&document).is_ok(), is_data, "{document}");
        }
    }

    #[test]
    fn a_schema_may_contain_itself() {
        let tree =
            json!({"properties": {"child": {"allOf": [{"$ref": "#/components/schemas/Tree"}]}}});
        check(&json!({"components": {"schemas": {"Tree": tree}}})).unwrap();
    }
}
