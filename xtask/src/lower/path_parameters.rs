//! Path parameters: each `{name}` of a path is one, and each stands in the path. Reads references and what a path item
//! says for all its operations, so that it can be asked of any document whose references lead somewhere.

use serde_json::Value;

use super::references::resolved;
use super::walk::operations;
use crate::Error;
use crate::pointer::Pointer;

pub(crate) fn agree(document: &Value) -> Result<(), Error> {
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
                return Err(Error::lower(at, construct, "mend its name"));
            }
        }
        for name in names(path) {
            if !of_path.iter().any(|(known, _)| *known == name) {
                let construct = format!("{{{name}}} in {path} is no parameter");
                let hint = "declare it under `parameters`";
                return Err(Error::lower(&operation.at, construct, hint));
            }
        }
    }
    Ok(())
}

/// What stands in braces.
fn names(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// The parameters of `node`, each with the place where it is used.
fn parameters<'a>(
    document: &'a Value,
    node: &'a Value,
    at: &Pointer,
) -> impl Iterator<Item = (&'a Value, Pointer)> {
    let at = at.join("parameters");
    let list = node["parameters"].as_array().into_iter().flatten();
    list.enumerate()
        .map(move |(index, parameter)| (resolved(document, parameter), at.join(index)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::agree;

    fn parameter(name: &str) -> Value {
        json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})
    }

    fn said(item: Value) -> String {
        let document = json!({
            "paths": {"/a/{id}": item},
            "components": {"parameters": {"Id": parameter("id")}}
        });
        agree(&document).map_or_else(|e| e.to_string(), |()| String::new())
    }

    #[test]
    fn path_parameters_and_the_path_agree() {
        let told = said(json!({"get": {"responses": {}}}));
        let expected = "#/paths/~1a~1{id}/get: {id} in /a/{id} is no parameter";
        assert!(told.starts_with(expected), "{told}");
        let told = said(json!({"get": {"parameters": [parameter("id"), parameter("x")]}}));
        let expected =
            "#/paths/~1a~1{id}/get/parameters/1: path parameter `x` is not in /a/{id}; mend";
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn a_path_item_and_a_reference_count() {
        let shared = json!({"parameters": [parameter("id")], "get": {}});
        assert_eq!(said(shared), "");
        let reference = json!({"$ref": "#/components/parameters/Id"});
        assert_eq!(said(json!({"get": {"parameters": [reference]}})), "");
        let shared =
            json!({"parameters": [parameter("x")], "get": {"parameters": [parameter("id")]}});
        assert!(said(shared).starts_with("#/paths/~1a~1{id}/parameters/0: path parameter `x`"));
    }
}
