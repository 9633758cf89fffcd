//! Redacts text of a server before an error shows it.

/// The maximum number of characters that are kept of a description.
const MAX_DESCRIPTION: usize = 200;

/// Words with a digit and at least this many characters look like keys. They are redacted.
const KEY_LENGTH: usize = 16;

/// Whether an error code that is not registered may be shown: it looks like `invalid_dpop_proof`,
/// and does not contain a secret.
pub(crate) fn is_plain_code(code: &str, secrets: &[&str]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.');
    (1..=40).contains(&code.len())
        && code.bytes().all(plain)
        && !secrets.iter().any(|secret| code.contains(secret))
}

/// Returns a description that may be shown: without secrets and words that look like keys, in
/// printable ASCII, and at most 200 characters long. Secrets are removed first, before another step
/// can split one.
pub(crate) fn description<'a>(text: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[redacted]");
    }
    let text = text.replace(|c: char| !c.is_ascii_graphic(), " ");
    let looks_like_key =
        |word: &str| word.len() >= KEY_LENGTH && word.bytes().any(|byte| byte.is_ascii_digit());
    let words = text.split_whitespace();
    let words = words.map(|word| if looks_like_key(word) { "[redacted]" } else { word });
    let text = words.collect::<Vec<_>>().join(" ");
    text.chars().take(MAX_DESCRIPTION).collect()
}
