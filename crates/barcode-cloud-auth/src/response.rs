//! Reads one answer of the token endpoint (RFC 6749 sections 5.1 and 5.2). Pure: bytes in, a grant
//! or a clean error out. Knows no socket and no clock.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};
use crate::schedule::Severity;
use crate::{redact, token};

/// The most of an answer that is read: 64 KiB.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// For a token that does not say how long it lives.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

/// No token is trusted for longer, whatever it says.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A usable token.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) header: HeaderValue,
    /// Zero: good for those who waited for it, not to be kept.
    pub(crate) lifetime: Duration,
}

/// A response, with the facts about its request that are needed to read it.
pub(crate) struct Answer<'a> {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'a [u8],
    /// For messages: the endpoint without its query.
    pub(crate) endpoint: &'a str,
    /// Texts that must not get into an error though the server may quote them.
    pub(crate) secrets: &'a [&'a str],
}

/// The members of an answer; unread ones are skipped. Raw, because a number like `1e400` or a
/// member of the wrong type must not make the rest unreadable, and because the parser's own errors
/// would quote what they stumble over.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    access_token: Option<&'a RawValue>,
    #[serde(borrow)]
    token_type: Option<&'a RawValue>,
    #[serde(borrow)]
    expires_in: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    error_description: Option<&'a RawValue>,
}

/// Reads the token, or the reason why the response has no token.
pub(crate) fn parse(answer: &Answer<'_>) -> Result<Grant, Error> {
    let members: Option<Members<'_>> = serde_json::from_slice(answer.body).ok();
    match members {
        Some(members) if members.error.is_some() || !answer.status.is_success() => {
            Err(refusal(answer, &members))
        }
        None if !answer.status.is_success() => Err(plain_refusal(answer)),
        Some(members) => {
            grant(&members).map_err(|problem| unusable(answer.endpoint, answer.status, problem))
        }
        None => Err(unusable(
            answer.endpoint,
            answer.status,
            "it is not a JSON object",
        )),
    }
}

/// The error for a success without a usable token. Retryable: a proxy's maintenance page looks like
/// this.
pub(crate) fn unusable(endpoint: &str, status: StatusCode, problem: &str) -> Error {
    let message = format!(
        "{endpoint} answered {} without a usable token, {problem}: check that this is the token URL",
        status.as_u16()
    );
    Error::retryable(ErrorKind::InvalidResponse, message)
        .status(status)
        .build()
}

fn grant(members: &Members<'_>) -> Result<Grant, &'static str> {
    let token = members
        .access_token
        .and_then(string)
        .ok_or("it has no access_token")?;
    let token_type = members
        .token_type
        .and_then(string)
        .ok_or("it has no token_type")?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err("its token_type is not Bearer");
    }
    let header =
        token::bearer(&token).map_err(|_| "its access_token cannot be sent in a header")?;
    Ok(Grant {
        header,
        lifetime: lifetime(members.expires_in),
    })
}

/// The text of a JSON string.
fn string(raw: &RawValue) -> Option<Zeroizing<String>> {
    serde_json::from_str(raw.get()).ok().map(Zeroizing::new)
}

/// `expires_in` as servers send it: a number or a string of one, whole or not, in seconds.
fn lifetime(raw: Option<&RawValue>) -> Duration {
    let Some(raw) = raw else {
        return DEFAULT_LIFETIME;
    };
    let text = string(raw);
    let text = text.as_deref().map_or(raw.get(), |text| text.trim());
    // Rust's own reading of numbers also knows "inf" and "nan".
    let numeric = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse::<f64>() {
        Ok(seconds) if numeric => {
            Duration::from_secs_f64(seconds.clamp(0.0, MAX_LIFETIME.as_secs_f64()))
        }
        _ => DEFAULT_LIFETIME,
    }
}

/// An answer with an `error`, or another JSON object with an error status.
fn refusal(answer: &Answer<'_>, members: &Members<'_>) -> Error {
    let code = members.error.and_then(string);
    let Some(code) = code.filter(|code| is_presentable(code, answer, members)) else {
        return plain_refusal(answer);
    };
    let retryable = is_retryable(&code, answer.status);
    let description = description(answer, members)
        .map(|text| format!(" \"{text}\""))
        .unwrap_or_default();
    let message = format!(
        "{} refused with {}{description} (status {}): {}",
        answer.endpoint,
        *code,
        answer.status.as_u16(),
        advice(&code, retryable),
    );
    error(answer, retryable, message, Some(code.to_string()))
}

