//! Reads one answer of the token endpoint (RFC 6749 sections 5.1 and 5.2). Pure: bytes in, a grant
//! or a clean error out. Knows no socket and no clock.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderValue;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};
use crate::token;

/// The most of an answer that is read: 64 KiB.
pub(crate) const MAX_BODY: usize = 64 * 1024;

/// For a token that does not say how long it lives.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

/// No token is trusted for longer, whatever it says.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The most that is kept of an `error_description`, in bytes.
const MAX_DESCRIPTION: usize = 200;

/// A usable token.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) header: HeaderValue,
    /// Zero: good for those who waited for it, not to be kept.
    pub(crate) lifetime: Duration,
}

/// What the parser has to know of the question.
pub(crate) struct Asked<'a> {
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

/// Reads an answer with this status and body.
pub(crate) fn parse(
    asked: &Asked<'_>,
    status: StatusCode,
    retry_after: Option<Duration>,
    body: &[u8],
) -> Result<Grant, Error> {
    let members: Option<Members<'_>> = serde_json::from_slice(body).ok();
    match members {
        Some(members) if members.error.is_some() || !status.is_success() => {
            Err(refusal(asked, status, retry_after, &members))
        }
        None if !status.is_success() => Err(plain_refusal(asked, status, retry_after)),
        Some(members) => {
            grant(&members).map_err(|problem| invalid(asked.endpoint, status, problem))
        }
        None => Err(invalid(asked.endpoint, status, "it is not a JSON object")),
    }
}

/// The error for an answer that is a success without a usable token, or cannot be read at all.
///
/// Retryable: a proxy's maintenance page looks like this.
pub(crate) fn invalid(endpoint: &str, status: StatusCode, problem: &str) -> Error {
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
fn refusal(
    asked: &Asked<'_>,
    status: StatusCode,
    retry_after: Option<Duration>,
    members: &Members<'_>,
) -> Error {
    let Some(code) = members
        .error
        .and_then(string)
        .and_then(|code| clean_code(asked, &code))
    else {
        return plain_refusal(asked, status, retry_after);
    };
    let retryable = is_retryable(&code, status);
    let description = members.error_description.and_then(string);
    let description =
        description.map_or_else(String::new, |text| clean_description(asked, members, &text));
    let message = format!(
        "{} refused with {code}{description} (status {}): {}",
        asked.endpoint,
        status.as_u16(),
        advice(&code, retryable),
    );
    error(retryable, message, status, retry_after, Some(code))
}

/// An error status with nothing readable to explain it.
fn plain_refusal(asked: &Asked<'_>, status: StatusCode, retry_after: Option<Duration>) -> Error {
    let retryable = is_transient_status(status);
    let advice = if status.is_redirection() {
        "redirects are not followed with a secret, so set the token URL to the final address"
    } else if retryable {
        "it is tried again by itself, look at the server if it lasts"
    } else {
        "check the token URL and the client's credentials"
    };
    let message = format!("{} answered {}: {advice}", asked.endpoint, status.as_u16());
    error(retryable, message, status, retry_after, None)
}

fn error(
    retryable: bool,
    message: String,
    status: StatusCode,
    retry_after: Option<Duration>,
    code: Option<String>,
) -> Error {
    let error = match retryable {
        true => Error::retryable(ErrorKind::Refused, message),
        false => Error::permanent(ErrorKind::Refused, message),
    };
    error
        .status(status)
        .retry_after(retry_after)
        .oauth_error(code)
        .build()
}

/// The `error` decides; the status only where the code says nothing (servers send 400, 401, 403 and
/// even 200 and 500 with the same code).
fn is_retryable(code: &str, status: StatusCode) -> bool {
    match code {
        "temporarily_unavailable" | "server_error" | "slow_down" => true,
        _ if KNOWN_PERMANENT.contains(&code) => false,
        _ => is_transient_status(status),
    }
}

const KNOWN_PERMANENT: [&str; 7] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
];

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
        _ if retryable => "it is tried again by itself, look at the server if it lasts",
        _ => "look the code up in the server's documentation",
    }
}

/// A code worth keeping: short, plain, and not a quoted secret. The registered ones always are,
/// though a short secret may be part of one.
fn clean_code(asked: &Asked<'_>, code: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let known = KNOWN_PERMANENT.contains(&code)
        || matches!(
            code,
            "temporarily_unavailable" | "server_error" | "slow_down"
        );
    let acceptable = (1..=64).contains(&code.len())
        && code.bytes().all(plain)
        && !asked.secrets.iter().any(|secret| code.contains(secret));
    (known || acceptable).then(|| code.to_owned())
}

/// The description as ` "…"`: secrets out first, so that no cut or replaced character hides a part
/// of one, then plain characters only, then short.
fn clean_description(asked: &Asked<'_>, members: &Members<'_>, text: &str) -> String {
    let token = members.access_token.and_then(string);
    let token = token
        .as_ref()
        .map(|token| token.as_str())
        .filter(|token| !token.is_empty());
    let mut text = text.to_owned();
    for secret in asked.secrets.iter().copied().chain(token) {
        text = text.replace(secret, "[redacted]");
    }
    let plain = |c: char| {
        if c == ' ' || c.is_ascii_graphic() {
            c
        } else {
            ' '
        }
    };
    let text: String = text.chars().map(plain).take(MAX_DESCRIPTION).collect();
    match text.trim() {
        "" => String::new(),
        text => format!(" \"{text}\""),
    }
}
