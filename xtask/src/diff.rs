//! `cargo xtask diff`: parses the arguments, compares the two documents and chooses the exit code.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use contract_review::diff::{Class, Ignored, Options, Report, compare};
use contract_review::{Source, validate};
use serde_json::Value;

use crate::{Error, document};

const AFTER_HELP: &str = "\
Each line has a class:
  breaking         a caller that follows OLD can fail with NEW
  source-breaking  deployed callers keep working, but Rust code that uses the
                   generated client may no longer compile with the new one
  warning          the documents do not say whether callers are affected
  additive         existing callers keep working, and new callers can do more
  docs             only documentation changed, or the same rule is written
                   differently

Requests and responses are judged by opposite rules: a server that accepts more
breaks no caller, but a server that returns new kinds of values can break one.
Names that generated code uses (operation ids, parameters, shared schemas) are
judged too. A change that no rule covers counts as breaking.

An ignore file is a list of reviewed changes in JSON or YAML. Each entry has the
`kind` and `part` of a change (see --format json), a `reason`, and optionally its
`subject` and `text`. Entries that match no change are listed.

Version bump: breaking and source-breaking = major, warning and additive = minor,
docs = patch.

Exit code, by the most severe class; 0 if it is below --fail-on:
   0  no change, or docs
   1  error: a document cannot be read or is not valid OpenAPI
   2  wrong usage
  10  additive
  12  warning
  15  source-breaking
  20  breaking";

/// Arguments of `cargo xtask diff`.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The older document: a file, a URL, or git:REV:PATH (PATH from the top of the repository)
    old: String,
    /// The newer document [default: openapi/barcode-v4.json]
    new: Option<String>,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Leave out descriptions, summaries, titles and tags
    #[arg(long)]
    no_prose: bool,
    /// Exit with 0 unless a change has this class or a more severe one
    #[arg(long, value_name = "CLASS", value_parser = class)]
    fail_on: Option<Class>,
    /// A file with changes that were reviewed and accepted, each with a reason
    #[arg(long, value_name = "PATH")]
    ignore: Option<PathBuf>,
}

fn class(name: &str) -> Result<Class, String> {
    let found = Class::ALL.into_iter().find(|(_, known)| *known == name);
    let names = || Class::ALL.map(|(_, name)| name).join(", ");
    found.map(|(class, _)| class).ok_or_else(|| format!("expected one of {}", names()))
}

/// How the changes are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a pull request
    Markdown,
    /// For programs: `class`, `bump`, `counts`, `changes`
    Json,
}

/// Returns the text to print and the exit code. `root` is the top of the repository.
///
/// # Errors
///
/// [`Error::Document`] when a document cannot be read or is not valid OpenAPI.
pub fn run(arguments: &Arguments, root: &Path) -> Result<(String, u8), Error> {
    let old = read(&arguments.old, root)?;
    let new = match &arguments.new {
        Some(source) => read(source, root)?,
        None => read(&root.join("openapi/barcode-v4.json").display().to_string(), root)?,
    };
    let options = Options { prose: !arguments.no_prose };
    let mut report = compare(&old, &new, options);
    if let Some(path) = &arguments.ignore {
        let entries = Ignored::list(&path.display().to_string(), &document::read(path)?)?;
        report = report.ignoring(&entries);
    }
    let text = match arguments.format {
        Format::Text => report.to_text(),
        Format::Markdown => report.to_markdown(),
        Format::Json => report.to_json(),
    };
    let code = match report.class() < arguments.fail_on {
        true => 0,
        false => exit_code(&report),
    };
    Ok((text, code))
}

fn read(source: &str, root: &Path) -> Result<Value, Error> {
    let document = Source::parse(source)?.read(root)?;
    validate(source, &document)?;
    Ok(document)
}

/// The exit code that `diff` and `update` return for the most severe class of `report`.
pub(crate) fn exit_code(report: &Report) -> u8 {
    match report.class() {
        None | Some(Class::Docs) => 0,
        Some(Class::Additive) => 10,
        Some(Class::Warning) => 12,
        Some(Class::SourceBreaking) => 15,
        Some(Class::Breaking) => 20,
    }
}
