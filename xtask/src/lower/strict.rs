//! The final check before progenitor runs. Every key of the lowered document must be one that
//! progenitor supports or one that does not affect requests and responses. Any other key is an
//! error, because progenitor would silently ignore it or panic.

use contract_review::{METHODS, Pointer};
use serde_json::{Map, Value};

use super::names::{self, Scope};
use super::shape::Shape;
use crate::Error;

pub(super) fn check(document: &Value) -> Result<(), Error> {
    let at = Pointer::default();
    let root = object(document, &at)?;
    keys(
        root,
        &at,
        "the document",
        &["openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"],
    )?;
    server(document)?;
    for (path, item) in children(document, "paths") {
        let at = at.join("paths").join(path);
        if !path.starts_with('/') || path.contains(['?', '#']) {
            let hint =
                "a path starts with a slash and has no query; rename it with overlay actions";
            return Err(Error::lower(&at, format!("the path {path:?}"), hint));
        }
        let item = object(item, &at)?;
        keys(item, &at, "a path item", &[&METHODS[..], &["summary", "description"]].concat())?;
        for method in METHODS {
            if let Some(node) = item.get(method) {
                operation(document, node, &at.join(method))?;
            }
        }
    }
    let at = at.join("components");
    if let Some(components) = document.get("components") {
        keys(object(components, &at)?, &at, "components", &["schemas", "securitySchemes"])?;
        check_names(Scope::Types, components, "schemas", &at)?;
        for (name, node) in children(components, "schemas") {
            let at = at.join("schemas").join(name);
            if node["nullable"] == true && node.get("properties").is_some() {
                let construct = "an object that can be null";
                let hint = "only a property can be null; remove it here and set it where the schema is used, with overlay actions";
                return Err(Error::lower(&at.join("nullable"), construct, hint));
            }
            schema(node, &at)?;
        }
    }
    Ok(())
}

fn operation(root: &Value, node: &Value, at: &Pointer) -> Result<(), Error> {
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
    let id = id.map(|id| (id, at.join("operationId")));
    names::check(Scope::Operations, id.into_iter())?;
    let parameters = node["parameters"].as_array().into_iter().flatten();
    let setters = parameters.enumerate().map(|(index, parameter)| {
        let at = at.join("parameters").join(index).join("name");
        (parameter["name"].as_str().unwrap_or_default(), at)
    });
    let scope = match node.get("requestBody") {
        Some(_) => Scope::SettersWithBody,
        None => Scope::Setters,
    };
    names::check(scope, setters)?;
    for (index, node) in node["parameters"].as_array().into_iter().flatten().enumerate() {
        parameter(root, node, &at.join("parameters").join(index))?;
    }
    if let Some(body) = node.get("requestBody") {
        let at = at.join("requestBody");
        keys(object(body, &at)?, &at, "a request body", &["description", "required", "content"])?;
        content(body, &at)?;
    }
    for (status, response) in children(node, "responses") {
        let at = at.join("responses").join(status);
        keys(object(response, &at)?, &at, "a response", &["description", "content", "headers"])?;
        content(response, &at)?;
    }
    Ok(())
}

