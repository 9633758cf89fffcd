//! Parses a response of the token endpoint (RFC 6749 sections 5.1 and 5.2) into a token or an error
//! without secrets. It uses neither the network nor a clock.

use std::time::Duration;

use reqwest::StatusCode;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};
use crate::schedule::Severity;
use crate::token_endpoint::{IssuedToken, MAX_LIFETIME};
use crate::{redact, token};

/// The maximum size of a response body.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// The lifetime of a token whose response does not state one.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

/// A response, and the properties of its request that error messages need.
#[derive(Clone, Copy)]
pub(crate) struct TokenResponse<'a> {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    /// It contains none of the secrets.
    pub(crate) request_id: Option<&'a str>,
    pub(crate) body: &'a [u8],
    /// The URL of the endpoint without its query.
    pub(crate) endpoint: &'a str,
    /// Texts that must not appear in an error, although the server may quote them.
    pub(crate) secrets: &'a [&'a str],
}

/// The members of a response that are used. They are raw, because a number like `1e400` or a member
/// of the wrong type must not make the others unreadable, and because the parser's errors would
/// quote the invalid text.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    access_token: Option<&'a RawValue>,
    #[serde(borrow)]
    token_type: Option<&'a RawValue>,
    #[serde(borrow)]
    expires_in: Option<&'a RawValue>,
    #[serde(borrow)]
    scope: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    error_description: Option<&'a RawValue>,
}

/// Returns the token, or the reason why the response has none.
pub(crate) fn parse(response: &TokenResponse<'_>) -> Result<IssuedToken, Error> {
    let members: Option<Members<'_>> = serde_json::from_slice(response.body).ok();
    let token = members.as_ref().and_then(|members| members.access_token);
    let response = &response.without_token(token.and_then(string));
    match members {
        Some(members) if members.error.is_some() || !response.status.is_success() => {
            Err(error_response(response, &members))
        }
        None if !response.status.is_success() => Err(status_error(response)),
        Some(members) => new_token(&members).map_err(|problem| invalid_response(response, problem)),
        None => Err(invalid_response(response, "it is not a JSON object")),
    }
}

impl TokenResponse<'_> {
    /// Leaves out the request id if it contains the token of the same response.
    fn without_token(mut self, token: Option<Zeroizing<String>>) -> Self {
        let token = token.filter(|token| !token.is_empty());
        let shows_token = |id: &str| token.is_some_and(|token| id.contains(token.as_str()));
        self.request_id = self.request_id.filter(|id| !shows_token(id));
        self
    }
}

/// The error of a success without a valid token. It is retryable, because a proxy's maintenance
/// page looks like this.
pub(crate) fn invalid_response(response: &TokenResponse<'_>, problem: &str) -> Error {
    let message = format!(
        "{} responded with {} but without a valid token, because {problem}: check that this is the token URL",
        response.endpoint,
        response.status.as_u16()
    );
    Error::retryable(ErrorKind::InvalidResponse, message)
        .status(response.status)
        .request_id(response.request_id.map(str::to_owned))
        .build()
}

fn new_token(members: &Members<'_>) -> Result<IssuedToken, &'static str> {
    let token = members.access_token.and_then(string).ok_or("it has no access_token")?;
    let token_type = members.token_type.and_then(string).ok_or("it has no token_type")?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err("its token_type is not Bearer");
    }
    let header =
        token::bearer(&token).map_err(|_| "its access_token cannot be sent in a header")?;
    Ok(IssuedToken {
        header,
        lifetime: lifetime(members.expires_in),
        scope: members.scope.and_then(string).and_then(scope),
    })
}

/// Returns the text of a JSON string.
fn string(raw: &RawValue) -> Option<Zeroizing<String>> {
    serde_json::from_str(raw.get()).ok().map(Zeroizing::new)
}

/// Returns the granted scope if it has no other characters than
/// [RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3) allows.
fn scope(text: Zeroizing<String>) -> Option<String> {
    let allowed = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    text.bytes().all(allowed).then(|| text.to_string())
}

/// Parses `expires_in`. Servers send a number of seconds, or a string with such a number; both may
/// have a fraction.
fn lifetime(raw: Option<&RawValue>) -> Duration {
    let Some(raw) = raw else {
        return DEFAULT_LIFETIME;
    };
    let text = string(raw);
    let text = text.as_deref().map_or(raw.get(), |text| text.trim());
    // The standard library also parses "inf" and "nan".
    let numeric =
        text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(seconds) if numeric => {
            Duration::from_secs_f64(seconds.clamp(0.0, MAX_LIFETIME.as_secs_f64()))
        }
        _ => DEFAULT_LIFETIME,
    }
}

