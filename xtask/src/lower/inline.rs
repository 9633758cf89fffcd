//! Shared parts: replaces references to parameters, request bodies, responses and headers with
//! copies, and moves the parameters of a path item into its operations. progenitor supports few of
//! these references, and the other rules need to know only one form. References to schemas are
//! kept.

use contract_review::references::resolved;
use contract_review::{METHODS, Pointer};
use serde_json::{Map, Value};

use super::Log;
use super::walk::operations_mut;
use crate::Error;

/// The components that only references can use, or that are documentation.
const SHARED: [&str; 5] = ["parameters", "requestBodies", "responses", "headers", "examples"];

pub(super) fn shared_parts(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    let root = document.clone();
    move_parameters(document, &root, log);
    operations_mut(document, |operation, at| {
        let mut inline = |node: &mut Value, at: Pointer| copy(&root, node, &at, log);
        if let Some(Value::Array(parameters)) = operation.get_mut("parameters") {
            for (index, parameter) in parameters.iter_mut().enumerate() {
                inline(parameter, at.join("parameters").join(index));
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            inline(body, at.join("requestBody"));
        }
        for (status, response) in entries(operation.get_mut("responses")) {
            let at = at.join("responses").join(status);
            inline(response, at.clone());
            for (name, header) in entries(response.get_mut("headers")) {
                inline(header, at.join("headers").join(name));
            }
        }
        Ok(())
    })?;
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.retain(|key, _| !SHARED.contains(&key.as_str()));
    }
    Ok(())
}

/// Moves the parameters of each path item into its operations. A parameter of the operation with
/// the same name and place wins.
fn move_parameters(document: &mut Value, root: &Value, log: &mut Log) {
    for (path, item) in entries(document.get_mut("paths")) {
        // Anything but a list is left to the strict check.
        let Some(Value::Array(shared)) = item.get("parameters").cloned() else {
            continue;
        };
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        item.shift_remove("parameters");
        let at = Pointer::default().join("paths").join(path).join("parameters");
        log.note("path-parameters", &at, "in the path item", "in each operation");
        let key = |parameter: &Value| {
            let parameter = resolved(root, parameter);
            (parameter["name"].clone(), parameter["in"].clone())
        };
        for method in METHODS {
            let Some(Value::Object(operation)) = item.get_mut(method) else {
                continue;
            };
            let own = operation.entry("parameters").or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(own) = own {
                let inherited =
                    shared.iter().filter(|one| own.iter().all(|own| key(own) != key(one)));
                *own = inherited.chain(own.iter()).cloned().collect();
            }
        }
    }
}

/// Replaces `node` with a copy of what it refers to. In 3.1, a reference may have a description of
/// its own.
fn copy(root: &Value, node: &mut Value, at: &Pointer, log: &mut Log) {
    let Some(reference) = node.get("$ref").and_then(Value::as_str) else {
        return;
    };
    log.note("inline", at, reference, "a copy");
    let mut target = resolved(root, node).clone();
    if let (Some(description), Some(target)) = (node.get("description"), target.as_object_mut()) {
        target.insert("description".into(), description.clone());
    }
    *node = target;
}

fn entries(node: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    node.and_then(Value::as_object_mut).into_iter().flat_map(Map::iter_mut)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Log;
    use super::shared_parts;

    #[test]
    fn references_become_copies_and_path_parameters_move_into_operations() {
        let s = |part: &str| json!({"$ref": format!("#/components/{part}")});
        let mut told = s("parameters/Size");
        told["description"] = json!("Mine.");
        let (id, other) =
            (json!({"name": "id", "in": "path"}), json!({"name": "id", "in": "query"}));
        let mut document = json!({
            "paths": {"/a/{id}": {
                "parameters": [s("parameters/Id"), told],
                "get": {"responses": {"404": s("responses/Gone")}},
                "post": {
                    "parameters": [other, {"name": "size", "in": "query"}],
                    "requestBody": s("requestBodies/Thing"),
                    "responses": {},
                },
            }},
            "components": {
                "parameters": {"Id": id, "Size": {"name": "size", "in": "query", "description": "All."}},
                "requestBodies": {"Thing": s("requestBodies/Other"), "Other": {"content": {}}},
                "responses": {"Gone": {"headers": {"X": s("headers/X")}}},
                "headers": {"X": {"description": "Left."}},
                "examples": {"E": {"value": 1}},
                "schemas": {"S": s("schemas/T"), "T": {}},
            }
        });
        let mut log = Log::default();
        shared_parts(&mut document, &mut log).unwrap();
        let size = json!({"name": "size", "in": "query", "description": "Mine."});
        assert_eq!(
            document,
            json!({
                "paths": {"/a/{id}": {
                    "get": {
                        "responses": {"404": {"headers": {"X": {"description": "Left."}}}},
                        "parameters": [id, size],
                    },
                    "post": {
                        "parameters": [id, other, {"name": "size", "in": "query"}],
                        "requestBody": {"content": {}},
                        "responses": {},
                    },
                }},
                "components": {"schemas": {"S": s("schemas/T"), "T": {}}}
            })
        );
        assert_eq!(log.0.len(), 7);
    }

    #[test]
    fn parameters_that_are_not_a_list_are_not_dropped() {
        let before = json!({"paths": {"/a": {"parameters": {"a": 1}, "get": {}}}});
        let mut document = before.clone();
        shared_parts(&mut document, &mut Log::default()).unwrap();
        assert_eq!(document, before);
    }
}
