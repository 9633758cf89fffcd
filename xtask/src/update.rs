//! `cargo xtask update`: parses the arguments, merges the published document into ours, prints the
//! proposal, and writes it with `--accept`.

use std::path::{Path, PathBuf};

use clap::Args;
use contract_review::Source;
use contract_review::update::{Proposal, propose};

use crate::diff::exit_code;
use crate::{Error, document, overlay, sync};

const AFTER_HELP: &str = "\
The published document is first validated against the OpenAPI meta-schema. Its
facts are taken unchanged, without vendor extensions (x-...) and examples. The
descriptions and the order of our document are kept; an operation that moved to
a new path is recognized by its operationId. Each new place without a
description gets a marker with its JSON pointer. No text of the publisher is
copied.

Exit code with --accept: 0 success, 1 error, 2 wrong usage. Without it, the
class of the change: 0 none, 10 additive, 20 breaking (like `cargo xtask diff`).";

/// Arguments of `cargo xtask update`.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The new published document: a file, an http(s) URL, or git:REV:PATH
    #[arg(value_name = "PATH-OR-URL")]
    published: String,
    /// Replace our document; without this option nothing is written
    #[arg(long)]
    accept: bool,
    /// Our document [default: openapi/barcode-v4.json]
    #[arg(long, value_name = "PATH")]
    document: Option<PathBuf>,
    /// The overlay [default: openapi/overlay.json]
    #[arg(long, value_name = "PATH")]
    overlay: Option<PathBuf>,
}

/// Returns the text to print and the exit code. Writes our document when the arguments say so.
/// `root` is the top of the repository.
///
/// # Errors
///
/// The errors of reading the documents and the overlay, of [`propose`] and of writing our document.
pub fn run(arguments: &Arguments, root: &Path) -> Result<(String, u8), Error> {
    let or_default =
        |path: &Option<PathBuf>, default: &str| path.clone().unwrap_or_else(|| root.join(default));
    let path = or_default(&arguments.document, "openapi/barcode-v4.json");
    let overlay = or_default(&arguments.overlay, "openapi/overlay.json");
    let published = Source::parse(&arguments.published)?.read(root)?;
    let name = path.display();
    let proposal = propose(
        (&arguments.published, &published),
        (&name.to_string(), &document::read(&path)?),
    )?;
    let review = review(&proposal, &overlay)?;
    let text = proposal.text();
    let unchanged = std::fs::read_to_string(&path).is_ok_and(|old| old == text);
    if !arguments.accept {
        let next = match unchanged {
            true => format!("{name} already contains all of it"),
            false => format!("nothing is written; run again with --accept to replace {name}"),
        };
        return Ok((format!("{review}{next}\n"), exit_code(&proposal.report)));
    }
    if unchanged {
        return Ok((format!("{review}{name} is unchanged\n"), 0));
    }
    sync::write_atomically(&path, &text).map_err(|source| Error::Write {
        path: path.clone(),
        source,
    })?;
    let next = "write the marked texts, check the texts of changed places, then run `cargo xtask generate`";
    Ok((format!("{review}{name} is replaced; {next}\n"), 0))
}

/// The proposal as text, with the overlay actions that have no effect on it.
fn review(proposal: &Proposal, overlay: &Path) -> Result<String, Error> {
    let mut text = proposal.to_text();
    let idle = overlay::idle(&proposal.document, &overlay::read(overlay)?)?;
    if !idle.is_empty() {
        text.push_str("\nOverlay actions that no longer have an effect; correct or delete them:\n");
        for action in idle {
            text.push_str(&format!("  {action}\n"));
        }
    }
    text.push('\n');
    Ok(text)
}
