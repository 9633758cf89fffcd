//! The parts of a server's text that errors keep.

use proptest::prelude::*;

use crate::redact::{description, is_plain_code};

#[test]
fn secrets_and_texts_that_look_like_secrets_are_removed_from_descriptions() {
    for (text, secrets, expected) in [
        ("Client not found.", &["secret"][..], "Client not found."),
        ("bad secret: se cret", &["se cret"], "bad secret: [redacted]"),
        ("pass pässword", &["pässword"], "pass [redacted]"),
        ("AADSTS7000215: Invalid client", &["x"], "AADSTS7000215: Invalid client"),
        ("token 'eyJhbGciOiJIUzI1NiJ9.e30.x'", &[], "token [redacted]"),
        ("two\nlines\u{7}\u{1b}[31m", &[], "two lines [31m"),
        ("empty secret", &[""], "empty secret"),
    ] {
        assert_eq!(description(text, secrets.iter().copied()), expected);
    }
    assert_eq!(description(&"x ".repeat(500), [].into_iter()).len(), 200);
}

#[test]
fn codes_are_short_plain_words() {
    for (code, kept) in [
        ("invalid_dpop_proof", true),
        ("", false),
        ("two words", false),
        ("code-1234", false),
        ("line\nbreak", false),
        ("has_secret_inside", false),
    ] {
        assert_eq!(is_plain_code(code, &["secret"]), kept, "{code}");
    }
    assert!(!is_plain_code(&"x".repeat(41), &[]));
}

proptest! {
    #[test]
    fn a_description_never_holds_a_secret(
        before in ".*", secret in "[!-~]{9,40}", after in ".*",
    ) {
        let text = format!("{before}{secret}{after}");
        let kept = description(&text, [secret.as_str()].into_iter());
        prop_assert!(!kept.contains(&secret));
        prop_assert!(kept.chars().all(|c| c == ' ' || c.is_ascii_graphic()));
    }
}
