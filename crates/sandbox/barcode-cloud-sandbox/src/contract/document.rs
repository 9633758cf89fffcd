//! The parts of the OpenAPI document that the sandbox needs: routes, parameters, bodies and their
//! schemas, with references resolved.
//!
//! No part of the contract is repeated by hand. A schema keyword that this module does not support
//! is an error at start, so that no rule of the document is silently ignored.

use barcode_cloud_openapi::DOCUMENT;
use http::Method;
use serde_json::{Map, Value, json};

use crate::Error;

/// The maximum nesting of schemas. It exceeds that of any request body of the document, and stops
/// the recursion into a schema that contains itself.
const MAX_DEPTH: usize = 16;

/// The parsed document.
#[derive(Debug)]
pub(crate) struct Document {
    /// The path of the server URL: `/v4.0`.
    pub(crate) base_path: String,
    /// The path of the token endpoint: `/connect/token`.
    pub(crate) token_path: String,
    pub(crate) operations: Vec<Operation>,
    /// The complete document, as published.
    pub(crate) root: Value,
    /// The schema of the body of an error response.
    pub(crate) error: Value,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its `operationId`.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// The path without the base path, with path parameters as `{name}`.
    pub(crate) path: String,
    pub(crate) task: Task,
    pub(crate) input: Input,
    /// The schema of a successful response, or `null` if the response is an image.
    pub(crate) response: Value,
}

/// What an operation does. The document's tag determines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Generate,
    Recognize,
    Scan,
}

/// Where an operation's values come from.
#[derive(Debug)]
pub(crate) enum Input {
    /// The path and the query.
    Parameters(Object),
    /// A body in one of these media types.
    Body {
        media_types: Vec<String>,
        schema: Object,
        /// The same schema, as written in the document.
        published: Value,
    },
}

/// Named fields.
#[derive(Debug, Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<Field>,
}

/// One parameter, form field or property.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) default: Option<Value>,
    pub(crate) schema: Schema,
}

/// The type and the constraints of a value. Nullability is not kept; see `validate`.
#[derive(Debug)]
pub(crate) enum Schema {
    Text {
        allowed: Option<Vec<String>>,
        /// In characters.
        min: usize,
        max: usize,
        uri: bool,
    },
    File,
    Integer {
        min: i64,
        max: i64,
    },
    Number {
        min: f64,
        max: f64,
    },
    Boolean,
    List(Box<Schema>),
    Object(Object),
}

impl Document {
    /// Reads the embedded document.
    pub(crate) fn embedded() -> Result<Self, Error> {
        let root =
            serde_json::from_str(DOCUMENT).map_err(|source| unsupported("", source.to_string()))?;
        Self::read(root)
    }

    /// Returns the document as a sandbox publishes it: with the sandbox's own URLs instead of the
    /// service's, so that a client generated from it calls the sandbox.
    pub(crate) fn with_urls(&self, base_url: &str, token_url: &str) -> Value {
        let mut document = self.root.clone();
        document["servers"] = json!([{
            "url": base_url,
            "description": "This sandbox. Requests are not billed.",
        }]);
        let schemes = document.pointer_mut("/components/securitySchemes");
        let schemes = schemes.and_then(Value::as_object_mut).into_iter().flatten();
        for (_, scheme) in schemes {
            if let Some(url) = scheme.pointer_mut("/flows/clientCredentials/tokenUrl") {
                *url = token_url.into();
            }
        }
        document
    }

    fn read(document: Value) -> Result<Self, Error> {
        let root = &document;
        let base_path = path_of(root, "/servers/0/url")?;
        let token_path = root
            .pointer("/components/securitySchemes")
            .and_then(Value::as_object)
            .and_then(|schemes| schemes.values().next())
            .ok_or_else(|| unsupported("/components/securitySchemes", "is missing"))
            .and_then(|scheme| path_of(scheme, "/flows/clientCredentials/tokenUrl"))?;
        let mut operations = Vec::new();
        let mut error = None;
        for (path, item) in members(root, "/paths")? {
            for (method, operation) in members(item, "")? {
                let at = format!("/paths/{path}/{method}");
                error = error.or_else(|| response(operation, "400"));
                operations.push(
                    Reader { root }
                        .operation(path, method, operation)
                        .map_err(|error| error.within(&at))?,
                );
            }
        }
        Ok(Self {
            base_path,
            token_path,
            operations,
            error: error.ok_or_else(|| unsupported("/paths", "has no response with status 400"))?,
            root: document,
        })
    }
}

