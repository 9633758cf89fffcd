//! Makes one error of whatever the generated client reports. Error bodies are read leniently: what cannot be read as the
//! document has it still gives its code, message and request id, and what cannot be read at all is kept as text.

use std::error::Error as StdError;
use std::time::SystemTime;

use barcode_cloud_auth::retry_after;
use barcode_cloud_client as api;
use barcode_cloud_client::types::ApiErrorResponse;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::Error;
use crate::authorize::{REQUEST_ID, Seen};
use crate::call::{Bounds, Cut};
use crate::error::{ApiError, Deadline, Fault, Head, InvalidInput, InvalidResponse};
use crate::told;

/// Bytes of an unexpected answer that are read; the rest is not waited for.
const BODY_LIMIT: usize = 64 * 1024;

/// Characters of an answer's text that an error keeps.
const TEXT_LIMIT: usize = 2_000;

pub(crate) async fn error(
    error: api::Error<ApiErrorResponse>,
    seen: Seen,
    bounds: Bounds,
) -> Error {
    match error {
        api::Error::ErrorResponse(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            typed(status, &headers, answer.into_inner()).into()
        }
        api::Error::UnexpectedResponse(response) => {
            let (status, headers) = (response.status(), response.headers().clone());
            let body = beginning(response).await;
            if status.is_success() {
                let fault = Fault::Undocumented { status };
                return InvalidResponse::new(fault, &body).of(&seen.head).into();
            }
            lenient(status, &headers, &body).into()
        }
        // An error status whose body is not what the document says, or a success of the same kind.
        api::Error::InvalidResponsePayload(body, source) => match seen.failed {
            Some((status, headers)) => lenient(status, &headers, &body).into(),
            None => InvalidResponse::new(Fault::NoJson, &body)
                .of(&seen.head)
                .because(source)
                .into(),
        },
        // An error status whose body broke off: what it is stands in the status.
        api::Error::ResponseBodyError(source) => match seen.failed {
            Some((status, headers)) => lenient(status, &headers, b"").into(),
            None => transport(source, bounds, &seen.head),
        },
        api::Error::CommunicationError(source) | api::Error::InvalidUpgrade(source) => {
            transport(source, bounds, &seen.head)
        }
        api::Error::InvalidRequest(said) => InvalidInput::from_client(said).into(),
        api::Error::Custom(reason) => match seen.auth_error {
            Some(error) => Error::Auth(error),
            None => InvalidInput::from_client(reason).into(),
        },
    }
}

/// What broke an exchange off: one of our own bounds, or the connection.
fn transport(source: reqwest::Error, bounds: Bounds, head: &Head) -> Error {
    match bound(&source) {
        Some(Cut::TooLong) => return too_long(bounds, head),
        Some(Cut::Silent) => return silent(bounds),
        Some(Cut::Lost(_)) | None => {}
    }
    if source.is_builder() {
        let reason =
            "makes no URL: it is too long, or not one; send the data or the picture itself";
        return InvalidInput::new("request", reason).into();
    }
    Error::Transport {
        source: source.without_url(),
    }
}

/// What ended the stream of a body early.
pub(crate) fn cut(cut: Cut, bounds: Bounds, head: &Head) -> Error {
    match cut {
        Cut::TooLong => too_long(bounds, head),
        Cut::Silent => silent(bounds),
        Cut::Lost(source) => transport(source, bounds, head),
    }
}

fn too_long(bounds: Bounds, head: &Head) -> Error {
    let limit = bounds.max_bytes;
    InvalidResponse::new(Fault::TooLong { limit }, b"")
        .of(head)
        .into()
}

fn silent(bounds: Bounds) -> Error {
    Error::Timeout {
        deadline: Deadline::Idle,
        limit: bounds.idle,
    }
}

/// The bound of ours among the causes of `error`.
fn bound(error: &reqwest::Error) -> Option<&Cut> {
    let mut next: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn typed(status: StatusCode, headers: &HeaderMap, body: ApiErrorResponse) -> ApiError {
    ApiError {
        request_id: body.request_id.or_else(|| request_id(headers)),
        code: body.error.code,
        message: body.error.message,
        description: body.error.description,
        retry_after: retry_after(headers, SystemTime::now()),
        ..ApiError::new(status)
    }
}

fn lenient(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ApiError {
    let told = told::read(body);
    ApiError {
        request_id: told.request_id.or_else(|| request_id(headers)),
        code: told.code,
        message: told.message,
        description: told.description,
        retry_after: retry_after(headers, SystemTime::now()),
        body: (!body.is_empty()).then(|| text(body)),
        ..ApiError::new(status)
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get(REQUEST_ID)?.to_str().ok().map(str::to_owned)
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
