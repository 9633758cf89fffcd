//! Describes schemas and changed values in words.

use serde_json::Value;

use super::node::Node;
use super::rules::BOUNDS;
use super::shape::Shape;

/// Describes a new value: whether it is required, its type, its bounds and its default.
pub(super) fn summary(node: &Node<'_>, required: bool) -> String {
    let shape = Shape::read(node);
    let mut text = if required { "required" } else { "optional" }.to_owned();
    text.push_str(", ");
    text.push_str(&kind_of(node, &shape));
    for bound in BOUNDS {
        if let Some(value) = shape.bounds.get(bound) {
            text.push_str(&format!(", {bound} {value}"));
        }
    }
    if let Some(default) = shape.default {
        text.push_str(&format!(", default {default}"));
    }
    text
}

fn kind_of(node: &Node<'_>, shape: &Shape<'_>) -> String {
    if let Some(name) = node.referred().as_ref().and_then(Node::schema_name) {
        return format!("`{name}`");
    }
    if let Some(items) = &shape.items {
        return format!("array of {}", kind_of(items, &Shape::read(items)));
    }
    match (&shape.values, shape.format) {
        (Some(values), _) => format!("one of {}", listed(values)),
        (None, Some(format)) => format!("{} ({format})", type_names(shape)),
        (None, None) => type_names(shape),
    }
}

pub(super) fn type_names(shape: &Shape<'_>) -> String {
    if shape.types.is_empty() {
        return "any".into();
    }
    // Null is last.
    let (null, others): (Vec<&str>, Vec<&str>) =
        shape.types.iter().partition(|kind| **kind == "null");
    let names: Vec<&str> = others.into_iter().chain(null).collect();
    names.join(" or ")
}

pub(super) fn listed(values: &[Value]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        })
        .collect();
    texts.join(", ")
}

/// Describes the change of one value: `maximum 5 -> 6`, `maximum 5 added` or `maximum 5 removed`.
pub(super) fn changed_value(name: &str, before: Option<&Value>, now: Option<&Value>) -> String {
    match (before, now) {
        (Some(before), Some(now)) => format!("{name} {before} -> {now}"),
        (None, Some(now)) => format!("{name} {now} added"),
        (Some(before), None) => format!("{name} {before} removed"),
        (None, None) => format!("{name} unchanged"),
    }
}
