//! Answers: the error body that every refusal carries, and the request id on every answer.
//!
//! A handler returns a [`Failure`]; its body is written in one place, by [`write_failures`], which
//! knows the request id and the form that is asked for. Knows nothing of barcodes.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::server;
use crate::xml::Vocabulary;
use crate::{accept, random};

/// The header that names a request. The service's own is unknown; this is the usual one.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A body can break more rules than anybody reads about.
const MOST_VIOLATIONS: usize = 32;

/// Nor needs a message to give back all that was sent.
const LONGEST_MESSAGE: usize = 4000;

/// One field of a request and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    field: String,
    problem: String,
}

impl Violation {
    /// `parameter` is the name in the document; the service speaks of fields in PascalCase.
    pub(crate) fn new(parameter: &str, problem: impl FnOnce(&str) -> String) -> Self {
        let field = pascal_case(parameter);
        let problem = problem(&field);
        Self { field, problem }
    }
}

/// A request that gets no result.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    description: &'static str,
    /// The `WWW-Authenticate` header.
    challenge: Option<&'static str>,
    /// The `Retry-After` header, in seconds.
    retry_after: Option<u32>,
}

impl Failure {
    fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        description: &'static str,
    ) -> Self {
        Self {
            status,
            code,
            message: shortened(message.into()),
            description,
            challenge: None,
            retry_after: None,
        }
    }

    /// 400: the request breaks the document's rules. How the service words more than one
    /// violation is unknown; here they stand one after the other.
    pub(crate) fn invalid(violations: &[Violation]) -> Self {
        let fields: Vec<_> = violations
            .iter()
            .take(MOST_VIOLATIONS)
            .map(|it| format!("Field name: '{}' errors: {}", it.field, it.problem))
            .collect();
        Self::malformed(format!("Error: {}", fields.join("; ")))
    }

    /// 400: one field, whose value the operation cannot work with.
    pub(crate) fn field(parameter: &str, problem: impl std::fmt::Display) -> Self {
        Self::invalid(&[Violation::new(parameter, |_| problem.to_string())])
    }

    /// 400: the request as a whole cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "errorInvalidInputData",
            message,
            "Operation Failed. The input data is not valid.",
        )
    }

    /// 400: within the document's rules, but beyond this emulator. The code is the sandbox's own,
    /// so that nobody takes the limit for one of the service.
    pub(crate) fn unsupported(parameter: &str, what: impl std::fmt::Display) -> Self {
        let field = pascal_case(parameter);
        Self::new(
            StatusCode::BAD_REQUEST,
            "errorNotSupportedBySandbox",
            format!("Error: Field name: '{field}' errors: The sandbox does not support {what}."),
            "Operation Failed. The sandbox does not emulate this.",
        )
    }

    /// 401, with the challenge of RFC 6750, section 3.
    pub(crate) fn unauthorized(message: &str, challenge: &'static str) -> Self {
        let mut failure = Self::new(
            StatusCode::UNAUTHORIZED,
            "errorAuthentication",
            message,
            "Operation Failed. The request is not authorized.",
        );
        failure.challenge = Some(challenge);
        failure
    }

    /// 401: a token that was good once.
    pub(crate) fn expired() -> Self {
        Self::unauthorized(
            "The access token has expired.",
            r#"Bearer error="invalid_token", error_description="The access token has expired""#,
        )
    }

    /// Any status: a fault that was asked for.
    pub(crate) fn injected(status: StatusCode) -> Self {
        Self::new(
            status,
            "errorSandboxFault",
            format!("The sandbox was told to answer {status}."),
            "Operation Failed. This fault was asked for.",
        )
    }

    /// 404: no such path in the document.
    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "errorNotFound",
            format!("There is nothing at {path}."),
            "Operation Failed. The document knows no such path.",
        )
    }

    /// 421: asked for by a name that is not this machine's (RFC 9110, section 15.5.20).
    pub(crate) fn misdirected(message: &str) -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "errorMisdirectedRequest",
            message,
            "Operation Failed. The request was not meant for this address.",
        )
    }

    /// 405: the path is there, the method is not.
    pub(crate) fn method_not_allowed(method: &http::Method, path: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "errorMethodNotAllowed",
            format!("{method} is not a method of {path}."),
            "Operation Failed. The document knows no such method for this path.",
        )
    }

    /// 408: a body that does not come.
    pub(crate) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "errorRequestTimeout",
            "The request body did not arrive in time.",
            "Operation Failed. The request took too long to arrive.",
        )
    }

    /// 413: more bytes than the sandbox takes.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "errorRequestTooLarge",
            format!("The request body is larger than {limit} bytes."),
            "Operation Failed. The request is too large.",
        )
    }

    /// 415: a body of a kind that is not taken.
    pub(crate) fn unsupported_media_type(message: String) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "errorUnsupportedMediaType",
            message,
            "Operation Failed. The request body is of a kind that is not supported.",
        )
    }

    /// 503: the live log has as many readers as it may have.
    pub(crate) fn too_many_event_streams(most: usize) -> Self {
        let mut failure = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "errorTooManyEventStreams",
            format!(
                "The request log has {most} live readers already. Close a page or a client that reads \
                 /_sandbox/requests/events, or ask for /_sandbox/requests."
            ),
            "Operation Failed. The sandbox has no room for another live reader.",
        );
        failure.retry_after = Some(5);
        failure
    }

    /// 500: a fault of the sandbox.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "errorInternal",
            message,
            "Operation Failed. This is a fault of the sandbox, not of the request.",
        )
    }
}

