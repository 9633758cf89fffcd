//! The last look before progenitor: every key of the lowered document must be one that it honours, or one that says
//! nothing about the wire. Anything else is named, since progenitor would drop it in silence or panic.

use contract_review::{METHODS, Pointer};
use serde_json::{Map, Value};

use super::names;
use crate::Error;

pub(super) fn check(document: &Value) -> Result<(), Error> {
    let at = Pointer::default();
    let root = object(document, &at)?;
    keys(
        root,
        &at,
        "the document",
        &[
            "openapi",
            "info",
            "servers",
            "paths",
            "components",
            "security",
            "tags",
            "externalDocs",
        ],
    )?;
    for (path, item) in children(document, "paths") {
        let at = at.join("paths").join(path);
        let item = object(item, &at)?;
        keys(
            item,
            &at,
            "a path item",
            &[&METHODS[..], &["summary", "description"]].concat(),
        )?;
        for method in METHODS {
            if let Some(node) = item.get(method) {
                operation(node, &at.join(method))?;
            }
        }
    }
    let at = at.join("components");
    if let Some(components) = document.get("components") {
        keys(
            object(components, &at)?,
            &at,
            "components",
            &["schemas", "securitySchemes"],
        )?;
        named(components, "schemas", &at)?;
        for (name, node) in children(components, "schemas") {
            schema(node, &at.join("schemas").join(name))?;
        }
    }
    Ok(())
}

fn operation(node: &Value, at: &Pointer) -> Result<(), Error> {
    const KNOWN: [&str; 10] = [
        "tags",
        "summary",
        "description",
        "operationId",
        "parameters",
        "requestBody",
        "responses",
        "deprecated",
        "security",
        "externalDocs",
    ];
    keys(object(node, at)?, at, "an operation", &KNOWN)?;
    let id = node["operationId"].as_str();
    names::check(id.map(|id| (id, at.join("operationId"))).into_iter())?;
    let parameters = node["parameters"].as_array().into_iter().flatten();
    names::check_setters(parameters.enumerate().map(|(index, parameter)| {
        let at = at.join("parameters").join(index).join("name");
        (parameter["name"].as_str().unwrap_or_default(), at)
    }))?;
    for (index, node) in node["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        parameter(node, &at.join("parameters").join(index))?;
    }
    if let Some(body) = node.get("requestBody") {
        let at = at.join("requestBody");
        keys(
            object(body, &at)?,
            &at,
            "a request body",
            &["description", "required", "content"],
        )?;
        content(body, &at)?;
    }
    for (status, response) in children(node, "responses") {
        let at = at.join("responses").join(status);
        keys(
            object(response, &at)?,
            &at,
            "a response",
            &["description", "content", "headers"],
        )?;
        content(response, &at)?;
    }
    Ok(())
}

fn parameter(node: &Value, at: &Pointer) -> Result<(), Error> {
    const KNOWN: [&str; 10] = [
        "name",
        "in",
        "description",
        "required",
        "deprecated",
        "schema",
        "example",
        "examples",
        "style",
        "allowEmptyValue",
    ];
    keys(object(node, at)?, at, "a parameter", &KNOWN)?;
    let place = node["in"].as_str().unwrap_or_default();
    let style = match place {
        "query" => "form",
        "path" | "header" => "simple",
        _ => {
            return Err(Error::lower(
                &at.join("in"),
                format!("a parameter in {place:?}"),
                "path, query and header are read",
            ));
        }
    };
    if node.get("style").is_some_and(|given| given != style) {
        let construct = format!("style {} of a {place} parameter", node["style"]);
        return Err(Error::lower(
            &at.join("style"),
            construct,
            format!("`{style}` is read"),
        ));
    }
    if place == "path" && node["required"] != true {
        return Err(Error::lower(
            at,
            "an optional path parameter",
            "a path parameter is `required: true`",
        ));
    }
    match node.get("schema") {
        Some(node) => schema(node, &at.join("schema")),
        None => Err(Error::lower(
            at,
            "a parameter without schema",
            "`content` of parameters has no rule",
        )),
    }
}

fn content(node: &Value, at: &Pointer) -> Result<(), Error> {
    for (media, node) in children(node, "content") {
        let at = at.join("content").join(media);
        keys(
            object(node, &at)?,
            &at,
            "a media type",
            &["schema", "example", "examples"],
        )?;
        match node.get("schema") {
            Some(node) => schema(node, &at.join("schema"))?,
            None => {
                return Err(Error::lower(
                    &at,
                    "a media type without schema",
                    "say what the body is",
                ));
            }
        }
    }
    Ok(())
}

