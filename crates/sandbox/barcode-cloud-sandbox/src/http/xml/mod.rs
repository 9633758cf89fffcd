//! XML request and response bodies. Names come from the `xml` objects of the document. Values are
//! converted from and to JSON, so that the same validation applies to both formats.
//!
//! If a property is a reference, the document names only the schema that it refers to. Responses
//! use that name. Requests may also use the name of the property, as .NET clients do.

mod read;
mod tree;
mod write;

use serde_json::Value;

/// The maximum number of references that lead to a schema. It stops circular references.
const MAX_REFERENCES: usize = 16;

/// The document and its XML names.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    root: Value,
    /// The schema of the body of an error response.
    error: Value,
}

impl Vocabulary {
    pub(crate) fn new(root: Value, error: Value) -> Self {
        Self { root, error }
    }

    /// Converts an XML text to the equivalent JSON. `Err` says why the text is invalid.
    pub(crate) fn read(&self, schema: &Value, text: &[u8]) -> Result<Value, String> {
        let node = tree::parse(text)?;
        read::document(self, schema, node)
    }

    /// Converts a JSON response to XML.
    pub(crate) fn write(&self, schema: &Value, value: &Value) -> Vec<u8> {
        write::document(self, schema, value)
    }

    /// Converts the JSON body of an error response to XML.
    pub(crate) fn write_error(&self, value: &Value) -> Vec<u8> {
        self.write(&self.error, value)
    }

    /// Follows references until it reaches a schema.
    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..MAX_REFERENCES {
            let reference = schema.get("$ref").and_then(Value::as_str);
            let target = reference
                .and_then(|reference| reference.strip_prefix('#'))
                .and_then(|pointer| self.root.pointer(pointer));
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The name of an element of `schema`, or `otherwise` if the document does not define one.
    fn name<'a>(&'a self, schema: &'a Value, otherwise: &'a str) -> &'a str {
        let given = |schema: &'a Value| schema.pointer("/xml/name").and_then(Value::as_str);
        given(schema).or_else(|| given(self.resolve(schema))).unwrap_or(otherwise)
    }
}

/// The properties of the schema of an object.
fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

/// The type of a schema, other than null.
fn kind(schema: &Value) -> &str {
    let not_null = |kind: &&str| *kind != "null";
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(not_null).unwrap_or_default()
        }
        _ => "",
    }
}

/// Whether the items of a list are in a wrapper element.
fn is_wrapped(schema: &Value) -> bool {
    schema.pointer("/xml/wrapped") == Some(&Value::Bool(true))
}