/// An error status with nothing readable to explain it.
fn plain_refusal(answer: &Answer<'_>) -> Error {
    let retryable = is_transient_status(answer.status);
    let advice = if answer.status.is_redirection() {
        "redirects are not followed with a secret, so set the token URL to the final address"
    } else if retryable {
        "the request is retried automatically, look at the server if this lasts"
    } else {
        "check the token URL and the client's credentials"
    };
    let message = format!(
        "{} answered {}: {advice}",
        answer.endpoint,
        answer.status.as_u16()
    );
    error(answer, retryable, message, None)
}

fn error(answer: &Answer<'_>, retryable: bool, message: String, code: Option<String>) -> Error {
    let error = match retryable {
        true => Error::retryable(ErrorKind::Refused, message),
        false => Error::permanent(ErrorKind::Refused, message),
    };
    error
        .status(answer.status)
        .retry_after(answer.retry_after)
        .oauth_error(code)
        .build()
}

/// The `error` decides; the status only where the code says nothing (servers send 400, 401, 403 and
/// even 200 and 500 with the same code).
fn is_retryable(code: &str, status: StatusCode) -> bool {
    match code {
        _ if KNOWN_TRANSIENT.contains(&code) => true,
        _ if KNOWN_PERMANENT.contains(&code) => false,
        _ => is_transient_status(status),
    }
}

/// How long a source pauses after this failure.
///
/// A permanent failure gets a long pause, but not the bare 404, 302 or 403 of a gateway: gateways
/// answer like this while the server behind them restarts, and callers recover as soon as from a
/// 503.
pub(crate) fn severity(error: &Error) -> Severity {
    let registered = || {
        error
            .oauth_error()
            .is_some_and(|code| KNOWN_PERMANENT.contains(&code))
    };
    let from_the_gateway =
        error.kind() == ErrorKind::Refused && !is_rejection(error) && !registered();
    match error.is_permanent() && !from_the_gateway {
        true => Severity::Permanent,
        false => Severity::Transient,
    }
}

/// Whether the endpoint rejected the credentials, which counts towards a lockout: by an error code
/// that says so, or by a 401 that no registered code explains.
pub(crate) fn is_rejection(error: &Error) -> bool {
    match error.oauth_error() {
        Some(code) if is_registered(code) => REJECTIONS.contains(&code),
        _ => error.status() == Some(StatusCode::UNAUTHORIZED),
    }
}

const REJECTIONS: [&str; 4] = [
    "invalid_client",
    "unauthorized_client",
    "invalid_grant",
    "access_denied",
];

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

/// Whether an error may show this code. Registered codes are always shown, although a short secret
/// may be part of one; others only if they share nothing with a secret or with the token that came
/// in the same response.
fn is_presentable(code: &str, answer: &Answer<'_>, members: &Members<'_>) -> bool {
    let token = members.access_token.and_then(string);
    let shows_token = token.is_some_and(|token| {
        !token.is_empty() && (code.contains(token.as_str()) || token.contains(code))
    });
    is_registered(code) || (!shows_token && redact::is_plain_code(code, answer.secrets))
}

fn description(answer: &Answer<'_>, members: &Members<'_>) -> Option<String> {
    let text = members.error_description.and_then(string)?;
    let token = members.access_token.and_then(string);
    let token = token.as_ref().map(|token| token.as_str());
    let text = redact::description(&text, answer.secrets.iter().copied().chain(token));
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
        "invalid_client" | "invalid_grant" => "check the client id and secret",
        "unauthorized_client" | "access_denied" => {
            "ask the server's owner to allow client_credentials for this client"
        }
        "unsupported_grant_type" => "this server does not offer client_credentials",
        "invalid_scope" => "check the scope",
        "invalid_request" => "check the token URL and the authentication style",
        _ if retryable => "the request is retried automatically, look at the server if this lasts",
        _ => "look the code up in the server's documentation",
    }
}
