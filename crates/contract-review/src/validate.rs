//! Validates a document against the OpenAPI meta-schema of its version, then checks its references
//! and path parameters.
//!
//! Every document that others wrote is validated first, so that later steps can rely on the
//! structure that the OpenAPI specification guarantees.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Registry, ValidationError, Validator};
use serde_json::{Value, json};

use crate::{Error, path_parameters, references};

const OPENAPI_3_0: &str = include_str!("../meta-schemas/openapi-3.0.json");
const OPENAPI_3_1: &str = include_str!("../meta-schemas/openapi-3.1.json");
const DIALECT_3_1: &str = include_str!("../meta-schemas/dialect-3.1.json");
const VOCABULARY_3_1: &str = include_str!("../meta-schemas/vocabulary-3.1.json");

/// The maximum number of problems in one error. The first few usually explain the others.
const SHOWN: usize = 5;

/// Validates `document`. `name` identifies it in errors.
///
/// # Errors
///
/// [`Error::Document`] with the JSON pointers of the invalid values.
pub fn validate(name: &str, document: &Value) -> Result<(), Error> {
    let invalid = |reason: String| Error::document(name, reason);
    let problems = problems(document).map_err(invalid)?;
    if !problems.is_empty() {
        let more = problems.len().saturating_sub(SHOWN);
        let mut reason = "is not a valid OpenAPI document:".to_owned();
        for problem in problems.iter().take(SHOWN) {
            reason.push_str("\n  ");
            reason.push_str(problem);
        }
        if more > 0 {
            reason.push_str(&format!("\n  and {more} more"));
        }
        return Err(invalid(reason));
    }
    references::check(document)
        .and_then(|()| path_parameters::check(document))
        .map_err(|e| invalid(e.to_string()))
}

fn problems(document: &Value) -> Result<Vec<String>, String> {
    let version = document["openapi"].as_str();
    let validator = match version {
        Some(version) if version.starts_with("3.0.") => validator_3_0(),
        Some(version) if version.starts_with("3.1.") => validator_3_1(),
        Some(version) => {
            return Err(format!("is OpenAPI {version}; only 3.0.x and 3.1.x are supported"));
        }
        None => return Err("has no `openapi` version, so it is not an OpenAPI document".into()),
    }?;
    if !document["paths"].is_object() {
        return Err("has no `paths`, so it has no operations".into());
    }
    let mut problems: Vec<String> = validator.iter_errors(document).map(describe).collect();
    problems.dedup();
    Ok(problems)
}

fn validator_3_0() -> Result<Validator, String> {
    jsonschema::options().build(&parse(OPENAPI_3_0)?).map_err(|e| e.to_string())
}

/// The 3.1 meta-schema leaves schema objects to a dialect. This validator uses the dialect of
/// OpenAPI.
fn validator_3_1() -> Result<Validator, String> {
    let dialect = parse(DIALECT_3_1)?;
    let mut openapi = parse(OPENAPI_3_1)?;
    openapi["$defs"]["schema"] = json!({"$ref": dialect["$id"]});
    let mut registry = Registry::new();
    for schema in [dialect, parse(VOCABULARY_3_1)?] {
        let id = schema["$id"].as_str().unwrap_or_default().to_owned();
        registry = registry.add(id, schema).map_err(|e| e.to_string())?;
    }
    let registry = registry.prepare().map_err(|e| e.to_string())?;
    jsonschema::options().with_registry(&registry).build(&openapi).map_err(|e| e.to_string())
}

fn parse(schema: &str) -> Result<Value, String> {
    serde_json::from_str(schema).map_err(|e| format!("crates/contract-review/meta-schemas: {e}"))
}

/// The pointer and the message of an error. If all alternatives fail, the one that failed at the
/// deepest place is probably the intended one.
fn describe(error: ValidationError<'_>) -> String {
    let mut error = &error;
    while let ValidationErrorKind::AnyOf { context }
    | ValidationErrorKind::OneOfNotValid { context } = error.kind()
    {
        let depth = |error: &&ValidationError<'_>| error.instance_path().as_str().len();
        match context.iter().flatten().max_by_key(depth) {
            Some(deeper) => error = deeper,
            None => break,
        }
    }
    let place = error.instance_path().as_str();
    let mut message = error.masked_with("it").to_string();
    if let Some((end, _)) = message.char_indices().nth(300) {
        message.truncate(end);
        message.push('…');
    }
    format!("#{place}: {message}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::validate;

    fn document(version: &str) -> Value {
        json!({
            "openapi": version, "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"get": {"responses": {"200": {"description": "d"}}}}},
        })
    }

    #[test]
    fn documents_of_both_versions_are_valid() {
        for version in ["3.0.3", "3.1.0"] {
            validate("name", &document(version)).unwrap();
        }
    }

    #[test]
    fn the_first_problems_are_reported_with_their_places() {
        let get = "/paths/~1a/get";
        let response = |value: Value| json!({"responses": {"200": value}});
        let wrong: Vec<Value> =
            (0..7).map(|_| json!({"name": 1, "in": "query", "schema": {}})).collect();
        let long = json!({"description": "d", "x".repeat(500): 1});
        let schema = |schema: Value| {
            response(json!({"description": "d", "content": {"a/b": {"schema": schema}}}))
        };
        for (pointer, value, expected) in [
            ("/openapi", json!("2.0"), "name: is OpenAPI 2.0; only"),
            ("/openapi", json!(3), "name: has no `openapi` version"),
            ("/paths", json!(null), "name: has no `paths`"),
            (
                get,
                json!(1),
                "name: is not a valid OpenAPI document:\n  #/paths/~1a/get: it is not of type \"object\"",
            ),
            (
                get,
                schema(json!({"type": "strung"})),
                "name: is not a valid OpenAPI document:\n  #/paths/~1a/get/responses/200/content/a~1b/schema/type: ",
            ),
            (
                get,
                schema(json!({"$ref": "#/x"})),
                "name: #/paths/~1a/get/responses/200/content/a~1b/schema/$ref: `#/x` refers to nothing",
            ),
            (
                get,
                json!({"responses": {"200": {"description": "d"}}, "parameters": [{"name": "p", "in": "path", "required": true, "schema": {}}]}),
                "name: #/paths/~1a/get/parameters/0: path parameter `p` is not in /a",
            ),
        ] {
            let mut document = document("3.1.0");
            *document.pointer_mut(pointer).unwrap() = value;
            let error = validate("name", &document).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let mut many = document("3.1.0");
        many["paths"]["/a"]["get"]["parameters"] = wrong.into();
        let error = validate("name", &many).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1 + 5 + 1, "{error}");
        assert!(error.ends_with("\n  and 2 more"), "{error}");
        let mut large = document("3.1.0");
        large["paths"]["/a"]["get"] = response(long);
        let error = validate("name", &large).unwrap_err().to_string();
        assert!(error.ends_with('…') && error.len() < 450, "{error}");
    }
}