impl Failure {
    /// The answer that tells of it.
    pub(crate) fn write(&self, context: &ResponseContext) -> Response {
        let body = json!({
            "requestId": context.id,
            "error": {
                "code": self.code,
                "message": self.message,
                "description": self.description,
                // The service's own format is unknown; the document says date-time, that is RFC 3339.
                "dateTime": DateTime::<Utc>::from(context.clock.now())
                    .to_rfc3339_opts(SecondsFormat::Millis, true),
            },
        });
        let mut response = (self.status, context.write_error(&body)).into_response();
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// How the answer to a request is written: under which id, and in which form. Among the request's
/// extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResponseContext {
    pub(crate) id: String,
    /// Set where XML is asked for.
    xml: Option<Arc<Vocabulary>>,
    /// The sandbox's clock, which dates errors.
    clock: Clock,
}

impl ResponseContext {
    pub(crate) fn of(request: &Request) -> Self {
        let context = request.extensions().get::<Self>();
        context.cloned().unwrap_or_default()
    }

    /// A good answer of this schema.
    pub(crate) fn write(&self, schema: &Value, value: &Value) -> Response {
        match &self.xml {
            Some(vocabulary) => xml(vocabulary.write(schema, value)),
            None => Json(value).into_response(),
        }
    }

    fn write_error(&self, value: &Value) -> Response {
        match &self.xml {
            Some(vocabulary) => xml(vocabulary.write_error(value)),
            None => Json(value).into_response(),
        }
    }
}

fn xml(text: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("application/xml");
    ([(CONTENT_TYPE, kind)], text).into_response()
}

/// The outermost layer: gives each request an id and sees which form of answer it asks for, and
/// names the id on the answer.
pub(crate) async fn assign_request_id(
    State(state): State<Arc<server::State>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = random::uuid();
    let context = ResponseContext {
        id: id.clone(),
        xml: accept::prefers_xml(request.headers()).then(|| Arc::clone(&state.vocabulary)),
        clock: state.clock,
    };
    request.extensions_mut().insert(context);
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The innermost layer: gives a [`Failure`] its body.
pub(crate) async fn write_failures(request: Request, next: Next) -> Response {
    let context = ResponseContext::of(&request);
    let response = next.run(request).await;
    match response.extensions().get::<Failure>() {
        Some(failure) => failure.write(&context),
        None => response,
    }
}

fn shortened(mut message: String) -> String {
    let end = (0..=LONGEST_MESSAGE).rfind(|at| message.is_char_boundary(*at));
    if let Some(end) = end.filter(|_| message.len() > LONGEST_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// `fileBase64` -> `FileBase64`.
fn pascal_case(parameter: &str) -> String {
    let mut letters = parameter.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
