//! `cargo xtask diff`: parses the arguments, compares the two documents and chooses the exit code.

use std::path::Path;

use clap::{Args, ValueEnum};
use contract_review::diff::{Class, Options, Report, compare};
use contract_review::{Source, validate};
use serde_json::Value;

use crate::Error;

const AFTER_HELP: &str = "\
Each line has a class:
  breaking  a caller that follows OLD can fail with NEW, or no longer compiles
  additive  existing callers keep working, and new callers can do more
  docs      only documentation changed, or the same rule is written differently

Requests and responses are judged by opposite rules: a server that accepts more
breaks no caller, but a server that returns new kinds of values can break one.
Names that generated code uses (operation ids, parameters, shared schemas) are
judged too. A change that no rule covers counts as breaking.

Version bump: breaking = major, additive = minor, docs = patch.

Exit code:
   0  no change, or docs
   1  error: a document cannot be read or is not valid OpenAPI
   2  wrong usage
  10  additive
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
        None => read(
            &root.join("openapi/barcode-v4.json").display().to_string(),
            root,
        )?,
    };
    let options = Options {
        prose: !arguments.no_prose,
    };
    let report = compare(&old, &new, options);
    let text = match arguments.format {
        Format::Text => report.to_text(),
        Format::Markdown => report.to_markdown(),
        Format::Json => report.to_json(),
    };
    Ok((text, exit_code(&report)))
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
        Some(Class::Breaking) => 20,
    }
}