fn parameter(root: &Value, node: &Value, at: &Pointer) -> Result<(), Error> {
    const KNOWN: [&str; 11] = [
        "name",
        "in",
        "description",
        "required",
        "deprecated",
        "schema",
        "example",
        "examples",
        "style",
        "explode",
        "allowEmptyValue",
    ];
    keys(object(node, at)?, at, "a parameter", &KNOWN)?;
    let place = node["in"].as_str().unwrap_or_default();
    let (style, explode) = match place {
        "query" => ("form", true),
        "path" | "header" => ("simple", false),
        _ => {
            return Err(Error::lower(
                &at.join("in"),
                format!("a parameter in {place:?}"),
                "only path, query and header are supported; remove it with an overlay action",
            ));
        }
    };
    for (key, supported) in [("style", Value::from(style)), ("explode", explode.into())] {
        if let Some(given) = node.get(key).filter(|given| **given != supported) {
            let construct = format!("{key} {given} of a {place} parameter");
            let hint = format!("only {supported} is supported there");
            return Err(Error::lower(&at.join(key), construct, hint));
        }
    }
    if place == "path" && node["required"] != true {
        return Err(Error::lower(
            at,
            "an optional path parameter",
            "a path parameter must have `required: true`; set it with an overlay action",
        ));
    }
    let Some(of) = node.get("schema") else {
        return Err(Error::lower(
            at,
            "a parameter without a schema",
            "`content` of parameters is not supported; replace it with a `schema`",
        ));
    };
    let at = at.join("schema");
    schema(of, &at)?;
    match Shape::of(root, of) {
        Shape::Other(shape) => Err(Error::lower(
            &at,
            format!("a parameter of type {shape}"),
            "only texts, numbers, truth values, enumerations and lists of these are supported; replace the schema with an overlay action",
        )),
        _ => Ok(()),
    }
}

/// Checks that the first server, which is the default base URL, is an absolute URL without
/// variables.
fn server(document: &Value) -> Result<(), Error> {
    let Some(url) = document["servers"][0]["url"].as_str() else {
        return Ok(());
    };
    if ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) && !url.contains('{') {
        return Ok(());
    }
    let at = Pointer::default().join("servers").join(0).join("url");
    let construct = format!("the server {url:?} is relative or has variables");
    let hint = "the client needs an absolute http or https URL as its default; set one with an overlay action";
    Err(Error::lower(&at, construct, hint))
}

fn content(node: &Value, at: &Pointer) -> Result<(), Error> {
    for (media, node) in children(node, "content") {
        let at = at.join("content").join(media);
        keys(object(node, &at)?, &at, "a media type", &["schema", "example", "examples"])?;
        match node.get("schema") {
            Some(node) => schema(node, &at.join("schema"))?,
            None => {
                return Err(Error::lower(
                    &at,
                    "a media type without a schema",
                    "add the schema of the body",
                ));
            }
        }
    }
    Ok(())
}

fn schema(node: &Value, at: &Pointer) -> Result<(), Error> {
    const KNOWN: [&str; 16] = [
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
        "writeOnly",
        "externalDocs",
    ];
    const MERGED: [&str; 5] = ["properties", "required", "items", "enum", "format"];
    let map = object(node, at)?;
    keys(map, at, "a schema", &KNOWN)?;
    if let Some(reference) = map.get("$ref") {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/components/schemas/"));
        if name.is_none_or(|name| name.contains('/')) {
            let hint = "only a schema in components can be referred to; move the target there with overlay actions";
            return Err(Error::lower(
                &at.join("$ref"),
                format!("a reference to {reference}"),
                hint,
            ));
        }
    }
    check_names(Scope::Properties, node, "properties", at)?;
    for (name, node) in children(node, "properties") {
        schema(node, &at.join("properties").join(name))?;
    }
    if let Some(items) = map.get("items") {
        schema(items, &at.join("items"))?;
    }
    match map.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        None => Ok(()),
        // typify would merge the schemas, without end if the property contains its own object.
        Some([one]) => match MERGED.into_iter().find(|key| map.contains_key(*key)) {
            Some(key) => {
                let construct = format!("an allOf with `{key}` next to it");
                let hint = "only annotations are supported next to an allOf; replace it with one schema in an overlay action";
                Err(Error::lower(&at.join("allOf"), construct, hint))
            }
            None => schema(one, &at.join("allOf").join(0)),
        },
        Some(_) => Err(Error::lower(
            &at.join("allOf"),
            "an allOf with several schemas",
            "only an allOf with one schema is supported",
        )),
    }
}

