//! The OpenAPI document as the sandbox needs it: routes, parameters, bodies and their schemas, with
//! references resolved.
//!
//! Nothing of the contract is listed by hand. A schema keyword that this module does not know is an
//! error at start, so that a rule of the document is never dropped in silence.

use http::Method;
use serde_json::{Map, Value, json};

use crate::Error;

/// The contract, in the sandbox as it was built.
pub(crate) const TEXT: &str = include_str!("../../../../openapi/barcode-v4.json");

/// Deeper than any request body of the document; a schema that contains itself ends here.
pub(crate) const MAX_DEPTH: usize = 16;

/// The whole contract.
#[derive(Debug)]
pub(crate) struct Document {
    /// The path of the server's address: `/v4.0`.
    pub(crate) base_path: String,
    /// The path of the token endpoint: `/connect/token`.
    pub(crate) token_path: String,
    pub(crate) operations: Vec<Operation>,
    /// The whole of it, as published.
    pub(crate) root: Value,
    /// The schema of an error's body.
    pub(crate) error: Value,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its `operationId`.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// Without the base path, with `{names}` of path parameters.
    pub(crate) path: String,
    pub(crate) task: Task,
    pub(crate) input: Input,
    /// The schema of a good answer that is no picture; `null` for one that is.
    pub(crate) answer: Value,
}

/// What an operation does, told by its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Generate,
    Recognize,
    Scan,
}

/// Where an operation's values come from.
#[derive(Debug)]
pub(crate) enum Input {
    /// Path and query.
    Parameters(Object),
    /// A body, in the media types named.
    Body {
        media_types: Vec<String>,
        schema: Object,
        /// The same schema as it stands in the document.
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

/// What a value must be. Whether it may also be null is not kept: see `validate`.
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
        let root = serde_json::from_str(TEXT).map_err(|source| fault("", source.to_string()))?;
        Self::read(root)
    }

    /// Returns the document as a sandbox publishes it: with the sandbox's own addresses in place of the
    /// service's, so that a client generated from it calls the sandbox.
    pub(crate) fn with_urls(&self, base_url: &str, token_url: &str) -> Value {
        let mut document = self.root.clone();
        document["servers"] = json!([{
            "url": base_url,
            "description": "This sandbox. Nothing is billed.",
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
            .ok_or_else(|| fault("/components/securitySchemes", "is missing"))
            .and_then(|scheme| path_of(scheme, "/flows/clientCredentials/tokenUrl"))?;
        let mut operations = Vec::new();
        let mut error = None;
        for (path, item) in members(root, "/paths")? {
            for (method, operation) in members(item, "")? {
                let at = format!("/paths/{path}/{method}");
                error = error.or_else(|| answer(operation, "400"));
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
            error: error.ok_or_else(|| fault("/paths", "have no answer of status 400"))?,
            root: document,
        })
    }
}

/// A reader of parts that can follow references into the whole.
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
                return Err(fault(
                    "/tags/0",
                    format!("has no meaning for the sandbox: {tag:?}"),
                ));
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
                .map_err(|_| fault("", format!("{method} is not a method")))?,
            path: path.to_owned(),
            task,
            input,
            answer: answer(operation, "200").unwrap_or_default(),
        })
    }

    fn parameters(&self, operation: &Value) -> Result<Object, Error> {
        let list = operation.get("parameters").and_then(Value::as_array);
        let mut fields = Vec::new();
        for parameter in list.into_iter().flatten() {
            let name = text(parameter, "name")?;
            if !matches!(text(parameter, "in")?, "path" | "query") {
                return Err(fault(
                    "/parameters",
                    format!("{name} is in neither path nor query"),
                ));
            }
            let required = parameter.get("required") == Some(&Value::Bool(true));
            fields.push(self.field(name, required, &parameter["schema"], 0)?);
        }
        Ok(Object { fields })
    }

    fn body(&self, body: &Value) -> Result<Input, Error> {
        let content = members(body, "/content")?;
        let Some((_, first)) = content.iter().next() else {
            return Err(fault("/requestBody/content", "is empty"));
        };
        // The media types of one operation share one schema, so one reading serves them all.
        if content
            .values()
            .any(|it| it.get("schema") != first.get("schema"))
        {
            return Err(fault(
                "/requestBody/content",
                "has media types of different schemas",
            ));
        }
        match self.schema(&first["schema"], 0)? {
            Schema::Object(schema) => Ok(Input::Body {
                media_types: content.keys().cloned().collect(),
                schema,
                published: first["schema"].clone(),
            }),
            _ => Err(fault("/requestBody/content", "is not an object")),
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
            schema: self
                .schema(schema, depth)
                .map_err(|error| error.within(name))?,
        })
    }

    fn schema(&self, schema: &Value, depth: usize) -> Result<Schema, Error> {
        if depth > MAX_DEPTH {
            return Err(fault("", "is nested too deeply"));
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            reference_siblings(schema)?;
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer))
                .ok_or_else(|| fault(reference, "leads nowhere"))?;
            return self.schema(target, depth + 1);
        }
        known_keywords(schema)?;
        Ok(match type_of(schema)? {
            "string" => text_kind(schema)?,
            "integer" => Schema::Integer {
                min: integer(schema, "minimum").unwrap_or(i64::from(i32::MIN)),
                max: integer(schema, "maximum").unwrap_or(i64::from(i32::MAX)),
            },
            "number" => Schema::Number {
                min: schema
                    .get("minimum")
                    .and_then(Value::as_f64)
                    .unwrap_or(f64::from(f32::MIN)),
                max: schema
                    .get("maximum")
                    .and_then(Value::as_f64)
                    .unwrap_or(f64::from(f32::MAX)),
            },
            "boolean" => Schema::Boolean,
            "array" => Schema::List(Box::new(self.schema(&schema["items"], depth + 1)?)),
            "object" => Schema::Object(self.object(schema, depth)?),
            other => return Err(fault("/type", format!("{other} is not known"))),
        })
    }

    fn object(&self, schema: &Value, depth: usize) -> Result<Object, Error> {
        let required: Vec<_> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let fields = members(schema, "/properties")?
            .iter()
            .map(|(name, property)| {
                self.field(name, required.contains(&name.as_str()), property, depth + 1)
            })
            .collect::<Result<_, _>>()?;
        Ok(Object { fields })
    }
}

