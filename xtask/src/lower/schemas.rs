//! Schemas: converts constructs that OpenAPI 3.1 writes differently from 3.0, and removes those
//! that would make the generated types too strict.

use contract_review::Pointer;
use serde_json::{Map, Value, json};

use super::Log;
use super::walk::schemas_mut;
use crate::Error;

type Schema = Map<String, Value>;

pub(super) fn lower(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    schemas_mut(document, &mut |schema, at| {
        nullable_type(schema, at, log)?;
        reference_with_siblings(schema, at, log)?;
        open_object(schema, at, log);
        format_of_text(schema, at, log);
        required_is_optional(schema, at, log);
        drop_annotations(schema, at, log);
        Ok(())
    })
}

/// Replaces `type: [null, T]`, which is 3.1 syntax, with `type: T` and `nullable: true`.
fn nullable_type(schema: &mut Schema, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    let Some(Value::Array(types)) = schema.get("type") else {
        return Ok(());
    };
    let others: Vec<_> = types.iter().filter(|kind| *kind != "null").cloned().collect();
    let [one] = others.as_slice() else {
        let construct = format!("the type {}", Value::from(types.clone()));
        return Err(Error::lower(
            &at.join("type"),
            construct,
            "only null and one other type are supported",
        ));
    };
    let nullable = types.len() > 1;
    log.note(
        "nullable-type",
        at,
        Value::from(types.clone()),
        format!("{one}, nullable: {nullable}"),
    );
    schema.insert("type".into(), one.clone());
    if nullable {
        schema.insert("nullable".into(), true.into());
    }
    Ok(())
}

/// Removes the siblings of a `$ref`, which 3.1 allows and 3.0 ignores. A property keeps its
/// description: its `$ref` is wrapped in an `allOf`. In other places, no documentation is generated
/// from a reference, so the description is dropped.
fn reference_with_siblings(schema: &mut Schema, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    const ANNOTATIONS: [&str; 8] = [
        "description",
        "title",
        "default",
        "example",
        "examples",
        "deprecated",
        "externalDocs",
        "xml",
    ];
    let Some(reference) = schema.get("$ref").cloned().filter(|_| schema.len() > 1) else {
        return Ok(());
    };
    if let Some(key) = schema.keys().find(|key| {
        *key != "$ref" && !key.starts_with("x-") && !ANNOTATIONS.contains(&key.as_str())
    }) {
        let construct = format!("`{key}` next to a $ref");
        return Err(Error::lower(
            &at.join(key),
            construct,
            "only a description and other annotations are supported there",
        ));
    }
    let before = Value::from(schema.clone());
    let description = schema.get("description").cloned().filter(|_| is_property(at));
    schema.clear();
    match description {
        Some(description) => {
            schema.insert("description".into(), description);
            schema.insert("allOf".into(), json!([{"$ref": reference}]));
        }
        None => {
            schema.insert("$ref".into(), reference);
        }
    }
    log.note("reference-siblings", at, before, Value::from(schema.clone()));
    Ok(())
}

fn is_property(at: &Pointer) -> bool {
    at.as_str().rsplit('/').nth(1) == Some("properties")
}

/// Removes `additionalProperties: false`. It would become `deny_unknown_fields`, so that a new
/// field in a response would break every deployed client.
fn open_object(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        schema.shift_remove("additionalProperties");
        log.note("open-object", at, "additionalProperties: false", "unknown fields are ignored");
    }
}

/// Removes the format of texts, such as `date-time` or `uuid`. The formats that the service uses
/// are unknown, and with a date type, a single unexpected date would make the whole response fail
/// to parse. The formats of numbers and `binary` are kept.
fn format_of_text(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    let number = matches!(schema.get("type"), Some(kind) if kind == "integer" || kind == "number");
    let kept = |format: &Value| number || format == "binary";
    if let Some(format) = schema.get("format").cloned().filter(|format| !kept(format)) {
        schema.shift_remove("format");
        log.note("text-format", at, format!("format: {format}"), "text");
    }
}

/// Makes required properties optional if a valid value can lack them: a response may omit a field
/// instead of setting it to null, a request does not contain read-only fields, and a response does
/// not contain write-only ones. Runs on the object before its properties are lowered.
fn required_is_optional(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    let Some(Value::Array(required)) = schema.get("required") else {
        return;
    };
    let properties = &schema.get("properties").cloned().unwrap_or_default();
    let (optional, remaining): (Vec<_>, Vec<_>) = required.iter().cloned().partition(|name| {
        let property = &properties[name.as_str().unwrap_or_default()];
        let in_type = property["type"]
            .as_array()
            .is_some_and(|types| types.iter().any(|kind| kind == "null"));
        let flags = ["nullable", "readOnly", "writeOnly"];
        in_type || flags.iter().any(|flag| property[flag] == true)
    });
    if !optional.is_empty() {
        log.note(
            "optional-required",
            at,
            Value::from(required.clone()),
            Value::from(remaining.clone()),
        );
        schema.insert("required".into(), remaining.into());
    }
}