/// Parses parts of the document and follows references into the rest of it.
struct Reader<'a> {
    root: &'a Value,
}

impl Reader<'_> {
    fn operation(&self, path: &str, method: &str, operation: &Value) -> Result<Operation, Error> {
        let task = match operation.pointer("/tags/0").and_then(Value::as_str) {
            Some("Generate") => Task::Generate,
            Some("Recognize") => Task::Recognize,
            Some("Scan") => Task::Scan,
            tag => {
                let problem = format!("is not supported by the sandbox: {tag:?}");
                return Err(unsupported("/tags/0", problem));
            }
        };
        let input = match operation.get("requestBody") {
            Some(body) => self.body(body)?,
            None => Input::Parameters(self.parameters(operation)?),
        };
        Ok(Operation {
            id: text(operation, "operationId")?.to_owned(),
            method: method
                .to_uppercase()
                .parse()
                .map_err(|_| unsupported("", format!("{method} is not a method")))?,
            path: path.to_owned(),
            task,
            input,
            response: response(operation, "200").unwrap_or_default(),
        })
    }

    fn parameters(&self, operation: &Value) -> Result<Object, Error> {
        let list = operation.get("parameters").and_then(Value::as_array);
        let mut fields = Vec::new();
        for parameter in list.into_iter().flatten() {
            let name = text(parameter, "name")?;
            if !matches!(text(parameter, "in")?, "path" | "query") {
                let problem = format!("{name} is neither in the path nor in the query");
                return Err(unsupported("/parameters", problem));
            }
            let required = parameter.get("required") == Some(&Value::Bool(true));
            fields.push(self.field(name, required, &parameter["schema"], 0)?);
        }
        Ok(Object { fields })
    }

    fn body(&self, body: &Value) -> Result<Input, Error> {
        let content = members(body, "/content")?;
        let Some((_, first)) = content.iter().next() else {
            return Err(unsupported("/requestBody/content", "is empty"));
        };
        // All media types of an operation have the same schema, so it is parsed once.
        let mut media_types = content.values();
        if media_types.any(|media_type| media_type.get("schema") != first.get("schema")) {
            let problem = "has media types with different schemas";
            return Err(unsupported("/requestBody/content", problem));
        }
        match self.schema(&first["schema"], 0)? {
            Schema::Object(schema) => Ok(Input::Body {
                media_types: content.keys().cloned().collect(),
                schema,
                published: first["schema"].clone(),
            }),
            _ => Err(unsupported("/requestBody/content", "is not an object")),
        }
    }

    fn field(
        &self,
        name: &str,
        required: bool,
        schema: &Value,
        depth: usize,
    ) -> Result<Field, Error> {
        Ok(Field {
            name: name.to_owned(),
            required,
            default: schema.get("default").cloned(),
            schema: self.schema(schema, depth).map_err(|error| error.within(name))?,
        })
    }

    fn schema(&self, schema: &Value, depth: usize) -> Result<Schema, Error> {
        if depth > MAX_DEPTH {
            return Err(unsupported("", "is nested too deeply"));
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            reference_siblings(schema)?;
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer))
                .ok_or_else(|| unsupported(reference, "does not exist"))?;
            return self.schema(target, depth + 1);
        }
        known_keywords(schema)?;
        Ok(match type_of(schema)? {
            "string" => text_kind(schema)?,
            "integer" => Schema::Integer {
                min: schema["minimum"].as_i64().unwrap_or(i64::from(i32::MIN)),
                max: schema["maximum"].as_i64().unwrap_or(i64::from(i32::MAX)),
            },
            "number" => Schema::Number {
                min: schema["minimum"].as_f64().unwrap_or(f64::from(f32::MIN)),
                max: schema["maximum"].as_f64().unwrap_or(f64::from(f32::MAX)),
            },
            "boolean" => Schema::Boolean,
            "array" => Schema::List(Box::new(self.schema(&schema["items"], depth + 1)?)),
            "object" => Schema::Object(self.object(schema, depth)?),
            other => return Err(unsupported("/type", format!("{other} is not supported"))),
        })
    }

    fn object(&self, schema: &Value, depth: usize) -> Result<Object, Error> {
        let required = schema["required"].as_array();
        let is_required = |name: &String| {
            required.is_some_and(|names| names.iter().any(|required| required == name.as_str()))
        };
        let properties = members(schema, "/properties")?.iter();
        let fields = properties
            .map(|(name, property)| self.field(name, is_required(name), property, depth + 1));
        Ok(Object { fields: fields.collect::<Result<_, _>>()? })
    }
}

