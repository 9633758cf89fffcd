//! Multipart forms, which progenitor does not support. Each field of a form becomes a query
//! parameter with the same name, type and description. A binary field gets the type `FilePart`.
//! progenitor then generates a builder with these parameters, and `rewrite::builders` changes the
//! builder so that it sends a form instead of a query.

use contract_review::Pointer;
use serde_json::{Map, Value, json};

use super::Log;
use super::shape::Shape;
use super::strict::keys;
use super::walk::operations_mut;
use crate::Error;

/// The name of the schema for binary fields. The generator replaces it with the type of this name
/// in the client crate.
pub const FILE_PART: &str = "FilePart";

const FORM: &str = "multipart/form-data";

/// The extension of a parameter that was a form field: the place of the field.
const FIELD: &str = "x-field";

/// Converts the fields of multipart forms to query parameters. Returns the ids of the changed
/// operations.
pub(super) fn convert_forms(document: &mut Value, log: &mut Log) -> Result<Vec<String>, Error> {
    let mut changed = Vec::new();
    let root = document.clone();
    operations_mut(document, |operation, at| {
        let at_body = at.join("requestBody").join("content");
        let Some(content) = operation.get("requestBody").and_then(|body| body.get("content"))
        else {
            return Ok(());
        };
        let Some(form) = content.get(FORM) else {
            return Ok(());
        };
        if content.as_object().is_some_and(|content| content.len() > 1) {
            return Err(Error::lower(
                &at_body,
                "a form alongside other media types",
                "remove the form or the other media types with an overlay action",
            ));
        }
        if operation
            .get("parameters")
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty())
        {
            return Err(Error::lower(
                at,
                "a form alongside parameters",
                "an operation with a form cannot have parameters",
            ));
        }
        let parameters = parameters(&root, form, &at_body.join(FORM))?;
        log.note("multipart", &at_body, FORM, format!("{} parameters", parameters.len()));
        operation.insert("parameters".into(), parameters.into());
        operation.shift_remove("requestBody");
        changed.extend(operation["operationId"].as_str().map(str::to_owned));
        Ok(())
    })?;
    if !changed.is_empty() {
        add_file_part(document)?;
    }
    Ok(changed)
}

fn parameters(root: &Value, form: &Value, at: &Pointer) -> Result<Vec<Value>, Error> {
    encodings(form, at)?;
    let at = at.join("schema");
    let schema = &form["schema"];
    let required = schema["required"].as_array();
    fields(schema, &at)?
        .iter()
        .map(|(name, property)| {
            let required =
                required.is_some_and(|required| required.iter().any(|field| field == name));
            let at = at.join("properties").join(name);
            match Shape::of(root, property) {
                Shape::Other(shape) => {
                    let hint = "only texts, enumerations, lists of these and single files are supported; replace its schema with an overlay action";
                    Err(Error::lower(&at, format!("{shape} in a form"), hint))
                }
                shape => parameter(name, property, required, &shape, &at),
            }
        })
        .collect()
}

fn encodings(form: &Value, at: &Pointer) -> Result<(), Error> {
    if let Some(form) = form.as_object() {
        const KNOWN: [&str; 4] = ["schema", "encoding", "example", "examples"];
        keys(form, at, "a form", &KNOWN)?;
    }
    let encodings = form["encoding"].as_object().into_iter().flatten();
    for (field, encoding) in encodings {
        // `style: form` matches how every part is sent.
        if *encoding != json!({"style": "form"}) {
            let at = at.join("encoding").join(field);
            let construct = format!("the encoding {encoding}");
            return Err(Error::lower(&at, construct, "only `style: form` is supported"));
        }
    }
    Ok(())
}

fn fields<'a>(schema: &'a Value, at: &Pointer) -> Result<&'a Map<String, Value>, Error> {
    if let Some(schema) = schema.as_object() {
        let mut known = vec!["type", "title", "description", "properties", "required"];
        // The client only sends fields from the list, so this restriction has no effect.
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            known.push("additionalProperties");
        }
        keys(schema, at, "the schema of a form", &known)?;
    }
    schema["properties"].as_object().ok_or_else(|| {
        let hint = "define its fields inline under `properties`";
        Error::lower(at, "a form that is not an inline object", hint)
    })
}

/// The parameter for a field. Its extension `x-field` is the place of the field, for errors of
/// later rules.
fn parameter(
    name: &str,
    property: &Value,
    required: bool,
    shape: &Shape,
    at: &Pointer,
) -> Result<Value, Error> {
    let mut schema = property.as_object().cloned().unwrap_or_default();
    let description = schema.shift_remove("description").unwrap_or_default();
    if *shape == Shape::File {
        // The other keys, such as `maxLength`, would be lost.
        const KNOWN: [&str; 7] =
            ["$ref", "type", "format", "title", "nullable", "example", "examples"];
        keys(&schema, at, "a file in a form", &KNOWN)?;
        let reference = format!("#/components/schemas/{FILE_PART}");
        schema = Map::from_iter([("$ref".into(), reference.into())]);
    }
    Ok(json!({
        "name": name,
        "in": "query",
        "description": description,
        "required": required,
        "schema": schema,
        FIELD: at.as_str(),
    }))
}