fn children<'a>(node: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    node.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// Checks the names under `key`, which become identifiers in the same scope.
fn check_names(scope: Scope, node: &Value, key: &str, at: &Pointer) -> Result<(), Error> {
    let at = at.join(key);
    let names = children(node, key).map(|(name, _)| (name.as_str(), at.join(name)));
    names::check(scope, names)
}

fn object<'a>(node: &'a Value, at: &Pointer) -> Result<&'a Map<String, Value>, Error> {
    node.as_object()
        .ok_or_else(|| Error::lower(at, "not an object", "see the OpenAPI specification"))
}

/// Checks that `map` contains only `known` keys and extensions. `context` describes `map` in the
/// error.
pub(super) fn keys(
    map: &Map<String, Value>,
    at: &Pointer,
    context: &str,
    known: &[&str],
) -> Result<(), Error> {
    let mut unknown =
        map.keys().filter(|key| !key.starts_with("x-") && !known.contains(&key.as_str()));
    match unknown.next() {
        Some(key) => Err(Error::lower(
            &at.join(key),
            format!("`{key}` is not supported in {context}"),
            hint(key),
        )),
        None => Ok(()),
    }
}

/// What to do about an unsupported `key`.
fn hint(key: &str) -> &'static str {
    match key {
        "$ref" => {
            "only schemas can be referred to; replace the reference with its target in an overlay action"
        }
        "parameters" | "servers" => {
            "declare them in each operation, or for the whole document, with overlay actions"
        }
        "oneOf" | "anyOf" | "not" | "discriminator" => {
            "the client cannot represent alternatives; replace the schema with one type in an overlay action"
        }
        "additionalProperties" => {
            "replace the map with an object without properties, or remove the key, with an overlay action"
        }
        "pattern" | "multipleOf" | "uniqueItems" | "exclusiveMinimum" | "exclusiveMaximum" => {
            "the client would not check it; move it to the `description` with an overlay action"
        }
        "callbacks" | "webhooks" | "links" => {
            "a client does not serve them; remove them with an overlay action"
        }
        _ => {
            "remove it with an overlay action if callers can do without it, or add a rule in xtask/src/lower"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn error(document: Value) -> String {
        check(&document).unwrap_err().to_string()
    }

    fn operation(operation: Value) -> Value {
        json!({"openapi": "3.0.3", "paths": {"/a/{id}": {"get": operation}}})
    }

    #[test]
    fn unsupported_constructs_are_reported_with_their_pointer() {
        let message = error(json!({"openapi": "3.0.3", "webhooks": {}}));
        assert!(
            message.starts_with("#/webhooks: `webhooks` is not supported in the document"),
            "{message}"
        );
        let message =
            error(json!({"components": {"schemas": {"S": {"properties": {"p": {"oneOf": []}}}}}}));
        assert!(
            message.starts_with(
                "#/components/schemas/S/properties/p/oneOf: `oneOf` is not supported in a schema"
            ),
            "{message}"
        );
        let message = error(json!({"components": {"schemas": {"S": {"allOf": [{}, {}]}}}}));
        assert!(
            message.starts_with("#/components/schemas/S/allOf: an allOf with several schemas"),
            "{message}"
        );
    }

    /// The keys of the specification that affect requests or responses and are not supported.
    #[test]
    fn keys_that_the_client_does_not_support_are_errors() {
        const SCHEMA: [&str; 28] = [
            "oneOf",
            "anyOf",
            "not",
            "discriminator",
            "additionalProperties",
            "pattern",
            "multipleOf",
            "uniqueItems",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minProperties",
            "maxProperties",
            "const",
            "if",
            "then",
            "else",
            "contains",
            "prefixItems",
            "patternProperties",
            "propertyNames",
            "dependentSchemas",
            "dependentRequired",
            "unevaluatedProperties",
            "$dynamicRef",
            "contentEncoding",
            "contentMediaType",
            "minimum",
            "maxLength",
        ];
        let schema = |key: &str| json!({"components": {"schemas": {"S": {key: {}}}}});
        let parameter = |key: &str| {
            operation(
                json!({"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}, key: 1}]}),
            )
        };
        let response = |key: &str| operation(json!({"responses": {"200": {key: {}}}}));
        let body = |key: &str| operation(json!({"requestBody": {"content": {}, key: {}}}));
        let media = |key: &str| {
            operation(json!({"requestBody": {"content": {"text/x": {"schema": {}, key: {}}}}}))
        };
        let whole = |key: &str| operation(json!({key: {}}));
        let item = |key: &str| json!({"paths": {"/a": {key: {}}}});
        let components = |key: &str| json!({"components": {key: {}}});
        let document = |key: &str| json!({key: {}});
        type Context<'a> = (&'a str, &'a dyn Fn(&str) -> Value, &'a [&'a str]);
        let contexts: [Context<'_>; 9] = [
            ("a schema", &schema, &SCHEMA),
            ("a parameter", &parameter, &["content", "allowReserved"]),
            ("a response", &response, &["links", "$ref"]),
            ("a request body", &body, &["$ref"]),
            ("a media type", &media, &["encoding", "itemSchema"]),
            ("an operation", &whole, &["callbacks", "servers"]),
            ("a path item", &item, &["$ref", "parameters", "servers", "query"]),
            ("components", &components, &["links", "callbacks", "pathItems", "parameters"]),
            ("the document", &document, &["webhooks", "jsonSchemaDialect"]),
        ];
        for (context, with, keys) in contexts {
            for key in keys {
                let message = error(with(key));
                let expected = format!("/{key}: `{key}` is not supported in {context}; ");
                assert!(message.contains(&expected), "{message}");
            }
        }
    }

    #[test]
    fn hints_name_the_overlay_action() {
        for (key, hint) in [
            ("$ref", "only schemas can be referred to"),
            ("parameters", "declare them in each operation"),
            ("servers", "declare them in each operation"),
            ("oneOf", "cannot represent alternatives"),
            ("additionalProperties", "replace the map"),
            ("pattern", "move it to the `description`"),
            ("webhooks", "does not serve them"),
            ("unknown", "remove it with an overlay action if"),
        ] {
            let text = super::hint(key);
            assert!(text.contains(hint) && text.contains("overlay action"), "{key}: {text}");
        }
    }

    #[test]
    fn defaults_of_parameters_may_be_written_out() {
        for (place, style, explode) in [("query", "form", true), ("header", "simple", false)] {
            let parameter = |style: &str, explode: bool| json!({"name": "q", "in": place, "style": style, "explode": explode, "schema": {"type": "string"}});
            check(&operation(json!({"parameters": [parameter(style, explode)]}))).unwrap();
            for other in [parameter("deepObject", explode), parameter(style, !explode)] {
                let message = error(operation(json!({"parameters": [other]})));
                assert!(message.contains("is supported there"), "{message}");
            }
        }
    }

    #[test]
    fn only_the_first_server_must_be_absolute_and_without_variables() {
        for (url, valid) in [
            ("https://a.example/v1", true),
            ("http://a.example", true),
            ("/v1", false),
            ("https://{h}/v1", false),
            ("ftp://a.example", false),
        ] {
            let document = json!({"servers": [{"url": url}, {"url": "/other"}]});
            assert_eq!(check(&document).is_ok(), valid, "{url}");
        }
        let message = error(json!({"servers": [{"url": "/v1"}]}));
        assert!(
            message.starts_with("#/servers/0/url: the server \"/v1\" is relative"),
            "{message}"
        );
    }

    #[test]
    fn what_progenitor_would_merge_or_drop_is_an_error() {
        let schema = |schema: Value| json!({"components": {"schemas": {"S": schema}}});
        for (document, expected) in [
            (json!({"paths": {"a": {}}}), Some("#/paths/a: the path")),
            (json!({"paths": {"/a?b=1": {}}}), Some("#/paths/~1a?b=1: the path")),
            (json!({"paths": {"/a": {}}}), None),
            (
                schema(json!({"allOf": [{}], "required": []})),
                Some("#/components/schemas/S/allOf: an allOf with `required` next to it"),
            ),
            (schema(json!({"allOf": [{}], "nullable": true})), None),
            (
                schema(json!({"nullable": true, "properties": {}})),
                Some("#/components/schemas/S/nullable: an object that can be null"),
            ),
            (schema(json!({"nullable": false, "properties": {}})), None),
        ] {
            let outcome = check(&document);
            match expected {
                Some(expected) => {
                    let message = outcome.unwrap_err().to_string();
                    assert!(message.starts_with(expected), "{message}");
                }
                None => outcome.unwrap(),
            }
        }
    }

    #[test]
    fn only_schemas_in_components_can_be_referred_to() {
        for (reference, valid) in [
            ("#/components/schemas/T", true),
            ("#/components/schemas/T/properties/a", false),
            ("#/paths/~1a/get", false),
        ] {
            let document = json!({"components": {"schemas": {"S": {"$ref": reference}}}});
            assert_eq!(check(&document).is_ok(), valid, "{reference}");
        }
    }

    #[test]
    fn a_parameter_has_a_text_form() {
        for (schema, valid) in [
            (json!({"type": "string"}), true),
            (json!({"type": "array", "items": {"type": "integer"}}), true),
            (json!({"type": "object"}), false),
            (json!({}), false),
        ] {
            let parameter = json!({"name": "q", "in": "header", "schema": schema});
            let outcome = check(&operation(json!({"parameters": [parameter]})));
            let message = outcome.map_or_else(|e| e.to_string(), |()| String::new());
            assert_eq!(
                message.contains("get/parameters/0/schema: a parameter of type"),
                !valid,
                "{schema}"
            );
            assert_eq!(message.is_empty(), valid);
        }
    }

    #[test]
    fn request_and_response_bodies_are_checked() {
        let no_schema = json!({"content": {"image/png": {}}});
        let unknown = json!({"content": {"image/png": {"schema": {"not": {}}}}});
        for (operation_with, expected) in [
            (
                json!({"requestBody": no_schema}),
                "get/requestBody/content/image~1png: a media type without a schema",
            ),
            (
                json!({"responses": {"200": no_schema}}),
                "get/responses/200/content/image~1png: a media type without a schema",
            ),
            (
                json!({"responses": {"200": unknown}}),
                "image~1png/schema/not: `not` is not supported in a schema",
            ),
        ] {
            let message = error(operation(operation_with));
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn names_with_the_same_identifier_are_errors() {
        let conflicting = json!({"fileName": {}, "file_name": {}});
        for (schemas, place) in [
            (conflicting.clone(), "#/components/schemas/file_name: "),
            (
                json!({"S": {"properties": conflicting}}),
                "#/components/schemas/S/properties/file_name: ",
            ),
        ] {
            let message = error(json!({"components": {"schemas": schemas}}));
            let expected = "the names \"fileName\" and \"file_name\" become the same identifier";
            assert!(message.starts_with(&format!("{place}{expected}")), "{message}");
        }
    }

    #[test]
    fn unsupported_parameters_are_errors() {
        for (parameter, expected) in [
            (json!({"name": "c", "in": "cookie", "schema": {}}), "a parameter in \"cookie\""),
            (
                json!({"name": "q", "in": "query", "style": "deepObject", "schema": {}}),
                "style \"deepObject\"",
            ),
            (json!({"name": "q", "in": "query"}), "a parameter without a schema"),
            (json!({"name": "id", "in": "path", "schema": {}}), "an optional path parameter"),
        ] {
            let message = error(operation(json!({"parameters": [parameter]})));
            assert!(message.contains(expected), "{message}");
        }
    }
}
