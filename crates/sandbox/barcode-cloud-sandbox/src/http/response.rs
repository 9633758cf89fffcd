//! Writes responses: their format, the body of every error response, and the request id of every
//! response.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::xml::Vocabulary;
use super::{Failure, accept};
use crate::clock::Clock;
use crate::randomness::Randomness;

/// The header with the id of the request. Which one the service sends is unknown; this one is
/// common.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The context for writing the response to a request: its id, and the format that the client
/// prefers. It is one of the request's extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResponseContext {
    pub(crate) id: String,
    /// Set if the client prefers XML.
    xml: Option<Arc<Vocabulary>>,
    /// The clock for the time of an error.
    clock: Clock,
}

impl ResponseContext {
    pub(crate) fn of(request: &Request) -> Self {
        let context = request.extensions().get::<Self>();
        context.cloned().unwrap_or_default()
    }

    /// Returns a successful response with this value, which has this schema.
    pub(crate) fn write(&self, schema: &Value, value: &Value) -> Response {
        match &self.xml {
            Some(vocabulary) => xml(vocabulary.write(schema, value)),
            None => Json(value).into_response(),
        }
    }

    /// Returns the response of a failure, with its headers and body.
    pub(crate) fn write_failure(&self, failure: &Failure) -> Response {
        // The format of the service is unknown. The document says `date-time`, which is RFC 3339.
        let time = DateTime::<Utc>::from(self.clock.now());
        let body = json!({
            "requestId": self.id,
            "error": {
                "code": failure.code,
                "message": failure.message,
                "description": failure.description,
                "dateTime": time.to_rfc3339_opts(SecondsFormat::Millis, true),
            },
        });
        let mut response = match &self.xml {
            Some(vocabulary) => xml(vocabulary.write_error(&body)),
            None => Json(body).into_response(),
        };
        *response.status_mut() = failure.status;
        let headers = response.headers_mut();
        if let Some(challenge) = failure.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = failure.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn xml(text: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("application/xml");
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// The outermost layer: assigns an id to each request, determines the preferred format of the
/// response, and adds the id to the response.
pub(crate) async fn assign_request_id(
    State((vocabulary, clock, randomness)): State<(Arc<Vocabulary>, Clock, Arc<Randomness>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = randomness.uuid().to_string();
    let context = ResponseContext {
        id: id.clone(),
        xml: accept::prefers_xml(request.headers()).then_some(vocabulary),
        clock,
    };
    request.extensions_mut().insert(context);
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The innermost layer: writes the body of a [`Failure`].
pub(crate) async fn write_failures(request: Request, next: Next) -> Response {
    let context = ResponseContext::of(&request);
    let response = next.run(request).await;
    match response.extensions().get::<Failure>() {
        Some(failure) => context.write_failure(failure),
        None => response,
    }
}