/// The error of a response with an `error`, or of another JSON object with an error status.
fn error_response(response: &TokenResponse<'_>, members: &Members<'_>) -> Error {
    let code = members.error.and_then(string);
    let Some(code) = code.filter(|code| is_presentable(code, response, members)) else {
        return status_error(response);
    };
    let retryable = is_retryable(&code, response.status);
    let description =
        description(response, members).map(|text| format!(" \"{text}\"")).unwrap_or_default();
    let message = format!(
        "{} responded with {}{description} (status {}): {}",
        response.endpoint,
        *code,
        response.status.as_u16(),
        advice(&code, retryable),
    );
    error(response, retryable, message, Some(code.to_string()))
}

/// The error of a response whose status is the only information.
fn status_error(response: &TokenResponse<'_>) -> Error {
    let retryable = is_transient_status(response.status);
    let advice = if response.status.is_redirection() {
        "redirects are not followed, because the request contains a secret; set the token URL to the final address"
    } else if retryable {
        "the request is retried automatically; if this persists, check the server"
    } else {
        "check the token URL and the client's credentials"
    };
    let message =
        format!("{} responded with {}: {advice}", response.endpoint, response.status.as_u16());
    error(response, retryable, message, None)
}

fn error(
    response: &TokenResponse<'_>,
    retryable: bool,
    message: String,
    code: Option<String>,
) -> Error {
    let error = match retryable {
        true => Error::retryable(ErrorKind::Refused, message),
        false => Error::permanent(ErrorKind::Refused, message),
    };
    error
        .status(response.status)
        .retry_after(response.retry_after)
        .request_id(response.request_id.map(str::to_owned))
        .oauth_error(code)
        .build()
}

/// The error code decides. The status decides only if the code is unknown, because servers send the
/// same code with 400, 401, 403 and even 200 and 500.
fn is_retryable(code: &str, status: StatusCode) -> bool {
    match code {
        _ if KNOWN_TRANSIENT.contains(&code) => true,
        _ if KNOWN_PERMANENT.contains(&code) => false,
        _ => is_transient_status(status),
    }
}

/// Returns the severity of a failure, which determines how long a source pauses after it.
///
/// A 404, 302 or 403 without an error code counts as transient, although its error is permanent:
/// gateways respond like this while the server behind them restarts.
pub(crate) fn severity(error: &Error) -> Severity {
    let registered = || error.oauth_error().is_some_and(|code| KNOWN_PERMANENT.contains(&code));
    let from_the_gateway =
        error.kind() == ErrorKind::Refused && !is_rejection(error) && !registered();
    match error.is_permanent() && !from_the_gateway {
        true => Severity::Permanent,
        false => Severity::Transient,
    }
}

/// Whether the endpoint rejected the credentials, which counts towards a lockout: with an error
/// code that means a rejection, or with a 401 that has no registered error code.
pub(crate) fn is_rejection(error: &Error) -> bool {
    match error.oauth_error() {
        Some(code) if is_registered(code) => REJECTIONS.contains(&code),
        _ => error.status() == Some(StatusCode::UNAUTHORIZED),
    }
}

const REJECTIONS: [&str; 4] =
    ["invalid_client", "unauthorized_client", "invalid_grant", "access_denied"];

const KNOWN_TRANSIENT: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

const KNOWN_PERMANENT: [&str; 7] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
];

fn is_registered(code: &str) -> bool {
    KNOWN_TRANSIENT.contains(&code) || KNOWN_PERMANENT.contains(&code)
}

/// Whether an error may show this code. Registered codes are always shown, even if a short secret
/// happens to be part of one. Other codes are shown only if they have no part of a secret or of a
/// token in the same response.
fn is_presentable(code: &str, response: &TokenResponse<'_>, members: &Members<'_>) -> bool {
    let token = members.access_token.and_then(string);
    let shows_token = token.is_some_and(|token| {
        !token.is_empty() && (code.contains(token.as_str()) || token.contains(code))
    });
    is_registered(code) || (!shows_token && redact::is_plain_code(code, response.secrets))
}

fn description(response: &TokenResponse<'_>, members: &Members<'_>) -> Option<String> {
    let text = members.error_description.and_then(string)?;
    let token = members.access_token.and_then(string);
    let token = token.as_ref().map(|token| token.as_str());
    let text = redact::description(&text, response.secrets.iter().copied().chain(token));
    Some(text).filter(|text| !text.is_empty())
}

fn is_transient_status(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        )
}

fn advice(code: &str, retryable: bool) -> &'static str {
    match code {
        "invalid_client" | "invalid_grant" => {
            "check the client id and its secret, key or certificate"
        }
        "unauthorized_client" | "access_denied" => {
            "ask the server's owner to allow client_credentials for this client"
        }
        "unsupported_grant_type" => "this server does not offer client_credentials",
        "invalid_scope" => "check the scope",
        "invalid_request" => "check the token URL and the authentication style",
        _ if retryable => {
            "the request is retried automatically; if this persists, check the server"
        }
        _ => "look up the code in the server's documentation",
    }
}
