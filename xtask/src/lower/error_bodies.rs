//! Error bodies: progenitor panics if an operation has both errors with a body and errors without
//! one. The errors without a body are removed. The caller then receives such a response as
//! `Error::UnexpectedResponse`.

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::walk::operations_mut;
use crate::Error;

fn without_responses(operation: &Pointer) -> Error {
    Error::lower(
        &operation.join("responses"),
        "an operation without responses",
        "add its responses with an overlay action",
    )
}

pub(super) fn drop_bodyless(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    operations_mut(document, |operation, at| {
        let responses = operation.get_mut("responses");
        let responses = responses
            .and_then(Value::as_object_mut)
            .filter(|all| !all.is_empty())
            .ok_or_else(|| without_responses(at))?;
        let at = at.join("responses");
        let typed = typed_errors(responses, &at)?;
        if typed {
            responses.retain(|status, response| {
                let removed = is_error(status) && response.get("content").is_none_or(is_empty);
                if removed {
                    log.note(
                        "error-bodies",
                        &at.join(status),
                        "no content",
                        "left to UnexpectedResponse",
                    );
                }
                !removed
            });
        }
        Ok(())
    })
}

/// Returns whether any error has a body. All error bodies must have the same type, because
/// progenitor supports only one error type per operation.
fn typed_errors(responses: &Map<String, Value>, at: &Pointer) -> Result<bool, Error> {
    let mut first: Option<&Value> = None;
    for (status, response) in responses.iter().filter(|(status, _)| is_error(status)) {
        let Some(content) = response.get("content").filter(|content| !is_empty(content)) else {
            continue;
        };
        let body = &content["application/json"]["schema"]["$ref"];
        if *first.get_or_insert(body) != body {
            let hint = "only one error type per operation is supported; use the same type with an overlay action";
            return Err(Error::lower(
                &at.join(status),
                "the type of this error body differs from the other errors",
                hint,
            ));
        }
    }
    Ok(first.is_some())
}

fn is_error(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

fn is_empty(content: &Value) -> bool {
    content.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Log;
    use super::drop_bodyless;

    fn document(responses: Value) -> Value {
        json!({"paths": {"/a": {"get": {"responses": responses}}}})
    }

    fn typed(name: &str) -> Value {
        json!({"content": {"application/json": {"schema": {"$ref": name}}}})
    }

    #[test]
    fn an_error_without_a_body_is_removed_only_next_to_typed_errors() {
        let mut mixed = document(json!({"200": {}, "400": typed("E"), "500": {}}));
        drop_bodyless(&mut mixed, &mut Log::default()).unwrap();
        let kept: Vec<_> = mixed["paths"]["/a"]["get"]["responses"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        assert_eq!(kept, ["200", "400"]);

        let mut alone = document(json!({"200": {}, "500": {}}));
        drop_bodyless(&mut alone, &mut Log::default()).unwrap();
        assert_eq!(
            alone["paths"]["/a"]["get"]["responses"]
                .as_object()
                .unwrap()
                .len(),
            2
        );
    }

    #[test]
    fn an_error_with_empty_content_has_no_body() {
        let mut mixed = document(json!({"400": {"content": {}}, "500": typed("E")}));
        drop_bodyless(&mut mixed, &mut Log::default()).unwrap();
        assert_eq!(mixed, document(json!({"500": typed("E")})));
    }

    #[test]
    fn several_error_types_and_missing_responses_are_errors() {
        let mut two = document(json!({"400": typed("A"), "401": typed("B")}));
        let error = drop_bodyless(&mut two, &mut Log::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("#/paths/~1a/get/responses/401: the type of this error body differs"),
            "{error}"
        );
        for mut missing in [
            json!({"paths": {"/a": {"get": {}}}}),
            document(json!({})),
            document(json!(3)),
        ] {
            let error = drop_bodyless(&mut missing, &mut Log::default())
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("#/paths/~1a/get/responses: an operation without responses"),
                "{error}"
            );
        }
    }
}
