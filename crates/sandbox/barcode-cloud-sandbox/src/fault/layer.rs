//! The middleware that injects faults: before the operation, or into its response.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, RETRY_AFTER, TRANSFER_ENCODING,
};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Fault, Kind, Reply, RetryAfter};
use crate::clock::Clock;
use crate::contract::TOKEN;
use crate::http::body;
use crate::http::connection::ResetHandle;
use crate::http::{Failure, ResponseContext};
use crate::journal::LogEntryHandle;
use crate::matcher::ComparedRequest;
use crate::state::State;

/// The header that requests a fault for the request that contains it.
const FAULT: HeaderName = HeaderName::from_static("x-sandbox-fault");
/// The number of pieces that a dripping body is sent in.
const DRIPS: usize = 16;

/// Marks a response with a fault, which must not be compressed: half of a compressed body would be
/// a different fault.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unaltered;

/// Applies the fault of this request, if there is one.
pub(crate) async fn layer(
    Shared(state): Shared<Arc<State>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(operation) = state.operation_of(&request) else {
        return next.run(request).await;
    };
    let (requested, request) = match request.headers().get(FAULT) {
        Some(value) => (requested(value).map(Some), request),
        None => {
            let (fault, request) = scripted(&state, &operation, request).await;
            (Ok(fault), request)
        }
    };
    let context = ResponseContext::of(&request);
    match requested {
        Ok(None) => next.run(request).await,
        Ok(Some(fault)) => {
            if let Some(log_entry) = request.extensions().get::<LogEntryHandle>() {
                log_entry.record_fault(&fault);
            }
            let reset_handle = request.extensions().get::<ResetHandle>().cloned();
            let fault_context = FaultContext {
                operation: &operation,
                stop: &state.stop,
                clock: state.clock,
                reset_handle: reset_handle.unwrap_or_default(),
                response: context,
            };
            let mut response = fault_context.apply(fault, request, next).await;
            response.extensions_mut().insert(Unaltered);
            response
        }
        Err(failure) => context.write_failure(&body::drain(request.into_body(), failure).await),
    }
}

/// Returns the fault of the active scripts for a request, and the request.
async fn scripted(
    state: &State,
    operation: &str,
    mut request: Request,
) -> (Option<Fault>, Request) {
    let mut start = None;
    let is_encoded = request.headers().contains_key(CONTENT_ENCODING);
    if !is_encoded && state.faults.compare_bodies() {
        (start, request) = body::peek(request, state.read_timeout).await;
    }
    let (parts, body) = request.into_parts();
    let compared = ComparedRequest::arrived(operation, &parts, start.as_deref());
    (state.faults.next(&compared), Request::from_parts(parts, body))
}

fn requested(value: &HeaderValue) -> Result<Fault, Failure> {
    let refused = |problem: &dyn std::fmt::Display| {
        Failure::malformed(format!("Error: The header {FAULT} is invalid: {problem}."))
    };
    let text = value.to_str().map_err(|error| refused(&error))?;
    text.parse().map_err(|error| refused(&error))
}

/// The context that a fault is applied in.
struct FaultContext<'a> {
    operation: &'a str,
    stop: &'a CancellationToken,
    clock: Clock,
    reset_handle: ResetHandle,
    response: ResponseContext,
}