fn schema(node: &Value, at: &Pointer) -> Result<(), Error> {
    const KNOWN: [&str; 15] = [
        "$ref",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "nullable",
        "properties",
        "required",
        "items",
        "allOf",
        "example",
        "deprecated",
        "readOnly",
        "externalDocs",
    ];
    let map = object(node, at)?;
    keys(map, at, "a schema", &KNOWN)?;
    named(node, "properties", at)?;
    for (name, node) in children(node, "properties") {
        schema(node, &at.join("properties").join(name))?;
    }
    if let Some(items) = map.get("items") {
        schema(items, &at.join("items"))?;
    }
    match map
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        None => Ok(()),
        Some([one]) => schema(one, &at.join("allOf").join(0)),
        Some(_) => Err(Error::lower(
            &at.join("allOf"),
            "an allOf of several schemas",
            "one that names a schema is known",
        )),
    }
}

fn children<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    node.get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// The names under `key` become identifiers side by side.
fn named(node: &Value, key: &str, at: &Pointer) -> Result<(), Error> {
    let at = at.join(key);
    names::check(children(node, key).map(|(name, _)| (name.as_str(), at.join(name))))
}

fn object<'a>(node: &'a Value, at: &Pointer) -> Result<&'a Map<String, Value>, Error> {
    node.as_object()
        .ok_or_else(|| Error::lower(at, "not an object", "compare the OpenAPI specification"))
}

pub(super) fn keys(
    map: &Map<String, Value>,
    at: &Pointer,
    what: &str,
    known: &[&str],
) -> Result<(), Error> {
    match map
        .keys()
        .find(|key| !key.starts_with("x-") && !known.contains(&key.as_str()))
    {
        Some(key) => Err(Error::lower(
            &at.join(key),
            format!("no rule knows `{key}` in {what}"),
            "write a rule in xtask/src/lower, or take it out with an overlay action",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn said(document: Value) -> String {
        check(&document).unwrap_err().to_string()
    }

    fn operation(operation: Value) -> Value {
        json!({"openapi": "3.0.3", "paths": {"/a/{id}": {"get": operation}}})
    }

    #[test]
    fn unknown_constructs_are_named_with_their_pointer() {
        let s = said(json!({"openapi": "3.0.3", "webhooks": {}}));
        assert!(
            s.starts_with("#/webhooks: no rule knows `webhooks` in the document"),
            "{s}"
        );
        let s =
            said(json!({"components": {"schemas": {"S": {"properties": {"p": {"oneOf": []}}}}}}));
        assert!(
            s.starts_with(
                "#/components/schemas/S/properties/p/oneOf: no rule knows `oneOf` in a schema"
            ),
            "{s}"
        );
        let s = said(json!({"components": {"schemas": {"S": {"allOf": [{}, {}]}}}}));
        assert!(
            s.starts_with("#/components/schemas/S/allOf: an allOf of several schemas"),
            "{s}"
        );
    }

    #[test]
    fn bodies_and_answers_are_checked_too() {
        let no_schema = json!({"content": {"image/png": {}}});
        let unknown = json!({"content": {"image/png": {"schema": {"not": {}}}}});
        for (operation_with, expected) in [
            (
                json!({"requestBody": no_schema}),
                "get/requestBody/content/image~1png: a media type without schema",
            ),
            (
                json!({"responses": {"200": no_schema}}),
                "get/responses/200/content/image~1png: a media type without schema",
            ),
            (
                json!({"responses": {"200": unknown}}),
                "image~1png/schema/not: no rule knows `not` in a schema",
            ),
        ] {
            let s = said(operation(operation_with));
            assert!(s.contains(expected), "{s}");
        }
    }

    #[test]
    fn names_that_give_the_same_identifier_are_refused() {
        let taken = json!({"fileName": {}, "file_name": {}});
        for (schemas, place) in [
            (taken.clone(), "#/components/schemas/file_name: "),
            (
                json!({"S": {"properties": taken}}),
                "#/components/schemas/S/properties/file_name: ",
            ),
        ] {
            let s = said(json!({"components": {"schemas": schemas}}));
            let expected = "the names \"fileName\" and \"file_name\" give the same identifier";
            assert!(s.starts_with(&format!("{place}{expected}")), "{s}");
        }
    }

    #[test]
    fn parameters_in_unknown_places_and_styles_are_named() {
        for (parameter, expected) in [
            (
                json!({"name": "c", "in": "cookie", "schema": {}}),
                "a parameter in \"cookie\"",
            ),
            (
                json!({"name": "q", "in": "query", "style": "deepObject", "schema": {}}),
                "style \"deepObject\"",
            ),
            (
                json!({"name": "q", "in": "query"}),
                "a parameter without schema",
            ),
            (
                json!({"name": "id", "in": "path", "schema": {}}),
                "an optional path parameter",
            ),
        ] {
            let s = said(operation(json!({"parameters": [parameter]})));
            assert!(s.contains(expected), "{s}");
        }
    }
}
