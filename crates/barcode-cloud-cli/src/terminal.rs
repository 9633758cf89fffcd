//! Formats terminal output: errors on a single line, and barcode values with escaped control
//! characters.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};

use crate::output;

/// The progress bar that is on the terminal, so that a notice does not tear it.
static BAR: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Prints a line to standard error, above the progress bar if there is one.
pub(crate) fn notice(line: &str) {
    let print = || output::note(line);
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
    text.chars().fold(String::with_capacity(text.len()), |mut line, character| {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
        line
    })
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

    use super::{one_line, printable};

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("a\u{1b}[31m\nä"), "a\\u{1b}[31m\\nä");
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