/// Removes defaults, titles and XML names. Parameters that the caller omits are not sent, so the
/// server applies its defaults. typify would use a title as the name of a type, although several
/// schemas can have the same title. The generated client does not use XML.
fn drop_annotations(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    for (key, rule) in [("default", "default"), ("title", "title"), ("xml", "xml-name")] {
        if let Some(value) = schema.shift_remove(key) {
            log.note(rule, at, value, "removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Log;
    use super::lower;

    fn lowered(schema: Value) -> Result<Value, String> {
        let mut document = json!({"components": {"schemas": {"S": schema}}});
        lower(&mut document, &mut Log::default()).map_err(|e| e.to_string())?;
        Ok(document["components"]["schemas"]["S"].clone())
    }

    #[test]
    fn a_type_list_with_null_becomes_nullable() {
        assert_eq!(
            lowered(json!({"type": ["null", "string"]})).unwrap(),
            json!({"type": "string", "nullable": true})
        );
        assert_eq!(lowered(json!({"type": ["string"]})).unwrap(), json!({"type": "string"}));
        let error = lowered(json!({"type": ["string", "integer"]})).unwrap_err();
        assert!(
            error.starts_with(r#"#/components/schemas/S/type: the type ["string","integer"]"#),
            "{error}"
        );
    }

    #[test]
    fn only_a_reference_in_a_property_keeps_its_description() {
        let reference = json!({"description": "Mine.", "default": "x", "$ref": "#/r"});
        let schema = lowered(json!({"properties": {"p": reference}, "items": reference})).unwrap();
        assert_eq!(
            schema["properties"]["p"],
            json!({"description": "Mine.", "allOf": [{"$ref": "#/r"}]})
        );
        assert_eq!(schema["items"], json!({"$ref": "#/r"}));
        let error = lowered(json!({"$ref": "#/r", "minLength": 1})).unwrap_err();
        assert!(
            error.starts_with("#/components/schemas/S/minLength: `minLength` next to a $ref"),
            "{error}"
        );
    }

    #[test]
    fn a_reference_without_siblings_is_unchanged() {
        let before = json!({"components": {"schemas": {"S": {"$ref": "#/r"}}}});
        let (mut document, mut log) = (before.clone(), Log::default());
        lower(&mut document, &mut log).unwrap();
        assert_eq!(document, before);
        assert!(log.0.is_empty(), "{log:?}");
    }

    #[test]
    fn unknown_fields_and_unexpected_dates_are_accepted() {
        let schema = json!({"additionalProperties": false, "properties": {"d": {"type": "string", "format": "date-time"}}});
        assert_eq!(lowered(schema).unwrap(), json!({"properties": {"d": {"type": "string"}}}));
    }

    #[test]
    fn a_property_that_a_valid_value_can_lack_becomes_optional() {
        for property in [
            json!({"type": ["null", "string"]}),
            json!({"type": "string", "nullable": true}),
            json!({"type": "string", "readOnly": true}),
            json!({"type": "string", "writeOnly": true}),
        ] {
            let schema = json!({"required": ["a", "b"], "properties": {"a": property, "b": {"type": "string"}}});
            assert_eq!(lowered(schema).unwrap()["required"], json!(["b"]));
        }
    }

    #[test]
    fn other_properties_stay_required() {
        let schema = json!({"required": ["a", "b", "c", "d"], "properties": {
            "a": {"type": ["string"]},
            "b": {"type": "string", "nullable": false},
            "c": {"type": "string", "readOnly": false},
        }});
        assert_eq!(
            lowered(schema).unwrap()["required"],
            json!(["a", "b", "c", "d"]),
            "`d` is not described"
        );
    }

    #[test]
    fn only_formats_of_numbers_and_binary_are_kept() {
        for (kind, format, kept) in [
            ("string", "date-time", false),
            ("string", "uuid", false),
            ("string", "ipv4", false),
            ("string", "binary", true),
            ("integer", "int64", true),
            ("number", "double", true),
        ] {
            let schema = lowered(json!({"type": kind, "format": format})).unwrap();
            assert_eq!(schema.get("format").is_some(), kept, "{format}");
        }
    }

    #[test]
    fn defaults_titles_and_xml_names_are_removed() {
        let schema =
            json!({"type": "string", "title": "Ink", "default": "Black", "xml": {"name": "Color"}});
        assert_eq!(lowered(schema).unwrap(), json!({"type": "string"}));
    }
}
