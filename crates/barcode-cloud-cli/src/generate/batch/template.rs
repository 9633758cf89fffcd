//! The template of file names, and the check that a name stays within the output folder.

use anyhow::{Context as _, bail};

use super::ledger;
use super::rows::Row;

/// The longest name of a file or of a folder in bytes, on all common file systems.
const MAX_LENGTH: usize = 255;

/// A template such as `{shop}/{id}.png`.
pub(super) struct Template(Vec<Part>);

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Column(String),
}

impl Template {
    /// Parses a template. `{{` and `}}` stand for braces.
    pub(super) fn parse(template: &str) -> anyhow::Result<Self> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(position) = rest.find(['{', '}']) {
            let (before, found) = rest.split_at(position);
            text.push_str(before);
            let brace = &found[..1];
            if found[1..].starts_with(brace) {
                text.push_str(brace);
                rest = &found[2..];
                continue;
            }
            let column = found[1..].split_once('}').filter(|_| brace == "{");
            let (column, after) = column.with_context(|| {
                format!("--name: a `{brace}` in `{template}` has no counterpart; `{{{{` and `}}}}` stand for braces")
            })?;
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Column(column.to_owned()));
            rest = after;
        }
        parts.push(Part::Text(text + rest));
        Ok(Self(parts))
    }

    /// Returns whether the template contains the column.
    pub(super) fn uses(&self, column: &str) -> bool {
        let mut parts = self.0.iter();
        parts.any(|part| matches!(part, Part::Column(name) if name == column))
    }

    /// Returns the path of the row's file, relative to the output folder and separated by `/`.
    pub(super) fn name(&self, row: &Row) -> anyhow::Result<String> {
        let mut name = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Column(column) => name.push_str(&value(column, row)?),
            }
        }
        check(&name)?;
        Ok(name)
    }
}

/// Returns the value of a column, which must not contain a path separator.
fn value(column: &str, row: &Row) -> anyhow::Result<String> {
    let Some(value) = row.get(column) else {
        if column == "row" {
            return Ok(row.number.to_string());
        }
        bail!("--name: the column `{column}` is missing or empty");
    };
    if value.contains(['/', '\\']) {
        bail!("--name: the column `{column}` contains a path separator");
    }
    Ok(value.to_owned())
}

/// Rejects a path that could be outside the output folder, or that a file system rejects.
fn check(name: &str) -> anyhow::Result<()> {
    let is_reserved = |character: char| {
        character.is_control()
            || character == '\\'
            || (cfg!(windows) && ":*?\"<>|".contains(character))
    };
    if name.contains(is_reserved) {
        bail!("--name: `{}` has a character that file names cannot have", name.escape_debug());
    }
    for part in name.split('/') {
        if matches!(part, "" | "." | "..") {
            bail!("--name: `{name}` is not a path below the output folder");
        }
        if part.len() > MAX_LENGTH {
            bail!(
                "--name: a name is {} bytes long, but at most {MAX_LENGTH} are possible",
                part.len()
            );
        }
        if cfg!(windows) && !is_kept_by_windows(part) {
            bail!("--name: Windows does not create a file with the name `{part}`");
        }
    }
    if name.eq_ignore_ascii_case(ledger::FILE_NAME) {
        bail!("--name: `{name}` is the name of the ledger");
    }
    Ok(())
}

/// Returns whether Windows creates a file with exactly this name. It removes dots and spaces from
/// the end, and it writes to a device if the name before the first dot is that of a device.
fn is_kept_by_windows(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_port = |name: &str| matches!(name.as_bytes(), [b'1'..=b'9']);
    let is_device = matches!(&*stem, "AUX" | "CON" | "NUL" | "PRN")
        || ["COM", "LPT"].iter().any(|port| stem.strip_prefix(port).is_some_and(is_port));
    !is_device && !name.ends_with(['.', ' '])
}

#[cfg(test)]
mod tests {
    use super::super::rows::Row;
    use super::{Template, is_kept_by_windows};

    fn name(template: &str, id: &str) -> anyhow::Result<String> {
        let row = Row::new(7, [("id".to_owned(), id.to_owned())]);
        Template::parse(template)?.name(&row)
    }

    #[test]
    fn columns_and_braces_are_replaced() {
        for (template, expected) in [
            ("{row}.png", "7.png"),
            ("{id}.svg", "a b.svg"),
            ("labels/{id}-{row}.gif", "labels/a b-7.gif"),
            ("{{{id}}}.png", "{a b}.png"),
            ("same.png", "same.png"),
        ] {
            assert_eq!(name(template, "a b").unwrap(), expected);
        }
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        let long = "x".repeat(252);
        for (template, id, expected) in [
            ("{id}.png", "../x", "contains a path separator"),
            ("{id}.png", "/etc/x", "contains a path separator"),
            ("{id}.png", "a\\b", "contains a path separator"),
            ("{id}/x.png", "..", "is not a path below the output folder"),
            ("../{id}.png", "x", "is not a path below the output folder"),
            ("/{id}.png", "x", "is not a path below the output folder"),
            ("a//{id}.png", "x", "is not a path below the output folder"),
            ("{id}/", "x", "is not a path below the output folder"),
            ("{id}.png", "a\nb", "has a character that file names cannot have"),
            ("{id}.png", "a\0b", "has a character that file names cannot have"),
            ("{id}.png", &long, "is 256 bytes long"),
            ("{id}", "Barcode-Ledger.jsonl", "is the name of the ledger"),
            ("{id}.png", "", "the column `id` is missing or empty"),
            ("{sku}.png", "x", "the column `sku` is missing or empty"),
            ("{id.png", "x", "a `{` in `{id.png` has no counterpart"),
            ("id}.png", "x", "a `}` in `id}.png` has no counterpart"),
        ] {
            let error = name(template, id).unwrap_err().to_string();
            assert!(error.contains(expected), "{template}, {id}: {error}");
        }
    }

    #[test]
    fn windows_changes_some_names() {
        for name in ["x.png", "con2.png", "com.png", "COM0", "COM10.png", "a con", ".x", "a b"] {
            assert!(is_kept_by_windows(name), "{name}");
        }
        for name in ["NUL", "con.png", "Aux.a.b", "prn .png", "com1.png", "LPT9", "x.", "x "] {
            assert!(!is_kept_by_windows(name), "{name}");
        }
    }
}
