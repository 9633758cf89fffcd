//! Makes one error of whatever the generated client reports. Error bodies are read leniently: what cannot be read as the
//! document has it still gives its code, message and request id, and what cannot be read at all is kept as text.

use barcode_cloud_client as api;
use barcode_cloud_client::types::ApiErrorResponse;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::Error;
use crate::authorize::Seen;
use crate::error::{ApiError, InvalidInput, InvalidResponse};

/// Bytes of an unexpected answer that are read; the rest is not waited for.
const BODY_LIMIT: usize = 64 * 1024;

/// Characters of an answer's text that an error keeps.
const TEXT_LIMIT: usize = 2_000;

pub(crate) async fn error(error: api::Error<ApiErrorResponse>, seen: Seen) -> Error {
    match error {
        api::Error::ErrorResponse(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            typed(status, &headers, answer.into_inner()).into()
        }
        api::Error::UnexpectedResponse(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let body = beginning(response).await;
            lenient(status, &headers, &body).into()
        }
        // An error status whose body is not what the document says, or a success of the same kind.
        api::Error::InvalidResponsePayload(body, source) => match seen.answer {
            Some((status, headers)) => lenient(status, &headers, &body).into(),
            None => InvalidResponse {
                reason: "not the JSON that the document describes",
                text: text(&body),
                source: Some(source),
            }
            .into(),
        },
        api::Error::CommunicationError(source) | api::Error::InvalidUpgrade(source) => {
            Error::transport(source)
        }
        api::Error::ResponseBodyError(source) => Error::transport(source),
        api::Error::InvalidRequest(said) => InvalidInput::from_client(said).into(),
        api::Error::Custom(reason) => match seen.auth_error {
            Some(error) => Error::Auth(error),
            None => InvalidInput::from_client(reason).into(),
        },
    }
}

fn typed(status: StatusCode, headers: &HeaderMap, body: ApiErrorResponse) -> ApiError {
    ApiError {
        status,
        request_id: body.request_id.or_else(|| header(headers)),
        code: body.error.code,
        message: body.error.message,
        description: body.error.description,
        body: None,
    }
}

fn lenient(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ApiError {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |pointer: &str| {
        json.pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    ApiError {
        status,
        request_id: field("/requestId").or_else(|| header(headers)),
        code: field("/error/code"),
        message: field("/error/message"),
        description: field("/error/description"),
        body: Some(text(body)),
    }
}

fn header(headers: &HeaderMap) -> Option<String> {
    headers
        .get("x-request-id")?
        .to_str()
        .ok()
        .map(str::to_owned)
}

/// The beginning of the body; where it breaks off, what came until then.
async fn beginning(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < BODY_LIMIT {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    body
}

pub(crate) fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .chars()
        .take(TEXT_LIMIT)
        .collect()
}
