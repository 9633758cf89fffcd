//! Redacts the text of a server before it becomes part of an error. Works on text only; knows no
//! protocol.

/// The most that is kept of a description, in characters.
const MAX_DESCRIPTION: usize = 200;

/// Words of this length that have a digit look like keys, and are taken out of a description.
const KEY_LENGTH: usize = 16;

/// Whether an error code that is not a registered one may be kept: it reads like
/// `invalid_dpop_proof`, and has no part of a secret.
pub(crate) fn is_plain_code(code: &str, secrets: &[&str]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    (1..=40).contains(&code.len())
        && code.bytes().all(plain)
        && !secrets.iter().any(|secret| code.contains(secret))
}

/// A description that may be printed: without the secrets and what looks like one, in printable
/// ASCII, of at most 200 characters. Secrets go first, before anything could cut one in two.
pub(crate) fn description<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[redacted]");
    }
    let text = text.replace(|c: char| !c.is_ascii_graphic(), " ");
    let looks_like_key =
        |word: &str| word.len() >= KEY_LENGTH && word.bytes().any(|byte| byte.is_ascii_digit());
    let words = text.split_whitespace();
    let words = words.map(|word| {
        if looks_like_key(word) {
            "[redacted]"
        } else {
            word
        }
    });
    let text = words.collect::<Vec<_>>().join(" ");
    text.chars().take(MAX_DESCRIPTION).collect()
}
