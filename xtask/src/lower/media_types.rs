//! Media types: if a request or response body is available as JSON, the client uses only JSON and
//! the alternatives with the same schema are removed. progenitor panics on a request body with more
//! than one media type.

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::walk::operations_mut;
use crate::Error;

pub(super) const JSON: &str = "application/json";

pub(super) fn keep_only_json(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    operations_mut(document, |operation, at| {
        if let Some(body) = operation.get_mut("requestBody") {
            request(body, &at.join("requestBody"), log)?;
        }
        let at = at.join("responses");
        for (status, response) in
            operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
        {
            if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) {
                let at = at.join(status).join("content");
                call_json(content, &at, log);
                keep(content, &at, log)?;
            }
        }
        Ok(())
    })
}

fn request(body: &mut Value, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    let at = at.join("content");
    let Some(content) = body.get_mut("content").and_then(Value::as_object_mut) else {
        return Err(Error::lower(
            &at,
            "a request body without content",
            "add its `content` with an overlay action",
        ));
    };
    keep(content, &at, log)?;
    const SUPPORTED: [&str; 3] =
        [JSON, "application/octet-stream", "application/x-www-form-urlencoded"];
    match content.keys().find(|media| !SUPPORTED.contains(&media.as_str())) {
        Some(media) => Err(Error::lower(
            &at.join(media),
            format!("a request body of {media}"),
            "only JSON, application/octet-stream and application/x-www-form-urlencoded are supported; remove the operation or replace the media type with an overlay action",
        )),
        None if content.len() != 1 => Err(Error::lower(
            &at,
            "several media types, none of which is JSON",
            "remove all but one with an overlay action",
        )),
        None => Ok(()),
    }
}

/// Renames the first media type that is JSON by another name, such as `application/problem+json` or
/// `application/json; charset=utf-8`.
fn call_json(content: &mut Map<String, Value>, at: &Pointer, log: &mut Log) {
    let is_json = |media: &String| {
        let essence = media.split(';').next().unwrap_or_default().trim();
        essence == JSON || essence.ends_with("+json")
    };
    if content.contains_key(JSON) {
        return;
    }
    if let Some(media) = content.keys().find(|media| is_json(media)).cloned() {
        let body = content.shift_remove(&media).unwrap_or_default();
        content.insert(JSON.to_owned(), body);
        log.note("json-media-type", &at.join(&media), &media, JSON);
    }
}

/// Removes the alternatives to JSON. They must describe the same value.
fn keep(content: &mut Map<String, Value>, at: &Pointer, log: &mut Log) -> Result<(), Error> {
    let Some(json) = content.get(JSON).cloned().filter(|_| content.len() > 1) else {
        return Ok(());
    };
    if let Some((media, _)) = content.iter().find(|(_, body)| body["schema"] != json["schema"]) {
        let construct = "the schema differs from that of application/json";
        let hint = "remove one of the two media types with an overlay action";
        return Err(Error::lower(&at.join(media), construct, hint));
    }
    let before: Vec<_> = content.keys().map(String::as_str).collect();
    log.note("media-types", at, before.join(", "), JSON);
    content.retain(|media, _| media == JSON);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Log;
    use super::keep_only_json;

    #[test]
    fn only_json_is_kept() {
        let both = json!({"application/xml": {"schema": {}}, "application/json": {"schema": {}}});
        let mut document = json!({"paths": {"/a": {"post": {
            "requestBody": {"content": both},
            "responses": {"200": {"content": both}, "201": {"content": {"image/png": {}, "image/gif": {}}}}
        }}}});
        let mut log = Log::default();
        keep_only_json(&mut document, &mut log).unwrap();
        let operation = &document["paths"]["/a"]["post"];
        let json_only = json!({"application/json": {"schema": {}}});
        assert_eq!(operation["requestBody"]["content"], json_only);
        assert_eq!(operation["responses"]["200"]["content"], json_only);
        assert_eq!(
            operation["responses"]["201"]["content"].as_object().unwrap().len(),
            2,
            "alternatives to JSON are kept if there is no JSON"
        );
        assert_eq!(log.0.len(), 2);
    }

    #[test]
    fn a_single_media_type_is_unchanged() {
        let content = json!({"content": {"application/json": {"schema": {}}}});
        let mut document = json!({"paths": {"/a": {"post": {
            "requestBody": content, "responses": {"200": content}
        }}}});
        let before = document.clone();
        let mut log = Log::default();
        keep_only_json(&mut document, &mut log).unwrap();
        assert_eq!(document, before);
        assert!(log.0.is_empty(), "{log:?}");
    }

    #[test]
    fn a_body_with_several_media_types_but_no_json_is_an_error() {
        let several =
            json!({"application/octet-stream": {}, "application/x-www-form-urlencoded": {}});
        let mut document =
            json!({"paths": {"/a": {"post": {"requestBody": {"content": several}}}}});
        let error = keep_only_json(&mut document, &mut Log::default()).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "#/paths/~1a/post/requestBody/content: several media types, none of which is JSON"
            ),
            "{error}"
        );
    }

    #[test]
    fn an_unsupported_media_type_is_an_error() {
        let mut document =
            json!({"paths": {"/a": {"post": {"requestBody": {"content": {"text/csv": {}}}}}}});
        let error = keep_only_json(&mut document, &mut Log::default()).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "#/paths/~1a/post/requestBody/content/text~1csv: a request body of text/csv"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_response_is_json_by_any_name() {
        for (media, lowered) in [
            ("application/problem+json", "application/json"),
            ("application/json; charset=utf-8", "application/json"),
            ("application/json-patch", "application/json-patch"),
            ("text/plain; a=b+json", "text/plain; a=b+json"),
        ] {
            let content = json!({media: {"schema": {"type": "object"}}});
            let mut document =
                json!({"paths": {"/a": {"get": {"responses": {"400": {"content": content}}}}}});
            keep_only_json(&mut document, &mut Log::default()).unwrap();
            assert_eq!(
                document["paths"]["/a"]["get"]["responses"]["400"]["content"],
                json!({lowered: {"schema": {"type": "object"}}})
            );
        }
    }

    #[test]
    fn an_alternative_with_another_schema_is_an_error() {
        let text = json!({"schema": {"type": "string"}});
        let content = json!({"application/json": {"schema": {"type": "object"}}, "text/csv": text});
        for (operation, place) in [
            (json!({"requestBody": {"content": content}}), "requestBody"),
            (json!({"responses": {"200": {"content": content}}}), "responses/200"),
        ] {
            let mut document = json!({"paths": {"/a": {"post": operation}}});
            let error = keep_only_json(&mut document, &mut Log::default()).unwrap_err().to_string();
            let expected =
                format!("#/paths/~1a/post/{place}/content/text~1csv: the schema differs");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
