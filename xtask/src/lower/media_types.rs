//! Media types: if a request or response body is available as JSON, the client uses only JSON and
//! the alternatives are removed. progenitor panics on a request body with more than one media type.

use contract_review::Pointer;
use serde_json::{Map, Value};

use super::Log;
use super::walk::operations_mut;
use crate::Error;

const JSON: &str = "application/json";

pub(super) fn keep_only_json(document: &mut Value, log: &mut Log) -> Result<(), Error> {
    operations_mut(document, |operation, at| {
        if let Some(body) = operation.get_mut("requestBody") {
            request(body, &at.join("requestBody"), log)?;
        }
        let at = at.join("responses");
        for (status, response) in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            if let Some(content) = response.get_mut("content").and_then(Value::as_object_mut)
                && content.contains_key(JSON)
            {
                keep(content, &at.join(status).join("content"), log);
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
            "define it inline; references to shared request bodies are not supported",
        ));
    };
    if content.contains_key(JSON) {
        keep(content, &at, log);
    }
    const SUPPORTED: [&str; 3] = [
        JSON,
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ];
    match content
        .keys()
        .find(|media| !SUPPORTED.contains(&media.as_str()))
    {
        Some(media) => Err(Error::lower(
            &at.join(media),
            format!("a request body of {media}"),
            "only JSON, application/octet-stream and application/x-www-form-urlencoded are supported",
        )),
        None if content.len() != 1 => Err(Error::lower(
            &at,
            "several media types, none of which is JSON",
            "remove all but one with an overlay action",
        )),
        None => Ok(()),
    }
}

fn keep(content: &mut Map<String, Value>, at: &Pointer, log: &mut Log) {
    if content.len() > 1 {
        let before = content
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        content.retain(|media, _| media == JSON);
        log.note("media-types", at, before, JSON);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Log;
    use super::keep_only_json;

    #[test]
    fn only_json_is_kept() {
        let both = json!({"application/xml": {}, "application/json": {"schema": {}}});
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
            operation["responses"]["201"]["content"]
                .as_object()
                .unwrap()
                .len(),
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
        let error = keep_only_json(&mut document, &mut Log::default())
            .unwrap_err()
            .to_string();
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
        let error = keep_only_json(&mut document, &mut Log::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(
                "#/paths/~1a/post/requestBody/content/text~1csv: a request body of text/csv"
            ),
            "{error}"
        );
    }
}
