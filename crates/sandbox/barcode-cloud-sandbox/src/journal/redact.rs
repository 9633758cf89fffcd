//! Removes credentials and tokens from log entries.
//!
//! The value of a header is shown only if its name is on a list. The value of a parameter or a
//! field is hidden if its name suggests a secret. All other values are searched for the secrets of
//! this sandbox and for JWTs.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use crate::http::query;

/// The text that replaces a secret.
const REDACTED: &str = "[redacted]";

/// The headers whose values are shown. Any other header may contain a credential, because gateways
/// and vendors choose their own names for them.
const SHOWN_HEADERS: &str = "\
    accept accept-charset accept-encoding accept-language cache-control connection \
    content-disposition content-encoding content-language content-length content-type date \
    dnt expect forwarded host idempotency-key if-match if-modified-since if-none-match \
    if-range if-unmodified-since keep-alive max-forwards origin pragma priority range \
    sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user te traceparent tracestate \
    trailer transfer-encoding upgrade user-agent via x-aspose-client x-aspose-client-version \
    x-correlation-id x-forwarded-for x-forwarded-host x-forwarded-proto x-request-id \
    x-sandbox-fault";

/// A parameter or a field is hidden if its name contains one of these words, ignoring case, hyphens
/// and underscores. This also covers misspelt names and those of other APIs.
const SECRET_WORDS: &str = "\
    accesskey apikey assertion authorization cookie credential passw privatekey secret \
    signature token";

/// The minimum length of a secret that values are searched for. A shorter one may be part of
/// ordinary words.
const SHORTEST_SECRET: usize = 8;

/// Replaces the secrets of one sandbox, and values with suspicious names.
#[derive(Default)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
    /// The secrets of the clients that were added since the start or the last reset.
    added: RwLock<Vec<String>>,
}

impl Redactor {
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets = secrets.into_iter();
        let secrets = secrets.filter(|secret| secret.len() >= SHORTEST_SECRET).collect();
        Self { secrets, added: RwLock::default() }
    }

    /// Also replaces this secret.
    pub(super) fn add(&self, secret: String) {
        if secret.len() >= SHORTEST_SECRET {
            self.added.write().unwrap_or_else(PoisonError::into_inner).push(secret);
        }
    }

    /// Forgets the secrets that were added.
    pub(super) fn reset(&self) {
        self.added.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns the value of a header with secrets replaced.
    pub(super) fn header(&self, name: &str, value: &str) -> String {
        if name.eq_ignore_ascii_case("authorization")
            || name.eq_ignore_ascii_case("proxy-authorization")
        {
            return match value.split_once(' ') {
                Some((scheme, _)) if is_word(scheme) => format!("{scheme} {REDACTED}"),
                _ => REDACTED.to_owned(),
            };
        }
        let mut shown = SHOWN_HEADERS.split(' ');
        if shown.any(|shown| name.eq_ignore_ascii_case(shown)) {
            self.text(value)
        } else {
            REDACTED.to_owned()
        }
    }

    /// Returns the value of a query parameter with secrets replaced.
    pub(super) fn parameter(&self, name: &str, value: &str) -> String {
        if is_secret(name) { REDACTED.to_owned() } else { self.text(value) }
    }

    /// Returns a URL-encoded form with secrets replaced, and otherwise unchanged.
    pub(super) fn form(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => {
                // A name that cannot be decoded may be that of a secret.
                let known = query::decode(name).filter(|name| !is_secret(name));
                let value = if known.is_some() { value } else { REDACTED };
                format!("{name}={value}")
            }
            None => pair.to_owned(),
        });
        self.text(&pairs.collect::<Vec<_>>().join("&"))
    }

    /// Returns a JSON text with secrets replaced, and otherwise unchanged.
    pub(super) fn json(&self, text: &str) -> String {
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                if hide(&mut value) {
                    self.text(&value.to_string())
                } else {
                    self.text(text)
                }
            }
            // In invalid JSON, the secret cannot be separated from the rest.
            Err(_) if is_secret(text) => REDACTED.to_owned(),
            Err(_) => self.text(text),
        }
    }

    /// Returns a text with the sandbox's secrets and JWTs replaced.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        for secret in self.secrets.iter().chain(added.iter()) {
            if text.contains(secret) {
                text = text.replace(secret, REDACTED);
            }
        }
        without_jwts(&text)
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Whether a name, or a text that cannot be parsed, contains one of the [`SECRET_WORDS`].
fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|letter| !matches!(letter, '-' | '_'));
    let plain: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    SECRET_WORDS.split(' ').any(|word| plain.contains(word))
}

