//! Traverses the operations and schemas of a document. The rules decide what to do at each of them.

use contract_review::{METHODS, Pointer};
use serde_json::{Map, Value};

use crate::Error;

/// Calls `visit` for each operation.
pub(super) fn operations_mut(
    document: &mut Value,
    mut visit: impl FnMut(&mut Map<String, Value>, &Pointer) -> Result<(), Error>,
) -> Result<(), Error> {
    let at = Pointer::default().join("paths");
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else {
        return Err(Error::lower(
            &at,
            "the document has no paths",
            "an OpenAPI document lists its operations under `paths`",
        ));
    };
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                let at = at.join(path).join(method);
                let operation = operation.as_object_mut().ok_or_else(|| not_an_object(&at))?;
                visit(operation, &at)?;
            }
        }
    }
    Ok(())
}

/// Calls `visit` for each schema. An outer schema is visited before its inner schemas.
pub(super) fn schemas_mut(document: &mut Value, visit: &mut Visit<'_>) -> Result<(), Error> {
    outside(document, &Pointer::default(), visit)
}

type Visit<'a> = dyn FnMut(&mut Map<String, Value>, &Pointer) -> Result<(), Error> + 'a;

fn outside(node: &mut Value, at: &Pointer, visit: &mut Visit<'_>) -> Result<(), Error> {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                let at_key = at.join(key);
                if key == "schema" || at.as_str() == "/components/schemas" {
                    schema(value, &at_key, visit)?;
                } else if !(key.starts_with("x-") || key == "example" || key == "examples") {
                    outside(value, &at_key, visit)?;
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                outside(item, &at.join(index), visit)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn schema(node: &mut Value, at: &Pointer, visit: &mut Visit<'_>) -> Result<(), Error> {
    let map = match node {
        Value::Object(map) => map,
        // The schemas `true` and `false`, as in `additionalProperties: false`.
        Value::Bool(_) => return Ok(()),
        _ => return Err(not_an_object(at)),
    };
    visit(map, at)?;
    for (key, value) in map {
        let at = at.join(key);
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    schema(property, &at.join(name), visit)?;
                }
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
                for (index, part) in parts.iter_mut().enumerate() {
                    schema(part, &at.join(index), visit)?;
                }
            }
            ("items" | "additionalProperties" | "not", inner) => schema(inner, &at, visit)?,
            _ => {}
        }
    }
    Ok(())
}

fn not_an_object(at: &Pointer) -> Error {
    Error::lower(at, "not an object", "see the OpenAPI specification")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::schemas_mut;

    /// Returns the places of the visited schemas, in order.
    fn visited(mut document: Value) -> Vec<String> {
        let mut visited = Vec::new();
        schemas_mut(&mut document, &mut |_, at| {
            visited.push(at.to_string());
            Ok(())
        })
        .unwrap();
        visited
    }

    #[test]
    fn schemas_inside_schemas_are_visited_after_the_outer_one() {
        for (outer, inner) in [
            (json!({"properties": {"p": {}}}), "/properties/p"),
            (json!({"items": {}}), "/items"),
            (json!({"additionalProperties": {}}), "/additionalProperties"),
            (json!({"not": {}}), "/not"),
            (json!({"allOf": [{}]}), "/allOf/0"),
            (json!({"anyOf": [{}]}), "/anyOf/0"),
            (json!({"oneOf": [{}]}), "/oneOf/0"),
        ] {
            let at = "#/components/schemas/S";
            assert_eq!(
                visited(json!({"components": {"schemas": {"S": outer}}})),
                [at.to_owned(), format!("{at}{inner}")]
            );
        }
    }

    #[test]
    fn schemas_of_parameters_are_visited() {
        let operation = json!({"parameters": [{"name": "q"}, {"name": "r", "schema": {}}]});
        assert_eq!(
            visited(json!({"paths": {"/a": {"get": operation}}})),
            ["#/paths/~1a/get/parameters/1/schema"]
        );
    }

    #[test]
    fn boolean_schemas_are_skipped() {
        let schema = json!({"additionalProperties": true, "items": false});
        assert_eq!(
            visited(json!({"components": {"schemas": {"S": schema}}})),
            ["#/components/schemas/S"]
        );
    }

    #[test]
    fn examples_and_extensions_are_skipped() {
        let media = json!({
            "schema": {"type": "object"},
            "example": {"schema": "text"},
            "examples": {"one": {"value": {"schema": 1}}},
            "x-more": {"schema": []},
        });
        let response = json!({"content": {"text": media}});
        assert_eq!(
            visited(json!({"paths": {"/a": {"get": {"responses": {"200": response}}}}})),
            ["#/paths/~1a/get/responses/200/content/text/schema"]
        );
    }
}
