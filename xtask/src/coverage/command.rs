//! `cargo xtask coverage`: prints the tables, and keeps the README's summary in step.

use std::path::Path;

use crate::sync::{Mode, write_atomically};
use crate::{Error, document};

use super::{measure, table};

const BEGIN: &str = "<!-- Written by `cargo xtask coverage --write`. -->\n";
const END: &str = "<!-- End of the coverage. -->\n";

/// What to do with the summary in the README.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Write the summary into README.md
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Fail when the summary in README.md is not what is measured
    #[arg(long)]
    check: bool,
}

/// Runs the command in the project at `root`; returns what it prints.
///
/// # Errors
///
/// [`Error::Drift`] with `--check`; otherwise what reading the code or asking the sandbox met.
pub fn run(arguments: &Arguments, root: &Path) -> Result<String, Error> {
    let document = document::read(&root.join("openapi/barcode-v4.json"))?;
    let sections = measure(&document, root)?;
    if !arguments.write && !arguments.check {
        return Ok(table::full(&sections));
    }
    let path = root.join("README.md");
    let fault = |source| Error::Read {
        path: path.clone(),
        source,
    };
    let old = std::fs::read_to_string(&path).map_err(fault)?;
    let new = with_summary(&old, &table::summary(&sections)).ok_or_else(|| Error::Drift {
        files: vec![format!(
            "README.md has no lines {:?} and {:?}",
            BEGIN.trim(),
            END.trim()
        )],
        mend: "put them where the summary shall stand, then `cargo xtask coverage --write`",
    })?;
    let mode = if arguments.check {
        Mode::Check
    } else {
        Mode::Write
    };
    match (old == new, mode) {
        (true, _) => Ok("the README's coverage is up to date".to_owned()),
        (false, Mode::Check) => Err(Error::Drift {
            files: vec!["README.md: its coverage is not what is measured".to_owned()],
            mend: "run `cargo xtask coverage --write` and commit what it writes",
        }),
        (false, Mode::Write) => {
            write_atomically(&path, &new).map_err(|source| Error::Write { path, source })?;
            Ok("wrote the coverage into README.md".to_owned())
        }
    }
}

/// `readme` with `summary` between its two marks.
fn with_summary(readme: &str, summary: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{summary}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with_summary};

    #[test]
    fn the_summary_stands_between_its_marks() {
        let readme = format!("a\n{BEGIN}old\n{END}b\n");
        let new = with_summary(&readme, "| new |\n").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}\n| new |\n\n{END}b\n"));
        assert_eq!(with_summary(&new, "| new |\n").unwrap(), new);
        assert!(with_summary("no marks", "").is_none());
    }
}
