//! XML bodies and answers. Names come from the document's `xml` objects; values pass through JSON,
//! so that the same rules hold for both.
//!
//! Where a property is a reference, the document names only the schema that it refers to. That name
//! is written; read is the property's own name too, as clients of .NET write it.

mod read;
mod tree;
mod write;

use serde_json::Value;

use crate::document::MAX_DEPTH;

/// The document, as far as XML needs it.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    root: Value,
    /// The schema of an error's body.
    error: Value,
}

impl Vocabulary {
    pub(crate) fn new(root: Value, error: Value) -> Self {
        Self { root, error }
    }

    /// A JSON body that says the same as the XML text; `Err` tells what is wrong with the text.
    pub(crate) fn read(&self, schema: &Value, text: &[u8]) -> Result<Value, String> {
        let node = tree::parse(text)?;
        read::document(self, schema, node)
    }

    /// The XML text that says the same as a JSON answer.
    pub(crate) fn write(&self, schema: &Value, value: &Value) -> Vec<u8> {
        write::document(self, schema, value)
    }

    /// The XML text of an error's body.
    pub(crate) fn write_error(&self, value: &Value) -> Vec<u8> {
        self.write(&self.error, value)
    }

    /// The schema that a reference leads to in the end.
    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        // References in a circle lead nowhere.
        for _ in 0..MAX_DEPTH {
            let reference = schema.get("$ref").and_then(Value::as_str);
            let target = reference
                .and_then(|it| it.strip_prefix('#'))
                .and_then(|pointer| self.root.pointer(pointer));
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The name of an element of `schema`, or `otherwise` where the document gives none.
    fn name<'a>(&'a self, schema: &'a Value, otherwise: &'a str) -> &'a str {
        let given = |schema: &'a Value| schema.pointer("/xml/name").and_then(Value::as_str);
        given(schema)
            .or_else(|| given(self.resolve(schema)))
            .unwrap_or(otherwise)
    }
}

/// The properties of an object's schema.
fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

/// The one kind of a schema that is not null.
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

/// Whether the items of a list stand in an element of their own.
fn is_wrapped(schema: &Value) -> bool {
    schema.pointer("/xml/wrapped") == Some(&Value::Bool(true))
}
