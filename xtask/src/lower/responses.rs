//! Responses: progenitor supports one type of successful responses and one type of errors for each
//! operation, and panics on any other combination.
//!
//! - `default` becomes `4XX` and `5XX` if there is a successful response.
//! - An error without a body next to errors with a body is removed. The caller then receives such a
//!   response as `Error::UnexpectedResponse`, like an informational response or a redirect.
//! - Headers move to the description of the operation. The caller reads them from the
//!   `ResponseValue`.

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::media_types::JSON;
use super::walk::operations_mut;
use crate::Error;

type Responses = Map<String, Value>;

pub(super) fn lower(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    operations_mut(document, |operation, at| {
        let at = at.join("responses");
        document_headers(operation, &at, log);
        let responses = operation.get_mut("responses");
        let responses = responses
            .and_then(Value::as_object_mut)
            .filter(|all| !all.is_empty())
            .ok_or_else(|| {
                let hint = "add its responses with an overlay action";
                Error::lower(&at, "an operation without responses", hint)
            })?;
        default_is_error(responses, &at, log);
        drop_untyped(responses, &at, log)?;
        one_type(responses, &at, "success", is_success)?;
        one_type(responses, &at, "error", is_error)
    })
}

/// Moves the response headers to the description of the operation.
fn document_headers(operation: &mut Map<String, Value>, at: &Pointer, log: &mut Log) {
    let mut lines = Vec::new();
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let response = response.as_object_mut();
        let headers = response.and_then(|response| response.shift_remove("headers"));
        for (name, header) in headers.iter().filter_map(Value::as_object).flatten() {
            let text = header["description"].as_str().unwrap_or_default();
            let line = format!("- {status} `{name}`: {text}");
            lines.push(line.trim_end_matches(": ").to_owned());
        }
    }
    if lines.is_empty() {
        return;
    }
    let lines = lines.join("\n");
    log.note("response-headers", at, &lines, "in the description of the operation");
    let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{text}\n\nResponse headers:\n{lines}");
    operation.insert("description".into(), text.trim_start().into());
}

fn is_success(status: &str) -> bool {
    status.starts_with('2') || status == "default"
}

fn is_error(status: &str) -> bool {
    status.starts_with(['4', '5']) || status == "default"
}

/// Replaces `default` with `4XX` and `5XX`. Without a successful response, `default` describes that
/// one too, so it is unchanged.
fn default_is_error(responses: &mut Responses, at: &Pointer, log: &mut Log) {
    if !responses.keys().any(|status| status.starts_with('2')) {
        return;
    }
    if let Some(default) = responses.shift_remove("default") {
        for range in ["4XX", "5XX"] {
            responses.entry(range).or_insert_with(|| default.clone());
        }
        log.note("default-response", &at.join("default"), "default", "4XX and 5XX");
    }
}

/// Removes the responses that are left to `UnexpectedResponse`.
fn drop_untyped(responses: &mut Responses, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    let typed = responses
        .iter()
        .any(|(status, response)| is_error(status) && kind(response) != Kind::Empty);
    let ranges: Vec<String> =
        responses.keys().filter(|status| status.ends_with("XX")).cloned().collect();
    let mut refused = Ok(());
    responses.retain(|status, response| {
        let untyped = !is_error(status) && !is_success(status);
        let empty = kind(response) == Kind::Empty;
        if untyped && !empty && refused.is_ok() {
            let hint = "remove it with an overlay action; the client receives it as `Error::UnexpectedResponse`";
            let construct = format!("a body of status {status}, which is neither success nor error");
            refused = Err(Error::lower(&at.join(status), construct, hint));
        }
        if empty && is_error(status) && ranges.iter().any(|range| status != range && status.starts_with(&range[..1])) {
            let hint = "remove it or give it the same body with an overlay action";
            let construct = format!("{status} has no body, but other errors of its class have one");
            refused = Err(Error::lower(&at.join(status), construct, hint));
        }
        let removed = empty && (untyped || typed && is_error(status) && status != "default");
        if removed {
            log.note("error-bodies", &at.join(status), "no content", "left to UnexpectedResponse");
        }
        !removed
    });
    refused
}

/// The type that progenitor generates for a response body.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind<'a> {
    /// A type for this schema of a JSON body.
    Typed(&'a Value),
    /// A stream of bytes.
    Bytes,
    /// No body.
    Empty,
}

fn kind(response: &Value) -> Kind<'_> {
    match response.get("content").and_then(Value::as_object) {
        Some(content) if !content.is_empty() => match content.get(JSON) {
            Some(json) => Kind::Typed(&json["schema"]),
            None => Kind::Bytes,
        },
        _ => Kind::Empty,
    }
}

