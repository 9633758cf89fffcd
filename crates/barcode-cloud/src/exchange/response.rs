//! Converts every unsuccessful response into an `Error`. Error bodies are read leniently: code,
//! message and request id are extracted even if the body is not as the document describes, and a
//! body in any other format is kept as text.

use std::time::{Duration, SystemTime};

use barcode_cloud_auth::retry_after;
use barcode_cloud_client as api;
use barcode_cloud_client::types::ApiErrorResponse;
use bytes::Bytes;
use futures_util::StreamExt as _;
use reqwest::{Body, Response, StatusCode};

use crate::error::{
    ApiError, Deadline, Error, InvalidInput, InvalidResponse, ResponseDefect, ResponseHead, body,
    body_text,
};
use crate::exchange::{BodyError, BodyLimits, LimitedBody, ResponseContext};

/// The maximum number of bytes of an error body that are read.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// The maximum number of bytes that are read of a body that should have been an image.
const MAX_OTHER_BODY: usize = 8_000;

/// The error of an unsuccessful response, and the response with the beginning of its body.
#[cold]
pub(crate) async fn status_error(
    response: Response,
    limits: BodyLimits,
) -> (Error, http::Response<Bytes>) {
    let head = ResponseHead::new(response.status(), response.headers());
    let retry_after = retry_after(response.headers(), SystemTime::now());
    let status = response.status();
    let (parts, body) = http::Response::<Body>::from(response).into_parts();
    let body = Bytes::from(beginning(body, limits, MAX_ERROR_BODY).await);
    let error = error_of(status, &head, &body, retry_after);
    (error, http::Response::from_parts(parts, body))
}

fn error_of(
    status: StatusCode,
    head: &ResponseHead,
    body: &[u8],
    retry_after: Option<Duration>,
) -> Error {
    if status.is_success() {
        let defect = ResponseDefect::Undocumented { status };
        return InvalidResponse::new(defect, body).of(head).into();
    }
    let mut error = match serde_json::from_slice(body) {
        Ok(body) => typed(status, body),
        Err(_) => lenient(status, body),
    };
    let id = || head.request_id().map(str::to_owned);
    error.request_id = error.request_id.or_else(id);
    error.retry_after = retry_after;
    error.into()
}

/// Converts an error of the generated client that could not build a request.
#[cold]
pub(crate) fn request_error(error: api::Error<ApiErrorResponse>) -> Error {
    match error {
        api::Error::InvalidRequest(message) => InvalidInput::from_client(message).into(),
        api::Error::CommunicationError(source) => transport_error(source),
        other => InvalidInput::new("request", other.to_string()).into(),
    }
}

/// Converts an error of the generated client that could not read a complete, successful response.
#[cold]
pub(crate) fn unreadable(error: api::Error<ApiErrorResponse>, head: &ResponseHead) -> Error {
    let invalid = match error {
        api::Error::InvalidResponsePayload(body, source) => {
            InvalidResponse::new(ResponseDefect::NotJson, &body).because(source)
        }
        other => InvalidResponse::new(ResponseDefect::NotJson, b"").because(other),
    };
    invalid.of(head).into()
}

/// The error of a successful response whose media type is not that of an image.
#[cold]
pub(crate) async fn not_an_image_response(
    response: Response,
    context: &ResponseContext<'_>,
) -> Error {
    let body = beginning(response.into(), context.limits, MAX_OTHER_BODY).await;
    not_an_image(&body, &context.head)
}

#[cold]
pub(crate) fn not_an_image(body: &[u8], head: &ResponseHead) -> Error {
    InvalidResponse::new(ResponseDefect::NotAnImage, body).of(head).into()
}

/// The error of an image that ends before the end of its file format.
#[cold]
pub(crate) fn incomplete_image(received: u64, head: &ResponseHead) -> Error {
    let defect = ResponseDefect::Incomplete { received };
    InvalidResponse::new(defect, b"").of(head).into()
}

/// Converts an error of reqwest: there is no response, or its body broke off.
#[cold]
pub(crate) fn transport_error(source: reqwest::Error) -> Error {
    if source.is_builder() {
        let reason =
            "does not give a valid URL, or one that is too long; send the data or the image itself";
        return InvalidInput::new("request", reason).into();
    }
    Error::Transport { source: source.without_url() }
}

/// Converts the reason why a body ended early.
#[cold]
pub(crate) fn body_error(error: BodyError, limits: BodyLimits, head: &ResponseHead) -> Error {
    match error {
        BodyError::TooLong => {
            let limit = limits.max_bytes;
            let defect = ResponseDefect::TooLong { limit };
            InvalidResponse::new(defect, b"").of(head).into()
        }
        BodyError::Idle => Error::Timeout { deadline: Deadline::Idle, limit: limits.idle },
        BodyError::Lost(source) => transport_error(source),
    }
}

fn typed(status: StatusCode, body: ApiErrorResponse) -> ApiError {
    ApiError {
        request_id: body.request_id,
        code: body.error.code,
        message: body.error.message,
        description: body.error.description,
        ..ApiError::new(status)
    }
}

fn lenient(status: StatusCode, body: &[u8]) -> ApiError {
    let fields = body::read(body);
    ApiError {
        request_id: fields.request_id,
        code: fields.code,
        message: fields.message,
        description: fields.description,
        body: (!body.is_empty()).then(|| body_text(body)),
        ..ApiError::new(status)
    }
}

/// Reads the beginning of the body, or what arrived before it broke off.
async fn beginning(body: Body, limits: BodyLimits, limit: usize) -> Vec<u8> {
    let mut chunks = LimitedBody::body(body, None, limits);
    let mut body = Vec::new();
    while body.len() < limit
        && let Some(Ok(chunk)) = chunks.next().await
    {
        body.extend_from_slice(&chunk);
    }
    body
}
