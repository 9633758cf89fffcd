//! References: each `$ref` points inside the document, at something that is there, and no chain of them is a circle.

use serde_json::Value;

use crate::Error;
use crate::pointer::Pointer;

pub(crate) fn resolve(document: &Value) -> Result<(), Error> {
    check(document, document, &Pointer::default())
}

fn check(document: &Value, node: &Value, at: &Pointer) -> Result<(), Error> {
    match node {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                follow(document, reference, &at.join("$ref"))?;
            }
            map.iter()
                .try_for_each(|(key, value)| check(document, value, &at.join(key)))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check(document, item, &at.join(index))),
        _ => Ok(()),
    }
}

fn follow(document: &Value, first: &str, at: &Pointer) -> Result<(), Error> {
    let mut seen = Vec::new();
    let mut reference = first;
    loop {
        if seen.contains(&reference) {
            return Err(Error::lower(
                at,
                format!("`{first}` refers to itself"),
                "break the circle",
            ));
        }
        let target = reference
            .strip_prefix('#')
            .and_then(|pointer| document.pointer(pointer))
            .ok_or_else(|| {
                let hint =
                    "a reference names a place in the same document, as #/components/schemas/Name";
                Error::lower(at, format!("`{reference}` points at nothing"), hint)
            })?;
        match target.get("$ref").and_then(Value::as_str) {
            Some(next) => {
                seen.push(reference);
                reference = next;
            }
            None => return Ok(()),
        }
    }
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
                s("B"),
                "#/a/$ref: `#/components/schemas/B` refers to itself",
            ),
        ] {
            let document =
                json!({"a": schema, "components": {"schemas": {"B": s("C"), "C": s("B")}}});
            let error = resolve(&document).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn a_schema_may_hold_itself() {
        let tree = json!({"properties": {"child": {"$ref": "#/components/schemas/Tree"}}});
        resolve(&json!({"components": {"schemas": {"Tree": tree}}})).unwrap();
    }
}
