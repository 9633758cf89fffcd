//! Lowers an OpenAPI 3.x document to the subset that progenitor supports. Each rule is a function
//! in its own module. A construct that no rule handles is an error with its JSON pointer; it is
//! never dropped silently.

mod bounds;
mod inline;
mod media_types;
mod multipart;
mod names;
mod operation_ids;
mod responses;
mod schemas;
mod shape;
mod strict;
mod version;
mod walk;

use std::fmt;

use contract_review::{Pointer, path_parameters, references};
use serde_json::Value;

pub(crate) use bounds::{Bounds, Quantity};
pub use multipart::FILE_PART;

use crate::Error;

/// A document that progenitor supports, and the changes that were necessary.
#[derive(Debug)]
pub struct Lowered {
    /// The lowered document, in OpenAPI 3.0.
    pub document: Value,
    /// The ids of the operations whose multipart form was converted to query parameters.
    pub multipart: Vec<String>,
    /// The rules that were applied, in order. A rule appears once for each place that it changed.
    pub applied: Vec<Applied>,
}

/// A change that a rule made at one place of the document.
#[derive(Debug)]
pub struct Applied {
    rule: &'static str,
    pointer: Pointer,
    before: String,
    after: String,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, pointer, before, after } = self;
        write!(f, "{rule} at {pointer}\n  before: {before}\n  after:  {after}")
    }
}

/// Records the changes that the rules make.
#[derive(Debug, Default)]
struct Log(Vec<Applied>);

impl Log {
    fn note(
        &mut self,
        rule: &'static str,
        pointer: &Pointer,
        before: impl fmt::Display,
        after: impl fmt::Display,
    ) {
        self.0.push(Applied {
            rule,
            pointer: pointer.clone(),
            before: before.to_string(),
            after: after.to_string(),
        });
    }
}

/// Applies every rule to `document`, then checks that the result contains only constructs that
/// progenitor supports.
///
/// # Errors
///
/// [`Error::Lower`] with the JSON pointer of an unsupported construct and a hint for resolving it.
pub fn lower(mut document: Value) -> Result<Lowered, Error> {
    let mut log = Log::default();
    let original = document.clone();
    match apply_rules(&mut document, &mut log) {
        Ok(multipart) => Ok(Lowered { document, multipart, applied: log.0 }),
        Err(error) => Err(with_target(&original, multipart::at_field(&document, error))),
    }
}

/// Adds the target of an overlay action to a hint that suggests one. A place that exists only in
/// the lowered document has no target.
fn with_target(original: &Value, mut error: Error) -> Error {
    if let Error::Lower { pointer, hint, .. } = &mut error
        && hint.contains("overlay action")
        && let Some(target) = json_path(original, pointer)
    {
        hint.push_str(&format!("; its target is {target}"));
    }
    error
}

/// The JSONPath of the place in `document`, if it exists.
fn json_path(mut node: &Value, place: &Pointer) -> Option<String> {
    let mut path = "$".to_owned();
    for step in place.as_str().split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        node = match node {
            Value::Array(items) => {
                path.push_str(&format!("[{key}]"));
                items.get(key.parse::<usize>().ok()?)?
            }
            _ => {
                path.push_str(&format!("['{}']", key.replace('\\', r"\\").replace('\'', r"\'")));
                node.get(&key)?
            }
        };
    }
    Some(path)
}

fn apply_rules(document: &mut Value, log: &mut Log) -> Result<Vec<String>, Error> {
    version::declare_3_0(document, log)?;
    references::check(document)?;
    path_parameters::check(document)?;
    inline::shared_parts(document, log)?;
    operation_ids::complete(document, log)?;
    let multipart = multipart::convert_forms(document, log)?;
    media_types::keep_only_json(document, log)?;
    responses::lower(document, log)?;
    schemas::lower(document, log)?;
    bounds::extract(document, log)?;
    strict::check(document)?;
    Ok(multipart)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use contract_review::Pointer;

    use super::{json_path, lower};

    #[test]
    fn a_hint_names_the_target_of_the_overlay_action() {
        let operation =
            json!({"parameters": [{"name": "q", "in": "cookie"}], "responses": {"200": {}}});
        let document = json!({"openapi": "3.1.0", "paths": {"/it's": {"get": operation}}});
        let error = lower(document).unwrap_err().to_string();
        let target = r"its target is $['paths']['/it\'s']['get']['parameters'][0]['in']";
        assert!(error.ends_with(target), "{error}");
        let at = Pointer::default().join("paths").join("/gone");
        assert_eq!(json_path(&json!({"paths": {}}), &at), None);
        assert_eq!(json_path(&json!([1]), &Pointer::default().join(1)), None);
    }

    #[test]
    fn the_error_of_a_form_field_names_its_place() {
        for (name, field, place) in [
            ("a", json!({"type": "string", "pattern": "x"}), "/a/pattern: "),
            ("a/b", json!({"type": "integer", "minLength": 1}), "/a~1b/minLength: "),
            ("send", json!({"type": "string"}), "/send: "),
        ] {
            let form = json!({"multipart/form-data": {"schema": {"properties": {name: field}}}});
            let operation = json!({"requestBody": {"content": form}, "responses": {"200": {}}});
            let document: Value =
                json!({"openapi": "3.1.0", "paths": {"/f": {"post": operation}}, "components": {}});
            let error = lower(document).unwrap_err().to_string();
            let form =
                "#/paths/~1f/post/requestBody/content/multipart~1form-data/schema/properties";
            assert!(error.starts_with(&format!("{form}{place}")), "{error}");
        }
    }
}
