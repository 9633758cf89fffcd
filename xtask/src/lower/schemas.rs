//! Schemas: what 3.1 writes otherwise than 3.0, and what would make the generated types stricter than a caller can bear.

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
        date_time_stays_text(schema, at, log);
        nullable_may_be_missing(schema, at, log);
        left_to_the_server(schema, at, log);
        Ok(())
    })
}

/// `type: [null, T]` is 3.1; 3.0 says `type: T` and `nullable: true`.
fn nullable_type(schema: &mut Schema, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    let Some(Value::Array(types)) = schema.get("type") else {
        return Ok(());
    };
    let others: Vec<_> = types
        .iter()
        .filter(|kind| *kind != "null")
        .cloned()
        .collect();
    let [one] = others.as_slice() else {
        let construct = format!("the type {}", Value::from(types.clone()));
        return Err(Error::lower(
            &at.join("type"),
            construct,
            "the nearest rule reads null and one other type",
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

/// A `$ref` with siblings is 3.1; 3.0 ignores them. A property keeps its own text through a one-armed `allOf`;
/// elsewhere no text is generated from a reference, and it stands alone.
fn reference_with_siblings(schema: &mut Schema, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    const PROSE: [&str; 8] = [
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
    if let Some(key) = schema
        .keys()
        .find(|key| *key != "$ref" && !key.starts_with("x-") && !PROSE.contains(&key.as_str()))
    {
        let construct = format!("`{key}` beside a $ref");
        return Err(Error::lower(
            &at.join(key),
            construct,
            "the nearest rule keeps a description",
        ));
    }
    let before = Value::from(schema.clone());
    let description = schema
        .get("description")
        .cloned()
        .filter(|_| is_property(at));
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
    log.note(
        "reference-siblings",
        at,
        before,
        Value::from(schema.clone()),
    );
    Ok(())
}

fn is_property(at: &Pointer) -> bool {
    at.as_str().rsplit('/').nth(1) == Some("properties")
}

/// `additionalProperties: false` would become `deny_unknown_fields`: a new field in an answer would break every
/// deployed client.
fn open_object(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        schema.shift_remove("additionalProperties");
        log.note(
            "open-object",
            at,
            "additionalProperties: false",
            "unknown fields are ignored",
        );
    }
}

/// The service's form of a date-time is unknown: as a date type, one odd date would cost the caller a whole answer.
fn date_time_stays_text(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    if schema
        .get("format")
        .is_some_and(|format| format == "date-time")
    {
        schema.shift_remove("format");
        log.note("date-time", at, "format: date-time", "text");
    }
}

/// What may be null may be missing too: an answer must not be lost over a field that would have said nothing. Runs on
/// the object, before its properties are lowered.
fn nullable_may_be_missing(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    let Some(Value::Array(required)) = schema.get("required") else {
        return;
    };
    let properties = &schema.get("properties").cloned().unwrap_or_default();
    let (lax, strict): (Vec<_>, Vec<_>) = required.iter().cloned().partition(|name| {
        let property = &properties[name.as_str().unwrap_or_default()];
        let in_type = property["type"]
            .as_array()
            .is_some_and(|types| types.iter().any(|kind| kind == "null"));
        in_type || property["nullable"] == true
    });
    if !lax.is_empty() {
        log.note(
            "nullable-required",
            at,
            Value::from(required.clone()),
            Value::from(strict.clone()),
        );
        schema.insert("required".into(), strict.into());
    }
}

/// A default is the server's to apply: what the caller leaves out is not sent. XML names are not spoken here.
fn left_to_the_server(schema: &mut Schema, at: &Pointer, log: &mut Log) {
    for (key, rule) in [("default", "default"), ("xml", "xml-name")] {
        if let Some(value) = schema.shift_remove(key) {
            log.note(rule, at, value, "left out");
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
    fn null_in_a_type_list_becomes_nullable() {
        assert_eq!(
            lowered(json!({"type": ["null", "string"]})).unwrap(),
            json!({"type": "string", "nullable": true})
        );
        assert_eq!(
            lowered(json!({"type": ["string"]})).unwrap(),
            json!({"type": "string"})
        );
        let error = lowered(json!({"type": ["string", "integer"]})).unwrap_err();
        assert!(
            error.starts_with(r##"#/components/schemas/S/type: the type ["string","integer"]"##),
            "{error}"
        );
    }

    #[test]
    fn a_reference_keeps_its_text_as_a_property_only() {
        let reference = json!({"description": "Mine.", "default": "x", "$ref": "#/r"});
        let schema = lowered(json!({"properties": {"p": reference}, "items": reference})).unwrap();
        assert_eq!(
            schema["properties"]["p"],
            json!({"description": "Mine.", "allOf": [{"$ref": "#/r"}]})
        );
        assert_eq!(schema["items"], json!({"$ref": "#/r"}));
        let error = lowered(json!({"$ref": "#/r", "minLength": 1})).unwrap_err();
        assert!(
            error.starts_with("#/components/schemas/S/minLength: `minLength` beside a $ref"),
            "{error}"
        );
    }

    #[test]
    fn a_reference_without_siblings_is_left_alone() {
        let before = json!({"components": {"schemas": {"S": {"$ref": "#/r"}}}});
        let (mut document, mut log) = (before.clone(), Log::default());
        lower(&mut document, &mut log).unwrap();
        assert_eq!(document, before);
        assert!(log.0.is_empty(), "{log:?}");
    }

    #[test]
    fn answers_may_grow_and_dates_may_be_odd() {
        let schema = json!({"additionalProperties": false, "properties": {"d": {"type": "string", "format": "date-time"}}});
        assert_eq!(
            lowered(schema).unwrap(),
            json!({"properties": {"d": {"type": "string"}}})
        );
    }

    #[test]
    fn what_may_be_null_may_be_missing() {
        let schema = json!({"required": ["a", "b"], "properties": {"a": {"type": ["null", "string"]}, "b": {"type": "string"}}});
        assert_eq!(lowered(schema).unwrap()["required"], json!(["b"]));
    }

    #[test]
    fn only_nullable_properties_stop_being_required() {
        let schema = json!({"required": ["a", "b", "c", "d"], "properties": {
            "a": {"type": ["string"]},
            "b": {"type": "string", "nullable": true},
            "c": {"type": "string", "nullable": false},
        }});
        assert_eq!(
            lowered(schema).unwrap()["required"],
            json!(["a", "c", "d"]),
            "`b` is nullable, and `d` is not described"
        );
    }

    #[test]
    fn defaults_and_xml_names_are_left_out() {
        let schema = json!({"type": "string", "default": "Black", "xml": {"name": "Color"}});
        assert_eq!(lowered(schema).unwrap(), json!({"type": "string"}));
    }
}
