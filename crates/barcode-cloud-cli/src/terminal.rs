//! What the terminal shows: notes on standard error, the progress bar, errors on a single line, and
//! barcode values with escaped control characters.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};
use serde_json::Value;

/// The progress bar that is on the terminal, so that a notice does not tear it.
static BAR: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Writes a line to standard error. There is no place to report an error of that.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line to standard error, above the progress bar if there is one.
pub(crate) fn notice(line: &str) {
    let print = || note(line);
    let bar = BAR.lock().ok().and_then(|bar| bar.as_ref()?.upgrade());
    match bar {
        Some(bar) => bar.suspend(print),
        None => print(),
    }
}

/// Formats an error as a single line, followed by each of its causes that the line does not already
/// contain.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut line = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !line.contains(&cause) {
            let _ = write!(line, ": {cause}");
        }
    }
    printable(&line)
}

/// Escapes the control characters in `text`, because the value of a barcode could otherwise control
/// the terminal.
pub(crate) fn printable(text: &str) -> String {
    escaped(text, |character| character.escape_default().to_string())
}

/// Formats a value as a single line of JSON, in which the control characters that JSON allows in
/// strings are escaped too.
pub(crate) fn json_line(value: &Value) -> String {
    escaped(&value.to_string(), |character| format!("\\u{:04x}", u32::from(character)))
}

/// Escapes control characters, separators of lines, and marks that change the order of the text on
/// the screen.
fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let is_unsafe = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut line, character| {
        match is_unsafe(character) {
            true => line.push_str(&escape(character)),
            false => line.push(character),
        }
        line
    })
}

/// Returns whether the environment allows colors: <https://no-color.org>
pub(crate) fn allows_colors() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Returns a progress bar of `length` steps on standard error. It is hidden if standard error is
/// not a terminal or if there is only one step.
pub(crate) fn progress(length: usize) -> ProgressBar {
    if length < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {eta}") {
        bar.set_style(style);
    }
    if let Ok(mut current) = BAR.lock() {
        *current = Some(bar.downgrade());
    }
    bar
}

/// Waits for Ctrl-C. If no signal handler can be installed, waits forever; Ctrl-C then ends the
/// process itself.
pub(crate) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Formats a duration in milliseconds with one decimal place.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::{json_line, one_line, printable};

    #[test]
    fn control_characters_are_escaped() {
        for (text, expected, expected_json) in [
            ("a\u{1b}[31m\nä", r"a\u{1b}[31m\nä", r#""a\u001b[31m\nä""#),
            ("\u{7f}\u{85}\u{9b}2J", r"\u{7f}\u{85}\u{9b}2J", r#""\u007f\u0085\u009b2J""#),
            ("a\u{202e}b\u{2028}", r"a\u{202e}b\u{2028}", r#""a\u202eb\u2028""#),
            ("日本 \u{200d}", "日本 \u{200d}", "\"日本 \u{200d}\""),
        ] {
            assert_eq!(printable(text), expected);
            let line = json_line(&text.into());
            assert_eq!(line, expected_json);
            assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }

    #[test]
    fn a_cause_is_appended_unless_the_message_contains_it() {
        let cause = || std::io::Error::other("the cause");
        let error = Err::<(), _>(cause()).context("it failed").unwrap_err();
        assert_eq!(one_line(&error), "it failed: the cause");
        let error = Err::<(), _>(cause()).context("failed for the cause").unwrap_err();
        assert_eq!(one_line(&error), "failed for the cause");
    }
}