/// The schema of a response in JSON, which also applies to XML.
fn response(operation: &Value, status: &str) -> Option<Value> {
    let content = operation.get("responses")?.get(status)?.get("content")?;
    content.get("application/json")?.get("schema").cloned()
}

fn text_kind(schema: &Value) -> Result<Schema, Error> {
    let format = schema.get("format").and_then(Value::as_str);
    if format == Some("binary") {
        return Ok(Schema::File);
    }
    if let Some(format) = format.filter(|format| !matches!(*format, "uri" | "date-time")) {
        return Err(unsupported("/format", format!("{format} is not supported")));
    }
    let allowed = schema["enum"].as_array().map(|values| {
        let texts = values.iter().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    });
    let length = |keyword: &str, otherwise| {
        let length = schema[keyword].as_u64().and_then(|length| usize::try_from(length).ok());
        length.unwrap_or(otherwise)
    };
    Ok(Schema::Text {
        allowed,
        min: length("minLength", 0),
        max: length("maxLength", usize::MAX),
        uri: format == Some("uri"),
    })
}

/// Returns the type without `null`: `"string"` for both `"string"` and `["null", "string"]`.
fn type_of(schema: &Value) -> Result<&str, Error> {
    match schema.get("type") {
        Some(Value::String(kind)) => Ok(kind),
        Some(Value::Array(kinds)) => {
            let mut others = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            match (others.next(), others.next()) {
                (Some(kind), None) => Ok(kind),
                _ => Err(unsupported("/type", "must name exactly one type and null")),
            }
        }
        _ => Err(unsupported("/type", "is missing")),
    }
}

/// Rejects keywords next to `$ref`: they would narrow the schema (JSON Schema 2020-12). A
/// description has no such effect, and `field` reads the default.
fn reference_siblings(schema: &Value) -> Result<(), Error> {
    for (keyword, _) in members(schema, "")? {
        let known = ["$ref", "default", "description"].contains(&keyword.as_str());
        if !known && !keyword.starts_with("x-") {
            return Err(unsupported("", format!("has a keyword next to $ref: {keyword}")));
        }
    }
    Ok(())
}

fn known_keywords(schema: &Value) -> Result<(), Error> {
    const KNOWN: &str = "type enum format minimum maximum minLength maxLength items properties \
                         required default description example xml";
    for (keyword, value) in members(schema, "")? {
        let closed = keyword == "additionalProperties" && value == &Value::Bool(false);
        let is_known = KNOWN.split(' ').any(|known| known == keyword);
        if !is_known && !keyword.starts_with("x-") && !closed {
            return Err(unsupported("", format!("has an unsupported keyword: {keyword}")));
        }
    }
    Ok(())
}

fn members<'a>(value: &'a Value, pointer: &str) -> Result<&'a Map<String, Value>, Error> {
    value
        .pointer(pointer)
        .and_then(Value::as_object)
        .ok_or_else(|| unsupported(pointer, "is not an object"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Error> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| unsupported(key, "is not a string"))
}

/// The path of the URL at `pointer`.
fn path_of(value: &Value, pointer: &str) -> Result<String, Error> {
    let url = value
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or_else(|| unsupported(pointer, "is missing"))?;
    let url = url::Url::parse(url).map_err(|error| unsupported(pointer, error.to_string()))?;
    Ok(url.path().trim_end_matches('/').to_owned())
}

fn unsupported(at: &str, problem: impl Into<String>) -> Error {
    Error::Document { at: at.to_owned(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_document_is_parsed_completely() {
        let document = Document::embedded().unwrap();
        assert_eq!(document.base_path, "/v4.0");
        assert_eq!(document.token_path, "/connect/token");
        assert_eq!(document.operations.len(), 9);
    }

    #[test]
    fn an_unsupported_schema_keyword_is_an_error() {
        let mut root: Value = serde_json::from_str(DOCUMENT).unwrap();
        root["components"]["schemas"]["EncodeBarcodeType"]["pattern"] = "^Q".into();
        let error = Document::read(root).unwrap_err();
        assert!(error.to_string().contains("pattern"), "{error}");
    }
}