/// Checks that the responses of one `class` have the same kind. Two inline schemas count as
/// different, because each would become a type of its own.
fn one_type(
    responses: &Responses,
    at: &Pointer,
    class: &str,
    belongs: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let mut first = None;
    for (status, response) in responses.iter().filter(|(status, _)| belongs(status)) {
        let kind = kind(response);
        let (other, expected) = *first.get_or_insert((status, kind));
        if kind != expected {
            let construct = format!("the {class} body of {status} differs from that of {other}");
            let hint = format!(
                "only one type of {class} bodies per operation is supported; remove one or use the same `$ref` with an overlay action"
            );
            return Err(Error::lower(&at.join(status), construct, hint));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Log;
    use super::lower;

    fn lowered(responses: Value) -> Result<Value, String> {
        let mut document = json!({"paths": {"/a": {"get": {"responses": responses}}}});
        lower(&mut document, &mut Log::default()).map_err(|e| e.to_string())?;
        Ok(document["paths"]["/a"]["get"].take())
    }

    fn body(media: &str, name: &str) -> Value {
        json!({"content": {media: {"schema": {"$ref": name}}}})
    }

    fn json(name: &str) -> Value {
        body("application/json", name)
    }

    #[test]
    fn each_operation_keeps_one_type_of_success_and_one_of_errors() {
        let (a, png) = (json("A"), body("image/png", "B"));
        for (responses, expected) in [
            // An error without a body is removed only next to errors with one.
            (json!({"200": {}, "400": a, "500": {}}), json!({"200": {}, "400": a})),
            (json!({"400": {"content": {}}, "500": a}), json!({"500": a})),
            (json!({"200": {}, "500": {}}), json!({"200": {}, "500": {}})),
            (json!({"200": png, "404": png, "500": {}}), json!({"200": png, "404": png})),
            (json!({"200": a, "500": {}}), json!({"200": a, "500": {}})),
            (
                json!({"200": {}, "404": a, "default": a}),
                json!({"200": {}, "404": a, "4XX": a, "5XX": a}),
            ),
            // `default` is the error unless there is no successful response.
            (json!({"204": {}, "default": a}), json!({"204": {}, "4XX": a, "5XX": a})),
            (json!({"200": a, "4XX": a, "default": {}}), json!({"200": a, "4XX": a})),
            (json!({"404": a, "default": a}), json!({"404": a, "default": a})),
            (json!({"default": {}}), json!({"default": {}})),
            // The client follows redirects itself.
            (json!({"101": {}, "200": {}, "302": {}}), json!({"200": {}})),
        ] {
            assert_eq!(lowered(responses.clone()).unwrap()["responses"], expected, "{responses}");
        }
    }

    #[test]
    fn other_combinations_are_errors() {
        let (a, b, png) = (json("A"), json("B"), body("image/png", "A"));
        let inline =
            |kind: &str| json!({"content": {"application/json": {"schema": {"type": kind}}}});
        let differs = |status, class, other| {
            format!("{status}: the {class} body of {status} differs from that of {other}; only one")
        };
        for (responses, expected) in [
            (json!({"400": a, "401": b}), differs("401", "error", "400")),
            (json!({"400": a, "500": b}), differs("500", "error", "400")),
            (json!({"500": a, "503": b}), differs("503", "error", "500")),
            (json!({"200": {}, "404": a, "default": b}), differs("4XX", "error", "404")),
            (json!({"404": a, "default": b}), differs("default", "error", "404")),
            (
                json!({"404": inline("string"), "500": inline("integer")}),
                differs("500", "error", "404"),
            ),
            (json!({"404": a, "500": png}), differs("500", "error", "404")),
            (json!({"200": a, "201": b}), differs("201", "success", "200")),
            (json!({"200": a, "202": png}), differs("202", "success", "200")),
            (json!({"200": a, "204": {}}), differs("204", "success", "200")),
            (json!({"200": {}, "404": {}, "default": a}), "404: 404 has no body".to_owned()),
            (json!({"200": a, "300": b}), "300: a body of status 300".to_owned()),
        ] {
            let error = lowered(responses).unwrap_err();
            assert!(error.starts_with(&format!("#/paths/~1a/get/responses/{expected}")), "{error}");
        }
        for missing in [json!({}), json!(3), Value::Null] {
            let error = lowered(missing).unwrap_err();
            assert!(
                error.starts_with("#/paths/~1a/get/responses: an operation without"),
                "{error}"
            );
        }
    }

    #[test]
    fn headers_are_documented() {
        let headers = json!({"X-Left": {"description": "Calls left."}, "ETag": {}});
        let operation = lowered(json!({"200": {"headers": headers}})).unwrap();
        let expected = "Response headers:\n- 200 `X-Left`: Calls left.\n- 200 `ETag`";
        assert_eq!(operation["description"], expected);
        assert_eq!(operation["responses"], json!({"200": {}}));
    }
}
