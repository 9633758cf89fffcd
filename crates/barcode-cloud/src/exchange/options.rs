//! The settings of one call, and the headers that callers add to requests.

use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, RANGE, TRANSFER_ENCODING,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::{Retry, Timeouts};
use crate::error::{InvalidInput, REQUEST_ID};

/// The headers that the client sets itself, or that would change how responses are read.
const OWN_HEADERS: [HeaderName; 10] = [
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPECT,
    HOST,
    RANGE,
    TRANSFER_ENCODING,
];

/// The settings of one call. Those that are not set have the values of the client.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
    pub(crate) headers: Vec<(String, SecretString)>,
    pub(crate) request_id: Option<String>,
}

impl CallOptions {
    /// Returns the headers of the call's requests.
    pub(super) fn headers(&self) -> Result<HeaderMap, InvalidInput> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = parse_header(name, value).map_err(|reason| {
                InvalidInput::new("header", format!("{} {reason}", name.escape_debug()))
            })?;
            headers.insert(name, value);
        }
        if let Some(id) = &self.request_id {
            let id = HeaderValue::from_str(id).ok().filter(|id| !id.is_empty()).ok_or_else(|| {
                let reason = "is empty or contains a character that a header cannot contain; use visible ASCII";
                InvalidInput::new("request_id", reason)
            })?;
            headers.insert(REQUEST_ID, id);
        }
        Ok(headers)
    }

    /// Returns the limit of each attempt. A call that may take longer than the client's attempts
    /// may spend all of its time on one attempt.
    pub(super) fn attempt_limit(&self, client: &Timeouts) -> Duration {
        self.attempt_timeout.unwrap_or_else(|| client.attempt.max(self.timeout.unwrap_or_default()))
    }
}

/// Parses a header that a caller adds. The value is marked as sensitive, so that `Debug` does not
/// show it. An error names the fault of the header.
pub(crate) fn parse_header(
    name: &str,
    value: &SecretString,
) -> Result<(HeaderName, HeaderValue), &'static str> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| "has an invalid name: use letters, digits and hyphens")?;
    if name == AUTHORIZATION {
        return Err(
            "is set by the client itself: remove it and set credentials or an access token",
        );
    }
    if OWN_HEADERS.contains(&name) {
        return Err("is set by the client itself: remove it");
    }
    let mut value = HeaderValue::from_str(value.expose_secret())
        .map_err(|_| "has an invalid value: use visible ASCII and spaces")?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::CallOptions;
    use crate::config::Timeouts;

    #[test]
    fn headers_are_validated_and_their_values_are_not_shown() {
        for (name, value, expected) in [
            ("x-tenant", "canary", None),
            ("x tenant", "canary", Some("x tenant has an invalid name")),
            ("x-tenant", "canary\n", Some("x-tenant has an invalid value")),
            ("Authorization", "canary", Some("set credentials or an access token")),
            ("content-type", "canary", Some("content-type is set by the client itself")),
            ("Accept-Encoding", "canary", Some("Accept-Encoding is set by the client itself")),
        ] {
            let options = CallOptions {
                headers: vec![(name.to_owned(), value.into())],
                ..CallOptions::default()
            };
            let shown = match (options.headers(), expected) {
                (Ok(headers), None) => format!("{headers:?} {options:?}"),
                (Err(error), Some(expected)) => {
                    assert!(error.to_string().contains(expected), "{error}");
                    error.to_string()
                }
                (outcome, _) => panic!("{name}: {outcome:?}"),
            };
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn a_longer_call_may_spend_its_time_on_one_attempt_unless_attempts_are_limited() {
        let seconds = Duration::from_secs;
        let client = Timeouts::default();
        for (timeout, attempt_timeout, expected) in [
            (None, None, seconds(100)),
            (Some(5), None, seconds(100)),
            (Some(600), None, seconds(600)),
            (Some(600), Some(30), seconds(30)),
            (None, Some(200), seconds(200)),
        ] {
            let options = CallOptions {
                timeout: timeout.map(seconds),
                attempt_timeout: attempt_timeout.map(seconds),
                ..CallOptions::default()
            };
            assert_eq!(options.attempt_limit(&client), expected, "{options:?}");
        }
    }
}
