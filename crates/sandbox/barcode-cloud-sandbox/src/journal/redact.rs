//! What a log must not show: credentials and tokens, wherever they stand.
//!
//! Two nets, one behind the other: values are replaced by the name that they have, and whatever
//! looks like a secret of this sandbox or a JWT by what it is.

use serde_json::Value;

use crate::query;

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// Headers, fields and parameters whose values are secrets. The scheme of an `Authorization` is not.
const SECRET_NAMES: [&str; 13] = [
    "access_token",
    "api_key",
    "apikey",
    "assertion",
    "client_assertion",
    "client_secret",
    "cookie",
    "id_token",
    "password",
    "refresh_token",
    "secret",
    "token",
    "x-api-key",
];

/// A secret shorter than this is also a part of ordinary words, and only known by its name.
const SHORTEST_SECRET: usize = 8;

/// Knows the secrets of one sandbox.
#[derive(Default)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let secrets = secrets.into_iter();
        Self {
            secrets: secrets.filter(|it| it.len() >= SHORTEST_SECRET).collect(),
        }
    }

    /// The value of a header, a parameter or a field.
    pub(super) fn value(&self, name: &str, value: &str) -> String {
        if name.eq_ignore_ascii_case("authorization")
            || name.eq_ignore_ascii_case("proxy-authorization")
        {
            return match value.split_once(' ') {
                Some((scheme, _)) if is_word(scheme) => format!("{scheme} {REDACTED}"),
                _ => REDACTED.to_owned(),
            };
        }
        if is_secret(name) {
            return REDACTED.to_owned();
        }
        self.text(value)
    }

    /// A form as it was sent.
    pub(super) fn form(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => {
                // A name that cannot be read might be any.
                let known = query::decode(name).filter(|name| !is_secret(name));
                let value = if known.is_some() { value } else { REDACTED };
                format!("{name}={value}")
            }
            None => pair.to_owned(),
        });
        self.text(&pairs.collect::<Vec<_>>().join("&"))
    }

    /// A JSON text, as it was sent if nothing in it is secret.
    pub(super) fn json(&self, text: &str) -> String {
        match serde_json::from_str::<Value>(text) {
            Ok(mut value) => {
                if hide(&mut value) {
                    self.text(&value.to_string())
                } else {
                    self.text(text)
                }
            }
            // What cannot be read cannot be told apart.
            Err(_) if mentions_secret(text) => REDACTED.to_owned(),
            Err(_) => self.text(text),
        }
    }

    /// Any text.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
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

fn is_secret(name: &str) -> bool {
    SECRET_NAMES.iter().any(|it| name.eq_ignore_ascii_case(it))
}

fn mentions_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|name| text.contains(name))
}

/// Replaces what has a secret name; whether anything had.
fn hide(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => members.iter_mut().fold(false, |hidden, (name, value)| {
            if is_secret(name) {
                *value = REDACTED.into();
                return true;
            }
            hide(value) | hidden
        }),
        Value::Array(items) => items.iter_mut().fold(false, |hidden, it| hide(it) | hidden),
        _ => false,
    }
}

/// Replaces JWTs: three parts of base64url with dots between them, of which the first begins with
/// `{"` encoded.
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
    fn headers_keep_the_scheme_and_lose_the_secret() {
        let value = |name, value| redactor().value(name, value);
        assert_eq!(value("authorization", "Bearer abc"), "Bearer [redacted]");
        assert_eq!(value("Authorization", "abc"), "[redacted]");
        assert_eq!(value("authorization", "a:b c"), "[redacted]");
        assert_eq!(value("cookie", "a=b"), "[redacted]");
        assert_eq!(value("accept", "a/b; correct-horse"), "a/b; [redacted]");
    }

    #[test]
    fn forms_lose_the_values_of_secret_names_however_they_are_escaped() {
        let form = "grant_type=x&client_secret=s&client%5Fsecret=s&%FF=s&data=1";
        assert_eq!(
            redactor().form(form),
            "grant_type=x&client_secret=[redacted]&client%5Fsecret=[redacted]&%FF=[redacted]&data=1"
        );
    }

    #[test]
    fn json_loses_secrets_at_any_depth_and_is_left_alone_without_them() {
        let json = format!(r#"{{"a": [{{"token": {{"b": 1}}}}], "c": "{JWT}"}}"#);
        assert_eq!(
            redactor().json(&json),
            r#"{"a":[{"token":"[redacted]"}],"c":"[redacted]"}"#
        );
        assert_eq!(redactor().json(r#"{ "a":  1 }"#), r#"{ "a":  1 }"#);
        assert_eq!(redactor().json(r#"{ "a": "#), r#"{ "a": "#);
        assert_eq!(redactor().json(r#"{"Client_Secret": "x"#), "[redacted]");
    }

    #[test]
    fn jwts_and_known_secrets_are_found_in_any_text() {
        let text = format!("<a>{JWT}</a> correct-horse eyJ eyJx.y ({JWT})");
        assert_eq!(
            redactor().text(&text),
            "<a>[redacted]</a> [redacted] eyJ eyJx.y ([redacted])"
        );
    }
}
