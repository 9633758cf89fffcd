//! Converts a tree of elements to the equivalent JSON, by the schemas of the document. An unknown
//! element keeps its name, so that the validation reports it.

use serde_json::{Map, Number, Value};

use super::tree::Node;
use super::{Vocabulary, is_wrapped, kind, properties};

pub(super) fn document(
    vocabulary: &Vocabulary,
    schema: &Value,
    root: Node,
) -> Result<Value, String> {
    let expected = vocabulary.name(schema, "");
    if !expected.is_empty() && root.name != expected {
        let found = &root.name;
        return Err(format!("its root element is {found:.100} instead of {expected}"));
    }
    value(vocabulary, schema, root)
}

fn value(vocabulary: &Vocabulary, schema: &Value, node: Node) -> Result<Value, String> {
    if node.nil {
        return Ok(Value::Null);
    }
    let schema = vocabulary.resolve(schema);
    match kind(schema) {
        "object" => object(vocabulary, schema, node),
        "array" => {
            no_text(&node)?;
            let items = &schema["items"];
            let values = node.children.into_iter().map(|item| value(vocabulary, items, item));
            values.collect()
        }
        _ if !node.children.is_empty() => {
            let name = &node.name;
            Err(format!("the element {name:.100} must not contain elements"))
        }
        kind => Ok(scalar(kind, node.text)),
    }
}

fn object(vocabulary: &Vocabulary, schema: &Value, node: Node) -> Result<Value, String> {
    no_text(&node)?;
    let mut members = Map::new();
    for child in node.children {
        let element = child.name.clone();
        let known = properties(schema)
            .find(|(property, its)| is_named(vocabulary, property, its, &child.name));
        let (name, value) = match known {
            None => (child.name, Value::Null),
            Some((property, its)) => {
                let target = vocabulary.resolve(its);
                if kind(target) == "array" && !is_wrapped(its) {
                    let item = value(vocabulary, &target["items"], child)?;
                    let list = members.entry(property.clone());
                    if let Value::Array(items) = list.or_insert_with(|| Value::Array(Vec::new())) {
                        items.push(item);
                    }
                    continue;
                }
                (property.clone(), value(vocabulary, its, child)?)
            }
        };
        if members.insert(name, value).is_some() {
            return Err(format!("the element {element:.100} is given more than once"));
        }
    }
    Ok(Value::Object(members))
}

/// Whether an element is that of a property: by the name in the document, or by the name of the
/// property with a capital letter.
fn is_named(vocabulary: &Vocabulary, property: &str, schema: &Value, element: &str) -> bool {
    let mut letters = property.chars();
    let capital = letters.next().map(|first| first.to_ascii_uppercase());
    let pascal = capital.into_iter().chain(letters);
    vocabulary.name(schema, property) == element || pascal.eq(element.chars())
}

fn no_text(node: &Node) -> Result<(), String> {
    if node.text.trim().is_empty() {
        Ok(())
    } else {
        let name = &node.name;
        Err(format!("the element {name:.100} must not contain text"))
    }
}

/// Parses a value of this type. If that fails, returns the text, which the validation rejects.
fn scalar(kind: &str, text: String) -> Value {
    match (kind, text.trim()) {
        ("boolean", "true" | "1") => Value::Bool(true),
        ("boolean", "false" | "0") => Value::Bool(false),
        ("integer" | "number", number) => match number.parse::<Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(text),
        },
        _ => Value::String(text),
    }
}
