//! References: each `$ref` points inside the document, at something that is there, and no chain of them is a circle. A
//! schema that is nothing but one other, by an `allOf` of one part, is a link of such a chain.

use std::collections::HashSet;

use serde_json::Value;

use crate::Error;
use crate::pointer::Pointer;

pub(crate) fn resolve(document: &Value) -> Result<(), Error> {
    let mut checker = Checker {
        document,
        ends: HashSet::new(),
    };
    checker.check(document, &Pointer::default())
}

/// Where the reference that `node` may be leads in `document`. Ends, since [`resolve`] found no circle.
pub(super) fn resolved<'a>(document: &'a Value, mut node: &'a Value) -> &'a Value {
    while let Some(next) = node["$ref"]
        .as_str()
        .and_then(|reference| document.pointer(reference.strip_prefix('#')?))
    {
        node = next;
    }
    node
}

struct Checker<'d> {
    document: &'d Value,
    /// The references that are known to lead to an end.
    ends: HashSet<&'d str>,
}

impl<'d> Checker<'d> {
    fn check(&mut self, node: &'d Value, at: &Pointer) -> Result<(), Error> {
        match node {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    self.follow(reference, &at.join("$ref"))?;
                }
                map.iter()
                    .try_for_each(|(key, value)| self.check(value, &at.join(key)))
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.check(item, &at.join(index))),
            _ => Ok(()),
        }
    }

    fn follow(&mut self, first: &'d str, at: &Pointer) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut next = Some(first);
        while let Some(reference) = next.filter(|reference| !self.ends.contains(reference)) {
            if !seen.insert(reference) {
                let construct = format!("`{first}` refers to itself");
                return Err(Error::lower(at, construct, "break the circle"));
            }
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.document.pointer(pointer));
            let Some(target) = target else {
                let hint =
                    "a reference names a place in the same document, as #/components/schemas/Name";
                let construct = format!("`{reference}` points at nothing");
                return Err(Error::lower(at, construct, hint));
            };
            next = referred(target);
        }
        self.ends.extend(seen);
        Ok(())
    }
}

/// The reference that `node` is, or all that it is made of.
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

    use super::resolve;

    #[test]
    fn dangling_foreign_and_circular_references_are_named() {
        let s = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        for (schema, said) in [
            (
                s("Missing"),
                "#/a/$ref: `#/components/schemas/Missing` points at nothing",
            ),
            (
                json!({"$ref": "other.json#/x"}),
                "#/a/$ref: `other.json#/x` points at nothing",
            ),
            (
                json!({"parameters": [{}, s("Missing")]}),
                "#/a/parameters/1/$ref: `#/components/schemas/Missing` points at nothing",
            ),
            (
                s("B"),
                "#/a/$ref: `#/components/schemas/B` refers to itself",
            ),
            (
                s("D"),
                "#/a/$ref: `#/components/schemas/D` refers to itself",
            ),
        ] {
            let document = json!({"a": schema, "components": {"schemas": {
                "B": s("C"), "C": s("B"), "D": {"allOf": [s("D")]}
            }}});
            let error = resolve(&document).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    /// Such schemas are not a link of a chain, so the circle rule does not apply to them.
    #[test]
    fn only_an_all_of_with_one_part_and_no_ref_beside_it_is_followed() {
        let s = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut beside_ref = s("End");
        beside_ref["allOf"] = json!([s("A")]);
        for schema in [
            json!({"allOf": []}),
            json!({"allOf": [s("A"), s("End")]}),
            beside_ref,
        ] {
            let document =
                json!({"a": s("A"), "components": {"schemas": {"A": schema, "End": {}}}});
            resolve(&document).unwrap();
        }
    }

    #[test]
    fn a_schema_may_hold_itself() {
        let tree =
            json!({"properties": {"child": {"allOf": [{"$ref": "#/components/schemas/Tree"}]}}});
        resolve(&json!({"components": {"schemas": {"Tree": tree}}})).unwrap();
    }
}