impl FaultContext<'_> {
    async fn apply(self, fault: Fault, request: Request, next: Next) -> Response {
        pause(fault.delay, self.stop).await;
        match fault.kind {
            Kind::None => next.run(request).await,
            Kind::Reply(reply) => self.reply(request, reply).await,
            Kind::Unauthorized => self.unauthorized(request).await,
            Kind::Html(status) => {
                discard(request).await;
                html(status)
            }
            Kind::Reset => {
                self.reset_handle.reset();
                pending().await
            }
            Kind::Hang => {
                self.stop.run_until_cancelled(hang(request)).await;
                self.reset_handle.reset();
                pending().await
            }
            Kind::ResetInBody => reset_in_body(next.run(request).await, self.reset_handle).await,
            Kind::Drip(every) => drip(next.run(request).await, every, self.stop.clone()).await,
            Kind::Truncate => {
                let (response, body) = taken(next.run(request).await).await;
                let half = body.slice(..body.len() / 2);
                response.map(|_| Body::from(half))
            }
            Kind::Empty => taken(next.run(request).await).await.0,
            Kind::ContentType(text) => content_type(next.run(request).await, &text),
        }
    }

    async fn reply(&self, request: Request, reply: Reply) -> Response {
        discard(request).await;
        // Scripts were checked when they were added.
        let status =
            StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let Reply { retry_after, code, message, body, content_type: kind, .. } = reply;
        let mut response = match body {
            Some(body) => custom(status, body),
            None if self.operation == TOKEN => token_error(status, code, message),
            None => self.response.write_failure(&Failure::injected(status, code, message)),
        };
        if let Some(kind) = kind {
            response = content_type(response, &kind);
        }
        let value = match retry_after {
            None => return response,
            Some(RetryAfter::Seconds(seconds)) => HeaderValue::from(seconds),
            Some(RetryAfter::Date(seconds)) => {
                let then = self.clock.now() + Duration::from_secs(seconds.into());
                match HeaderValue::from_str(&httpdate::fmt_http_date(then)) {
                    Ok(value) => value,
                    Err(_) => return response,
                }
            }
        };
        response.headers_mut().insert(RETRY_AFTER, value);
        response
    }

    async fn unauthorized(&self, request: Request) -> Response {
        discard(request).await;
        if self.operation == TOKEN {
            let body = json!({ "error": "invalid_client" });
            return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
        }
        self.response.write_failure(&Failure::expired())
    }
}

/// Waits until the time is over or the sandbox stops.
async fn pause(time: Duration, stop: &CancellationToken) {
    if !time.is_zero() {
        let _ = tokio::time::timeout(time, stop.cancelled()).await;
    }
}

/// Reads and discards the body of a request, so that the client receives the response.
async fn discard(request: Request) {
    body::discard(request.into_body()).await;
}

fn custom(status: StatusCode, body: String) -> Response {
    let is_json = serde_json::from_str::<IgnoredAny>(&body).is_ok();
    let kind = if is_json { "application/json" } else { "text/plain; charset=utf-8" };
    (status, [(CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

/// An error of the token endpoint.
fn token_error(status: StatusCode, code: Option<String>, message: Option<String>) -> Response {
    let error = code.as_deref().unwrap_or(match status {
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        StatusCode::SERVICE_UNAVAILABLE => "temporarily_unavailable",
        _ => "server_error",
    });
    let mut body = json!({ "error": error });
    if let Some(message) = message {
        body["error_description"] = message.into();
    }
    (status, Json(body)).into_response()
}

/// Ends only if the client leaves before it has sent the whole request. hyper notices a client that
/// leaves later, and then drops this, but only if the request was read to its end.
async fn hang(request: Request) {
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return;
        }
    }
    pending::<()>().await;
}

fn html(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{reason}</title></head>\
         <body><h1>{} {reason}</h1><hr>gateway</body></html>\n",
        status.as_u16()
    );
    (status, Html(page)).into_response()
}

/// Splits a response into its head and the bytes of its body.
async fn taken(response: Response) -> (Response, Bytes) {
    let (mut parts, body) = response.into_parts();
    // The sandbox produced the body, so it is finite and contains no error.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.remove(TRANSFER_ENCODING);
    (Response::from_parts(parts, Body::empty()), body)
}

async fn reset_in_body(response: Response, reset_handle: ResetHandle) -> Response {
    let (mut response, body) = taken(response).await;
    let length = body.len();
    let half = body.slice(..length / 2);
    let pieces = stream::unfold(Some(half), move |piece| {
        let reset_handle = reset_handle.clone();
        async move {
            match piece {
                Some(piece) => Some((Ok::<_, Infallible>(piece), None)),
                None => {
                    // Yield, so that hyper can send the first half.
                    tokio::task::yield_now().await;
                    reset_handle.reset();
                    pending().await
                }
            }
        }
    });
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response.map(|_| Body::from_stream(pieces))
}

async fn drip(response: Response, every: Duration, stop: CancellationToken) -> Response {
    let (mut response, body) = taken(response).await;
    let length = body.len();
    let piece = length.div_ceil(DRIPS);
    let pieces = stream::unfold(body, move |mut left| {
        let stop = stop.clone();
        async move {
            if left.is_empty() {
                return None;
            }
            if left.len() < length {
                pause(every, &stop).await;
            }
            let next = left.split_to(piece.min(left.len()));
            Some((Ok::<_, Infallible>(next), left))
        }
    });
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response.map(|_| Body::from_stream(pieces))
}

fn content_type(mut response: Response, text: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    response
}
