//! What goes to a terminal: errors as one line, and text from barcodes that cannot steer the terminal.

use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// The error and those of its causes that it does not tell itself, as one line.
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

/// `text` with its control characters escaped: a barcode may hold anything.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut line, character| {
            if character.is_control() {
                line.extend(character.escape_default());
            } else {
                line.push(character);
            }
            line
        })
}

/// A bar of `length` steps on standard error; nothing where that is no terminal, or where one step is all.
pub(crate) fn progress(length: usize) -> ProgressBar {
    if length < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Milliseconds with one decimal.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::{one_line, printable};

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(printable("a\u{1b}[31m\nä"), "a\\u{1b}[31m\\nä");
    }

    #[test]
    fn causes_follow_unless_told_already() {
        let cause = || std::io::Error::other("the cause");
        let error = Err::<(), _>(cause()).context("it failed").unwrap_err();
        assert_eq!(one_line(&error), "it failed: the cause");
        let error = Err::<(), _>(cause())
            .context("failed for the cause")
            .unwrap_err();
        assert_eq!(one_line(&error), "failed for the cause");
    }
}
