//! The shape of a parameter or form field: only values that have a text form can be sent there.

use contract_review::references::resolved;
use serde_json::Value;

/// How a parameter or form field can be sent.
#[derive(Debug, PartialEq)]
pub(super) enum Shape {
    /// A text, a number, a truth value or an enumeration.
    Text,
    /// A list of these.
    Texts,
    /// The contents of a file.
    File,
    /// None of these, with a name for the error.
    Other(String),
}

impl Shape {
    /// The shape of `schema`, whose references are followed.
    pub(super) fn of(root: &Value, schema: &Value) -> Self {
        let schema = followed(root, schema);
        match kind(schema) {
            "binary" => Self::File,
            "text" => Self::Text,
            "array" => match kind(followed(root, &schema["items"])) {
                "text" => Self::Texts,
                other => Self::Other(format!("a list of {other}")),
            },
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Follows references and the only part of an `allOf`. References have been checked for cycles.
fn followed<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolved(root, schema);
    match schema["allOf"].as_array().map(Vec::as_slice) {
        Some([one]) if schema.get("type").is_none() => followed(root, one),
        _ => schema,
    }
}

/// The type of a schema, where `text` stands for all types with a text form, and `binary` for
/// files.
fn kind(schema: &Value) -> &str {
    let types = &schema["type"];
    let list = types.as_array().into_iter().flatten();
    let mut kinds = list.chain([types]).filter_map(Value::as_str);
    match kinds.find(|kind| *kind != "null") {
        Some("string") if schema["format"] == "binary" => "binary",
        Some("string" | "integer" | "number" | "boolean") => "text",
        Some(other) => other,
        None if schema["enum"].is_array() => "text",
        None => "anything",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Shape;

    #[test]
    fn references_and_lists_have_the_shape_of_their_type() {
        let s = |name: &str| json!({"$ref": format!("#/{name}")});
        let root = json!({"Kind": {"enum": ["a"]}, "One": {"allOf": [s("Kind")]}, "Map": {"type": "object"}});
        for (schema, shape) in [
            (json!({"type": ["null", "integer"]}), Shape::Text),
            (s("One"), Shape::Text),
            (json!({"type": "array", "items": s("Kind")}), Shape::Texts),
            (json!({"type": "string", "format": "binary"}), Shape::File),
            (json!({"type": "array", "items": s("Map")}), Shape::Other("a list of object".into())),
            (json!({"type": "array"}), Shape::Other("a list of anything".into())),
            (s("Map"), Shape::Other("object".into())),
            (json!({"type": "object", "allOf": [s("Kind")]}), Shape::Other("object".into())),
            (json!({"allOf": [s("Kind"), s("Map")]}), Shape::Other("anything".into())),
        ] {
            assert_eq!(Shape::of(&root, &schema), shape, "{schema}");
        }
    }
}