/// The schema of an answer in JSON, and so in XML.
fn answer(operation: &Value, status: &str) -> Option<Value> {
    let content = operation.get("responses")?.get(status)?.get("content")?;
    content.get("application/json")?.get("schema").cloned()
}

fn text_kind(schema: &Value) -> Result<Schema, Error> {
    let format = schema.get("format").and_then(Value::as_str);
    if format == Some("binary") {
        return Ok(Schema::File);
    }
    if let Some(format) = format.filter(|format| !matches!(*format, "uri" | "date-time")) {
        return Err(fault("/format", format!("{format} is not known")));
    }
    let allowed = schema.get("enum").and_then(Value::as_array).map(|values| {
        values
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    });
    let length = |keyword, otherwise| {
        integer(schema, keyword)
            .and_then(|it| usize::try_from(it).ok())
            .unwrap_or(otherwise)
    };
    Ok(Schema::Text {
        allowed,
        min: length("minLength", 0),
        max: length("maxLength", usize::MAX),
        uri: format == Some("uri"),
    })
}

/// `"string"` of both `"string"` and `["null", "string"]`.
fn type_of(schema: &Value) -> Result<&str, Error> {
    match schema.get("type") {
        Some(Value::String(kind)) => Ok(kind),
        Some(Value::Array(kinds)) => {
            let mut others = kinds
                .iter()
                .filter_map(Value::as_str)
                .filter(|it| *it != "null");
            match (others.next(), others.next()) {
                (Some(kind), None) => Ok(kind),
                _ => Err(fault("/type", "has more than one kind")),
            }
        }
        _ => Err(fault("/type", "is missing")),
    }
}

/// What stands beside a reference would narrow it (JSON Schema 2020-12), were it more than words and
/// the default, which `field` reads.
fn reference_siblings(schema: &Value) -> Result<(), Error> {
    for (keyword, _) in members(schema, "")? {
        let known = ["$ref", "default", "description"].contains(&keyword.as_str());
        if !known && !keyword.starts_with("x-") {
            return Err(fault("", format!("has a keyword beside $ref: {keyword}")));
        }
    }
    Ok(())
}

fn known_keywords(schema: &Value) -> Result<(), Error> {
    const KNOWN: [&str; 14] = [
        "type",
        "enum",
        "format",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "items",
        "properties",
        "required",
        "default",
        "description",
        "example",
        "xml",
    ];
    for (keyword, value) in members(schema, "")? {
        let closed = keyword == "additionalProperties" && value == &Value::Bool(false);
        if !(KNOWN.contains(&keyword.as_str()) || keyword.starts_with("x-") || closed) {
            return Err(fault(
                "",
                format!("has a keyword that is not known: {keyword}"),
            ));
        }
    }
    Ok(())
}

fn members<'a>(value: &'a Value, pointer: &str) -> Result<&'a Map<String, Value>, Error> {
    value
        .pointer(pointer)
        .and_then(Value::as_object)
        .ok_or_else(|| fault(pointer, "is not an object"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Error> {
    value
        .get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| fault(key, "is not a text"))
}

fn integer(schema: &Value, keyword: &str) -> Option<i64> {
    schema.get(keyword).and_then(Value::as_i64)
}

/// The path of the address at `pointer`.
fn path_of(value: &Value, pointer: &str) -> Result<String, Error> {
    let address = value
        .pointer(pointer)
        .and_then(Value::as_str)
        .ok_or_else(|| fault(pointer, "is missing"))?;
    let address = url::Url::parse(address).map_err(|error| fault(pointer, error.to_string()))?;
    Ok(address.path().trim_end_matches('/').to_owned())
}

fn fault(at: &str, problem: impl Into<String>) -> Error {
    Error::Document {
        at: at.to_owned(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_document_is_understood_whole() {
        let document = Document::embedded().unwrap();
        assert_eq!(document.base_path, "/v4.0");
        assert_eq!(document.token_path, "/connect/token");
        assert_eq!(document.operations.len(), 9);
    }

    #[test]
    fn an_unknown_schema_keyword_is_an_error_and_not_a_lost_rule() {
        let mut root: Value = serde_json::from_str(TEXT).unwrap();
        root["components"]["schemas"]["EncodeBarcodeType"]["pattern"] = "^Q".into();
        let error = Document::read(root).unwrap_err();
        assert!(error.to_string().contains("pattern"), "{error}");
    }
}
