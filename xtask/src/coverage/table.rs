//! The coverage as Markdown: a summary for the README, and all of it for whoever wants to know.

use std::fmt::Write as _;

use super::{COLUMNS, Section};

/// A line a section.
pub(super) fn summary(sections: &[Section]) -> String {
    let mut text = head("contract");
    for section in sections {
        let of: usize = section.rows.iter().map(|row| row.of).sum();
        let covered = |column: usize| {
            section
                .rows
                .iter()
                .map(|row| row.covered[column])
                .sum::<usize>()
        };
        line(
            &mut text,
            &format!("{of} {}", section.title),
            (0..COLUMNS.len()).map(|column| covered(column).to_string()),
        );
    }
    text
}

/// A table a section, with a line for each thing.
pub(super) fn full(sections: &[Section]) -> String {
    let mut text = summary(sections);
    for section in sections {
        let _ = write!(text, "\n{}", head(section.title));
        for row in &section.rows {
            let cells = row.covered.map(|covered| match (covered, row.of) {
                (0, _) => "-".to_owned(),
                (1, 1) => "yes".to_owned(),
                (covered, of) => format!("{covered} of {of}"),
            });
            line(&mut text, &format!("`{}`", row.name), cells);
        }
    }
    text
}

fn head(first: &str) -> String {
    let mut text = String::new();
    line(&mut text, first, COLUMNS.map(str::to_owned));
    text + "|---|---|---|---|---|\n"
}

fn line(text: &mut String, first: &str, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<_> = cells.into_iter().collect();
    let _ = writeln!(text, "| {first} | {} |", cells.join(" | "));
}
