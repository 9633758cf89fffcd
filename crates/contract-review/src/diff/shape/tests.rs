use serde_json::{Value, json};

use super::{Additional, Shape};
use crate::diff::node::Node;

/// The shape of `schema` without the places in the document.
fn shape(schema: &Value) -> String {
    let document = json!({"s": schema, "components": {"schemas": {
        "Text": {"type": "string", "maxLength": 5},
        "Kind": {"type": "string", "enum": ["A", "B"]},
    }}});
    let shape = Shape::read(&Node::root(&document).get("s").unwrap());
    let names = shape.properties.iter().map(|(name, _)| *name);
    let plain = (
        &shape.types,
        &shape.values,
        shape.open,
        shape.format,
        &shape.bounds,
        names.collect::<Vec<_>>(),
        shape.items.is_some(),
        matches!(shape.additional, Additional::Closed),
        shape.alternatives.is_some(),
        shape.unknown.keys().collect::<Vec<_>>(),
    );
    format!("{plain:?}")
}

#[test]
fn all_notations_of_the_same_meaning_have_the_same_shape() {
    let text = json!({"$ref": "#/components/schemas/Text"});
    let nullable_text = json!({"type": ["null", "string"]});
    let short = json!({"type": "string", "maxLength": 3});
    let kinds = json!({"type": "string", "enum": ["A", "B"]});
    for (a, b) in [
        // Null.
        (json!({"type": "string", "nullable": true}), nullable_text.clone()),
        (json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), nullable_text.clone()),
        (json!({"oneOf": [{"enum": [null]}, {"type": "string"}]}), nullable_text),
        (
            json!({"$ref": "#/components/schemas/Text", "nullable": true}),
            json!({"oneOf": [text, {"type": "null"}]}),
        ),
        (
            json!({"enum": ["A", "B", null]}),
            json!({"type": ["string", "null"], "enum": ["A", "B"]}),
        ),
        // Bounds.
        (
            json!({"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 2, "exclusiveMaximum": false}),
            json!({"type": "number", "exclusiveMinimum": 1, "maximum": 2}),
        ),
        (json!({"type": "string", "minLength": 0}), json!({"type": "string"})),
        (json!({"type": "array", "items": {}, "uniqueItems": false}), json!({"items": {}})),
        // Bytes.
        (
            json!({"type": "string", "format": "byte"}),
            json!({"type": "string", "contentEncoding": "base64"}),
        ),
        (
            json!({"type": "string", "format": "binary"}),
            json!({"type": "string", "contentMediaType": "application/octet-stream"}),
        ),
        // References and `allOf`.
        (json!({"$ref": "#/components/schemas/Text", "maxLength": 3}), short.clone()),
        (json!({"allOf": [text, {"maxLength": 3}]}), short),
        (
            json!({"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}}),
            json!({"type": "object", "properties": {"a": {}, "b": {}}, "additionalProperties": true}),
        ),
        (
            json!({"allOf": [{"type": ["string", "integer"]}, {"type": "string"}]}),
            json!({"type": "string"}),
        ),
        (json!({"allOf": [{"enum": ["A", "B", "C"]}, {"enum": ["B", "A"]}]}), kinds.clone()),
        // Listed values.
        (json!({"oneOf": [{"const": "A"}, {"const": "B", "title": "b"}]}), kinds.clone()),
        (json!({"enum": ["A", "B"]}), kinds),
        (
            json!({"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "string"}]}),
            json!({"type": "string", "enum": ["A", "B"], "x-extensible-enum": true}),
        ),
    ] {
        assert_eq!(shape(&a), shape(&b), "{a} and {b}");
    }
}

#[test]
fn schemas_with_different_meanings_have_different_shapes() {
    for (a, b) in [
        (json!({"type": "string", "minLength": 1}), json!({"type": "string"})),
        (json!({"type": "integer", "minimum": 0}), json!({"type": "integer"})),
        (json!({"items": {}, "uniqueItems": true}), json!({"items": {}})),
        (json!({"enum": [1]}), json!({"type": "string", "enum": [1]})),
        (json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), json!({"type": "string"})),
        (
            json!({"anyOf": [{"enum": ["A"]}, {"type": "string", "format": "date"}]}),
            json!({"enum": ["A"], "x-extensible-enum": true}),
        ),
        (json!({"allOf": [{"pattern": "a"}, {"pattern": "b"}]}), json!({"pattern": "a"})),
        (json!({"contentEncoding": "base32"}), json!({})),
        (json!({"contentMediaType": "text/plain"}), json!({})),
        (json!(false), json!(true)),
    ] {
        assert_ne!(shape(&a), shape(&b), "{a} and {b}");
    }
}

#[test]
fn a_cyclic_all_of_is_read_once() {
    let document = json!({"components": {"schemas": {
        "A": {"allOf": [{"$ref": "#/components/schemas/B"}], "maxLength": 1},
        "B": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]},
    }}});
    let node = Node::root(&document).path(&["components", "schemas", "A"]).unwrap();
    assert_eq!(Shape::read(&node).bounds.len(), 1);
}
