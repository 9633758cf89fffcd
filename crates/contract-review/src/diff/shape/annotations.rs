//! Reads the keywords that do not limit a value, and notes the keywords that no rule covers.

use serde_json::{Map, Value};

use super::Shape;
use crate::diff::rules::BOUNDS;

const ANNOTATIONS: [&str; 7] =
    ["title", "description", "externalDocs", "deprecated", "readOnly", "writeOnly", "xml"];

/// The keywords that have no meaning for a caller, or that are read elsewhere.
const READ_ELSEWHERE: [&str; 11] = [
    "$ref", "allOf", "nullable", "const", "example", "examples", "$comment", "$schema", "$id",
    "$defs", "$anchor",
];

impl<'d> Shape<'d> {
    pub(super) fn merge_annotations(&mut self, keywords: &'d Map<String, Value>) {
        if let Some(format) = keywords.get("format").and_then(Value::as_str) {
            self.format = Some(format);
        }
        // These keywords of 3.1 correspond to `format: byte` and `format: binary`.
        if keywords.get("contentEncoding").is_some_and(|encoding| encoding == "base64") {
            self.format.get_or_insert("byte");
        } else if keywords
            .get("contentMediaType")
            .is_some_and(|media| media == "application/octet-stream")
        {
            self.format.get_or_insert("binary");
        }
        if let Some(default) = keywords.get("default") {
            self.default = Some(default);
        }
        for note in ANNOTATIONS {
            if let Some(value) = keywords.get(note) {
                self.annotations.insert(note, value);
            }
        }
        for (keyword, value) in keywords {
            if !is_known(keyword, value) {
                self.unknown.insert(keyword.clone(), value);
            }
        }
    }
}

fn is_known(keyword: &str, value: &Value) -> bool {
    const READ: [&str; 10] = [
        "type",
        "enum",
        "format",
        "properties",
        "required",
        "items",
        "additionalProperties",
        "oneOf",
        "anyOf",
        "default",
    ];
    match keyword {
        "contentEncoding" => return value == "base64",
        "contentMediaType" => return value == "application/octet-stream",
        _ => {}
    }
    READ.contains(&keyword)
        || READ_ELSEWHERE.contains(&keyword)
        || ANNOTATIONS.contains(&keyword)
        || BOUNDS.contains(&keyword)
        || keyword.starts_with("x-")
}
