//! `cargo xtask diff`: its arguments, and running it.

use std::path::Path;

use clap::Args;

use super::{Format, Options, compare};
use crate::source::Source;
use crate::{Error, meta};

const AFTER_HELP: &str = "\
Each line has a class:
  breaking  a caller that keeps to OLD can fail with NEW, or no longer compiles
  additive  old callers go on, new ones can do more
  docs      only what people read changed, or how the same thing is said

Requests and responses are judged by opposite rules: a server that accepts more
breaks nobody, one that answers with more kinds of values can. Names that
generated code takes over (operation ids, parameters, shared schemas) are
judged too. A change that no rule knows counts as breaking.

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
    /// The older document: a file, an address, or git:REV:PATH (PATH from the top of the repository)
    old: String,
    /// The newer one [default: openapi/barcode-v4.json]
    new: Option<String>,
    /// How to print the changes
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Leave out descriptions, summaries, titles and tags
    #[arg(long)]
    no_prose: bool,
}

/// The change as it is to be printed, and the exit code that tells its class. `root` is the top of the repository.
///
/// # Errors
///
/// [`Error::Document`] where a document cannot be read or is no valid OpenAPI.
pub fn run(arguments: &Arguments, root: &Path) -> Result<(String, u8), Error> {
    let read = |text: &str| {
        let document = Source::parse(text)?.read(root)?;
        meta::check(text, &document)?;
        Ok::<_, Error>(document)
    };
    let old = read(&arguments.old)?;
    let new = match &arguments.new {
        Some(text) => read(text)?,
        None => read(&root.join("openapi/barcode-v4.json").display().to_string())?,
    };
    let options = Options {
        prose: !arguments.no_prose,
    };
    let report = compare(&old, &new, options);
    Ok((report.print(arguments.format), report.exit_code()))
}
