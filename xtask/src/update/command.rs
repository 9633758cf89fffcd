//! `cargo xtask update`: its arguments, and running it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{MARKER, Proposal, propose};
use crate::Error;
use crate::diff::Format;
use crate::source::Source;

const AFTER_HELP: &str = "\
The published document is held against the OpenAPI meta-schema first. Its facts
are taken as they are, without vendor extensions (x-...) and examples. Texts and
order stay ours, those of an operation at a new path too, by its operationId; a
new place gets a marker that names its JSON pointer. No text of the publisher is
copied.

Exit code with --accept: 0 done, 1 error, 2 wrong usage. Without it, the class
of the change: 0 none, 10 additive, 20 breaking (as `cargo xtask diff`).";

/// Arguments of `cargo xtask update`.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The new published document: a file, an http(s) address, or git:REV:PATH
    #[arg(value_name = "PATH-OR-URL")]
    published: String,
    /// Replace our document; without this nothing is written
    #[arg(long)]
    accept: bool,
    /// Our document [default: openapi/barcode-v4.json]
    #[arg(long, value_name = "PATH")]
    document: Option<PathBuf>,
    /// The overlay [default: openapi/overlay.json]
    #[arg(long, value_name = "PATH")]
    overlay: Option<PathBuf>,
}

/// What the update would do, as it is to be printed, and the exit code; does it where asked to. `root` is the top of
/// the repository.
///
/// # Errors
///
/// Those of [`propose`] and [`Proposal::accept`].
pub fn run(arguments: &Arguments, root: &Path) -> Result<(String, u8), Error> {
    let or_default =
        |path: &Option<PathBuf>, default: &str| path.clone().unwrap_or_else(|| root.join(default));
    let document = or_default(&arguments.document, "openapi/barcode-v4.json");
    let overlay = or_default(&arguments.overlay, "openapi/overlay.json");
    let published = Source::parse(&arguments.published)?.read(root)?;
    let proposal = propose(&arguments.published, &published, &document, &overlay)?;
    let review = told(&proposal);
    let path = document.display();
    if arguments.accept {
        proposal.accept()?;
        return Ok((format!("{review}{}\n", accepted(&proposal, &document)), 0));
    }
    let next = match proposal.changes_bytes() {
        true => format!("nothing is written; run again with --accept to replace {path}"),
        false => format!("{path} holds all of it already"),
    };
    Ok((format!("{review}{next}\n"), proposal.report.exit_code()))
}

fn told(proposal: &Proposal) -> String {
    let mut text = proposal.report.print(Format::Text);
    if !proposal.undescribed.is_empty() {
        let count = proposal.undescribed.len();
        text.push_str(&format!(
            "\n{count} texts to write, each marked \"{}\":\n",
            MARKER.trim_end()
        ));
        for place in &proposal.undescribed {
            text.push_str(&format!("  {place}{}\n", proposal.named(place)));
        }
    }
    if !proposal.idle_actions.is_empty() {
        text.push_str("\nOverlay actions that no longer do anything; correct or delete them:\n");
        for action in &proposal.idle_actions {
            text.push_str(&format!("  {action}\n"));
        }
    }
    text.push('\n');
    text
}

fn accepted(proposal: &Proposal, document: &Path) -> String {
    let path = document.display();
    if !proposal.changes_bytes() {
        return format!("{path} is unchanged");
    }
    format!(
        "{path} is replaced; write the marked texts, read those of changed places again, then run `cargo xtask generate`"
    )
}