/// Replaces the place of a parameter in `error` with the place of the form field that it was made
/// from.
pub(super) fn at_field(document: &Value, error: Error) -> Error {
    let Error::Lower { pointer, construct, hint } = error else {
        return error;
    };
    let steps: Vec<_> = pointer.as_str().split('/').collect();
    // The first step is empty: /paths/PATH/METHOD/parameters/INDEX
    let parameter = steps.get(..6).map(|steps| steps.join("/")).unwrap_or_default();
    let field = document.pointer(&parameter).and_then(|parameter| parameter[FIELD].as_str());
    let pointer = match field {
        Some(field) => {
            // After the index comes `name` or `schema`.
            let rest = steps[6..].iter().skip(1);
            let steps = field.split('/').skip(1).chain(rest.copied());
            steps.fold(Pointer::default(), |at, step| {
                at.join(step.replace("~1", "/").replace("~0", "~"))
            })
        }
        None => pointer,
    };
    Error::Lower { pointer, construct, hint }
}

fn add_file_part(document: &mut Value) -> Result<(), Error> {
    let at = Pointer::default().join("components").join("schemas");
    let components = document.get_mut("components").and_then(Value::as_object_mut);
    let schemas = components
        .map(|components| components.entry("schemas").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
        .ok_or_else(|| {
            let hint = "the multipart rule adds the schema of files there";
            Error::lower(&at, "the schemas are not an object", hint)
        })?;
    let file = json!({"type": "string", "format": "binary"});
    match schemas.insert(FILE_PART.to_owned(), file) {
        None => Ok(()),
        Some(_) => Err(Error::lower(
            &at.join(FILE_PART),
            "the name of this schema is reserved",
            "rename FILE_PART in xtask/src/lower/multipart.rs",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Log;
    use super::convert_forms;

    fn document(operation: Value) -> Value {
        json!({"paths": {"/a": {"post": operation}}, "components": {"schemas": {
            "Kind": {"enum": ["a", "b"]}, "Thing": {"type": "object"}
        }}})
    }

    #[test]
    fn each_field_becomes_a_parameter_with_the_same_name_and_description() {
        let mut document = document(
            json!({"operationId": "Send", "requestBody": {"content": {"multipart/form-data": {
                "schema": {"type": "object", "additionalProperties": false, "required": ["file"], "properties": {
                    "kind": {"description": "Which.", "$ref": "#/components/schemas/Kind"},
                    "levels": {"type": ["null", "array"], "items": {"type": "integer"}},
                    "note": {"type": "string"},
                    "file": {"type": "string", "format": "binary", "description": "The file."}
                }},
                "encoding": {"kind": {"style": "form"}}
            }}}}),
        );
        let changed = convert_forms(&mut document, &mut Log::default()).unwrap();
        assert_eq!(changed, ["Send"]);
        let operation = &document["paths"]["/a"]["post"];
        assert!(operation.get("requestBody").is_none());
        let mut parameters = operation["parameters"].clone();
        let fields = parameters.as_array_mut().unwrap().iter_mut();
        let places: Vec<_> =
            fields.map(|field| field.as_object_mut().unwrap().remove("x-field")).collect();
        let form = "/paths/~1a/post/requestBody/content/multipart~1form-data/schema/properties";
        assert_eq!(places[0], Some(format!("{form}/kind").into()));
        assert_eq!(
            parameters,
            json!([
                {"name": "kind", "in": "query", "description": "Which.", "required": false,
                 "schema": {"$ref": "#/components/schemas/Kind"}},
                {"name": "levels", "in": "query", "description": null, "required": false,
                 "schema": {"type": ["null", "array"], "items": {"type": "integer"}}},
                {"name": "note", "in": "query", "description": null, "required": false,
                 "schema": {"type": "string"}},
                {"name": "file", "in": "query", "description": "The file.", "required": true,
                 "schema": {"$ref": "#/components/schemas/FilePart"}}
            ])
        );
        assert!(document["components"]["schemas"]["FilePart"].is_object());
    }

    #[test]
    fn unsupported_forms_are_errors() {
        let form = |form: Value| json!({"operationId": "x", "requestBody": {"content": {"multipart/form-data": form}}});
        let mut with_parameters = form(json!({"schema": {"properties": {}}}));
        with_parameters["parameters"] = json!([{"name": "q"}]);
        let mut with_json = form(json!({"schema": {"properties": {}}}));
        with_json["requestBody"]["content"]["application/json"] = json!({});
        for (operation, expected) in [
            (
                form(json!({"schema": {"properties": {"a": {"type": "object"}}}})),
                "properties/a: object in a form",
            ),
            (
                form(
                    json!({"schema": {"properties": {"a": {"$ref": "#/components/schemas/Thing"}}}}),
                ),
                "properties/a: object in a form",
            ),
            (
                form(
                    json!({"schema": {"properties": {"a": {"type": "array", "items": {"type": "string", "format": "binary"}}}}}),
                ),
                "properties/a: a list of binary in a form",
            ),
            (
                form(json!({"schema": {"properties": {"a": {"description": "What?"}}}})),
                "properties/a: anything in a form",
            ),
            (
                form(
                    json!({"schema": {"properties": {"a": {"type": "string", "format": "binary", "maxLength": 9}}}}),
                ),
                "properties/a/maxLength: `maxLength` is not supported in a file in a form",
            ),
            (form(json!({"schema": {"type": "object"}})), "a form that is not an inline object"),
            (
                form(json!({"schema": {"properties": {}, "minProperties": 1}})),
                "schema/minProperties: `minProperties` is not supported in the schema of a form",
            ),
            (
                form(json!({"encoding": {"a": {"contentType": "text/x"}}})),
                "encoding/a: the encoding",
            ),
            (with_parameters, "a form alongside parameters"),
            (with_json, "requestBody/content: a form alongside other media types"),
        ] {
            let error = convert_forms(&mut document(operation), &mut Log::default())
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
