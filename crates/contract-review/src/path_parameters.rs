//! Checks path parameters: each `{name}` in a path must be declared as a path parameter, and each
//! path parameter must occur in its path. Parameters that are declared by reference or in the path
//! item count too, so the references of the document must have been checked before.

use serde_json::Value;

use crate::Error;
use crate::operations::operations;
use crate::pointer::Pointer;
use crate::references::resolved;

/// Checks the path parameters of every operation of `document`.
///
/// # Errors
///
/// [`Error::Invalid`] with the place of the first parameter that is not in its path, or of the
/// first operation that lacks a parameter.
pub fn check(document: &Value) -> Result<(), Error> {
    for operation in operations(document) {
        let shared = parameters(document, operation.item, &operation.at_item);
        let own = parameters(document, operation.node, &operation.at);
        let of_path: Vec<(&str, Pointer)> = shared
            .chain(own)
            .filter(|(parameter, _)| parameter["in"] == "path")
            .map(|(parameter, at)| (parameter["name"].as_str().unwrap_or_default(), at))
            .collect();
        let path = operation.path;
        for (name, at) in &of_path {
            if !names(path).any(|known| known == *name) {
                let construct = format!("path parameter `{name}` is not in {path}");
                return Err(Error::invalid(at, construct, "fix its name"));
            }
        }
        for name in names(path) {
            if !of_path.iter().any(|(known, _)| *known == name) {
                let construct = format!("{{{name}}} in {path} is not declared as a parameter");
                let hint = "declare it under `parameters`";
                return Err(Error::invalid(&operation.at, construct, hint));
            }
        }
    }
    Ok(())
}

/// The names in braces.
pub(crate) fn names(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// The parameters of `node`, each with its place.
fn parameters<'a>(
    document: &'a Value,
    node: &'a Value,
    at: &Pointer,
) -> impl Iterator<Item = (&'a Value, Pointer)> {
    let at = at.join("parameters");
    let list = node["parameters"].as_array().into_iter().flatten();
    list.enumerate().map(move |(index, parameter)| (resolved(document, parameter), at.join(index)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn parameter(name: &str) -> Value {
        json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
    }

    fn message(item: Value) -> String {
        let document = json!({
            "paths": {"/a/{id}": item},
            "components": {"parameters": {"Id": parameter("id")}}
        });
        check(&document).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn path_parameters_must_match_the_path() {
        let error = message(json!({"get": {"responses": {}}}));
        let expected = "#/paths/~1a~1{id}/get: {id} in /a/{id} is not declared as a parameter";
        assert!(error.starts_with(expected), "{error}");
        let error = message(json!({"get": {"parameters": [parameter("id"), parameter("x")]}}));
        let expected =
            "#/paths/~1a~1{id}/get/parameters/1: path parameter `x` is not in /a/{id}; fix";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn parameters_of_the_path_item_and_references_count() {
        let shared = json!({"parameters": [parameter("id")], "get": {}});
        assert_eq!(message(shared), "");
        let reference = json!({"$ref": "#/components/parameters/Id"});
        assert_eq!(message(json!({"get": {"parameters": [reference]}})), "");
        let shared =
            json!({"parameters": [parameter("x")], "get": {"parameters": [parameter("id")]}});
        assert!(message(shared).starts_with("#/paths/~1a~1{id}/parameters/0: path parameter `x`"));
    }
}
