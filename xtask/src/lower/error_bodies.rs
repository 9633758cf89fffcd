//! Error bodies: progenitor panics where a body-less error stands beside typed ones. The body-less one goes: its
//! answer then reaches the caller whole, as `Error::UnexpectedResponse`.

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::walk::operations_mut;
use crate::Error;

fn without_responses(operation: &Pointer) -> Error {
    Error::lower(
        &operation.join("responses"),
        "an operation without responses",
        "say with an overlay action what it answers",
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
                let drop = is_error(status) && response.get("content").is_none_or(is_empty);
                if drop {
                    log.note(
                        "error-bodies",
                        &at.join(status),
                        "no content",
                        "left to UnexpectedResponse",
                    );
                }
                !drop
            });
        }
        Ok(())
    })
}

/// Whether any error has a body. All that have one must have the same: progenitor knows one error type an operation.
fn typed_errors(responses: &Map<String, Value>, at: &Pointer) -> Result<bool, Error> {
    let mut first: Option<&Value> = None;
    for (status, response) in responses.iter().filter(|(status, _)| is_error(status)) {
        let Some(content) = response.get("content").filter(|content| !is_empty(content)) else {
            continue;
        };
        let body = &content["application/json"]["schema"]["$ref"];
        if *first.get_or_insert(body) != body {
            let hint = "one error type an operation can be generated; make them the same with an overlay action";
            return Err(Error::lower(
                &at.join(status),
                "an error body of another type than the other errors'",
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
    fn a_bodyless_error_goes_only_where_typed_ones_stand() {
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
    fn an_error_with_empty_content_is_bodyless() {
        let mut mixed = document(json!({"400": {"content": {}}, "500": typed("E")}));
        drop_bodyless(&mut mixed, &mut Log::default()).unwrap();
        assert_eq!(mixed, document(json!({"500": typed("E")})));
    }

    #[test]
    fn two_error_types_and_no_responses_are_named() {
        let mut two = document(json!({"400": typed("A"), "401": typed("B")}));
        let error = drop_bodyless(&mut two, &mut Log::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("#/paths/~1a/get/responses/401: an error body of another type"),
            "{error}"
        );
        for mut none in [
            json!({"paths": {"/a": {"get": {}}}}),
            document(json!({})),
            document(json!(3)),
        ] {
            let error = drop_bodyless(&mut none, &mut Log::default())
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with("#/paths/~1a/get/responses: an operation without responses"),
                "{error}"
            );
        }
    }
}
