//! The error responses.
//!
//! A handler returns a [`Failure`]. The layer `write_failures` writes its body, because it knows
//! the request id and whether the client prefers XML.

use std::borrow::Cow;
use std::fmt;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// The maximum number of violations that an error message lists.
const MAX_VIOLATIONS: usize = 32;

/// The maximum length of an error message, in bytes. It may quote a value from the request.
const MAX_MESSAGE: usize = 4000;

/// A field of a request and why its value is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    field: String,
    problem: String,
}

impl Violation {
    /// `parameter` is the name in the document; the service's messages name fields in PascalCase.
    pub(crate) fn new(parameter: &str, problem: impl FnOnce(&str) -> String) -> Self {
        let field = pascal_case(parameter);
        let problem = problem(&field);
        Self { field, problem }
    }
}

/// An error response.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(super) status: StatusCode,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
    pub(super) description: &'static str,
    /// The `WWW-Authenticate` header.
    pub(super) challenge: Option<&'static str>,
    /// The `Retry-After` header, in seconds.
    pub(super) retry_after: Option<u32>,
}

impl Failure {
    fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
        description: &'static str,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: shortened(message.into()),
            description,
            challenge: None,
            retry_after: None,
        }
    }

    /// 400: the request violates the document. How the service reports several violations is
    /// unknown; here they are separated by semicolons.
    pub(crate) fn invalid(violations: &[Violation]) -> Self {
        let fields: Vec<_> = violations
            .iter()
            .take(MAX_VIOLATIONS)
            .map(|violation| {
                let Violation { field, problem } = violation;
                format!("Field name: '{field}' errors: {problem}")
            })
            .collect();
        Self::malformed(format!("Error: {}", fields.join("; ")))
    }

    /// 400: the operation cannot use the value of one field.
    pub(crate) fn field(parameter: &str, problem: impl fmt::Display) -> Self {
        Self::invalid(&[Violation::new(parameter, |_| problem.to_string())])
    }

    /// 400: the request as a whole cannot be parsed.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "errorInvalidInputData",
            message,
            "Operation Failed. The input data is not valid.",
        )
    }

    /// 400: valid by the document, but not supported by the sandbox. The code is the sandbox's own,
    /// so that the limitation is not mistaken for one of the service.
    pub(crate) fn unsupported(parameter: &str, what: impl fmt::Display) -> Self {
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

    /// 401: the token has expired.
    pub(crate) fn expired() -> Self {
        Self::unauthorized(
            "The access token has expired.",
            r#"Bearer error="invalid_token", error_description="The access token has expired""#,
        )
    }

    /// Any status: an injected fault, with the given code and message, if any.
    pub(crate) fn injected(
        status: StatusCode,
        code: Option<String>,
        message: Option<String>,
    ) -> Self {
        let default =
            || format!("The sandbox responds with {status} because of an injected fault.");
        Self::new(
            status,
            code.map_or("errorSandboxFault".into(), Cow::Owned),
            message.unwrap_or_else(default),
            "Operation Failed. This is an injected fault.",
        )
    }

    /// 404: the document does not have this path.
    pub(crate) fn not_found(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "errorNotFound",
            format!("The path {path} does not exist."),
            "Operation Failed. The OpenAPI document does not have this path.",
        )
    }

    /// 421: sent to a host name that is not allowed (RFC 9110, section 15.5.20).
    pub(crate) fn misdirected(message: &str) -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            "errorMisdirectedRequest",
            message,
            "Operation Failed. The request was not meant for this address.",
        )
    }

    /// 405: the path exists, but not with this method.
    pub(crate) fn method_not_allowed(method: &http::Method, path: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "errorMethodNotAllowed",
            format!("The path {path} does not support the method {method}."),
            "Operation Failed. The OpenAPI document does not have this method for the path.",
        )
    }

    /// 408: the body did not arrive in time.
    pub(crate) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "errorRequestTimeout",
            "The request body did not arrive in time.",
            "Operation Failed. The request took too long to arrive.",
        )
    }

    /// 413: the body exceeds the limit.
    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "errorRequestTooLarge",
            format!("The request body is larger than {limit} bytes."),
            "Operation Failed. The request is too large.",
        )
    }

    /// 415: the media type or the encoding of the body is not supported.
    pub(crate) fn unsupported_media_type(message: String) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "errorUnsupportedMediaType",
            message,
            "Operation Failed. The format of the request body is not supported.",
        )
    }

    /// 503: the maximum number of clients streams the request log already.
    pub(crate) fn too_many_event_streams(most: usize) -> Self {
        let mut failure = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "errorTooManyEventStreams",
            format!(
                "The request log has {most} live readers already. Close a page or a client that streams \
                 /_sandbox/requests/events, or use /_sandbox/requests instead."
            ),
            "Operation Failed. The request log has too many live readers.",
        );
        failure.retry_after = Some(5);
        failure
    }

    /// 500: an internal error of the sandbox.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "errorInternal",
            message,
            "Operation Failed. This is an internal error of the sandbox.",
        )
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn shortened(mut message: String) -> String {
    let end = (0..=MAX_MESSAGE).rfind(|at| message.is_char_boundary(*at));
    if let Some(end) = end.filter(|_| message.len() > MAX_MESSAGE) {
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