/// Replaces the values of members with a secret name. Returns whether there were any.
fn hide(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => members.iter_mut().fold(false, |hidden, (name, value)| {
            if is_secret(name) {
                *value = REDACTED.into();
                return true;
            }
            hide(value) | hidden
        }),
        Value::Array(items) => items.iter_mut().fold(false, |hidden, item| hide(item) | hidden),
        _ => false,
    }
}

/// Replaces JWTs: three parts of base64url, separated by dots, of which the first begins with the
/// encoding of `{"`.
fn without_jwts(text: &str) -> String {
    const START: &str = "eyJ";
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut clean = String::with_capacity(text.len());
    let mut left = text;
    while let Some(at) = left.find(START) {
        let (before, candidate) = left.split_at(at);
        let end = candidate.bytes().position(|byte| !is_part(byte));
        let (candidate, after) = candidate.split_at(end.unwrap_or(candidate.len()));
        clean.push_str(before);
        let dots = candidate.bytes().filter(|byte| *byte == b'.').count();
        clean.push_str(if dots >= 2 { REDACTED } else { candidate });
        left = after;
    }
    clean + left
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln";

    fn redactor() -> Redactor {
        Redactor::new(["correct-horse".to_owned(), "s".to_owned()])
    }

    #[test]
    fn credential_headers_keep_only_the_scheme() {
        let value = |name, value| redactor().header(name, value);
        assert_eq!(value("authorization", "Bearer abc"), "Bearer [redacted]");
        assert_eq!(value("Authorization", "abc"), "[redacted]");
        assert_eq!(value("authorization", "a:b c"), "[redacted]");
        assert_eq!(value("cookie", "a=b"), "[redacted]");
        assert_eq!(value("accept", "a/b; correct-horse"), "a/b; [redacted]");
        assert_eq!(value("Accept", "a/b"), "a/b");
    }

    #[test]
    fn headers_of_unknown_names_are_hidden() {
        let names = "X-Auth-Token api-key X-Amz-Security-Token Set-Cookie x-functions-key x-custom";
        for name in names.split(' ') {
            assert_eq!(redactor().header(name, "abc"), REDACTED, "{name}");
        }
    }

    #[test]
    fn parameters_are_hidden_by_their_names() {
        let value = |name| redactor().parameter(name, "abc");
        for name in "X-Amz-Signature API_KEY authToken Passwd client-secret".split(' ') {
            assert_eq!(value(name), REDACTED, "{name}");
        }
        for name in ["data", "fileUrl", "barcodeType", "grant_type", "client_id"] {
            assert_eq!(value(name), "abc", "{name}");
        }
    }

    #[test]
    fn the_values_of_secret_form_fields_are_hidden_however_they_are_escaped() {
        let form = "grant_type=x&client_secret=s&client%5Fsecret=s&%FF=s&data=1";
        assert_eq!(
            redactor().form(form),
            "grant_type=x&client_secret=[redacted]&client%5Fsecret=[redacted]&%FF=[redacted]&data=1"
        );
    }

    #[test]
    fn json_secrets_are_hidden_at_any_depth_and_other_json_is_unchanged() {
        let json = format!(r#"{{"a": [{{"token": {{"b": 1}}}}], "c": "{JWT}"}}"#);
        assert_eq!(redactor().json(&json), r#"{"a":[{"token":"[redacted]"}],"c":"[redacted]"}"#);
        assert_eq!(redactor().json(r#"{ "a":  1 }"#), r#"{ "a":  1 }"#);
        assert_eq!(redactor().json(r#"{ "a": "#), r#"{ "a": "#);
        assert_eq!(redactor().json(r#"{"Client_Secret": "x"#), "[redacted]");
    }

    #[test]
    fn jwts_and_known_secrets_are_found_in_any_text() {
        let text = format!("<a>{JWT}</a> correct-horse eyJ eyJx.y ({JWT})");
        assert_eq!(redactor().text(&text), "<a>[redacted]</a> [redacted] eyJ eyJx.y ([redacted])");
    }
}
