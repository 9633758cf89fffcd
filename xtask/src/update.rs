//! `cargo xtask update`: parses the arguments, merges the published document into ours, prints the
//! proposal, and writes it with `--accept`.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use clap::Args;
use contract_review::Source;
use contract_review::update::{Proposal, propose};
use serde_json::json;

use crate::diff::exit_code;
use crate::overlay::Action;
use crate::{Error, document, generate_from, overlay, sync};

const AFTER_HELP: &str = "\
The published document is first validated against the OpenAPI meta-schema. Its
facts are taken unchanged, without vendor extensions (x-...) and examples. The
descriptions and the order of our document are kept, also those of an operation
with a new path, of a renamed schema or parameter, and of an object that moved
into `components`. Each new place without a description gets a marker with its
JSON pointer. No text of the publisher is copied.

A document from which no client can be generated is not accepted, and one that
lacks an operation of ours only with --allow-removals. The name, date and SHA-256
of the accepted document are written to `accepted.json` next to our document.

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
    /// Accept a document that lacks operations of ours
    #[arg(long, requires = "accept")]
    allow_removals: bool,
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
/// [`Error::NotAccepted`] when no client can be generated from the document, or when it lacks
/// operations and the arguments do not allow that.
pub fn run(arguments: &Arguments, root: &Path) -> Result<(String, u8), Error> {
    let or_default =
        |path: &Option<PathBuf>, default: &str| path.clone().unwrap_or_else(|| root.join(default));
    let path = or_default(&arguments.document, "openapi/barcode-v4.json");
    let actions = overlay::read(&or_default(&arguments.overlay, "openapi/overlay.json"))?;
    let source = Source::parse(&arguments.published)?;
    let bytes = source.bytes(root)?;
    let published = contract_review::parse(&arguments.published, &bytes)?;
    let name = path.display();
    let proposal =
        propose((&arguments.published, &published), (&name.to_string(), &document::read(&path)?))?;
    let obstacles = obstacles(&proposal, &actions, arguments.allow_removals);
    let text = proposal.text();
    let unchanged = std::fs::read_to_string(&path).is_ok_and(|old| old == text);
    if !arguments.accept {
        let review = review(&proposal, &actions)?;
        let next = match (obstacles.is_empty(), unchanged) {
            (false, _) => format!("{name} cannot be replaced: {}", obstacles.join("; ")),
            (true, true) => format!("{name} already contains all of it"),
            (true, false) => {
                format!("nothing is written; run again with --accept to replace {name}")
            }
        };
        return Ok((format!("{review}{next}\n"), exit_code(&proposal.report)));
    }
    if !obstacles.is_empty() {
        let reason = obstacles.join("; ");
        return Err(Error::NotAccepted { path, reason });
    }
    let review = review(&proposal, &actions)?;
    let outcome = if unchanged {
        "unchanged"
    } else {
        write(&path, &text)?;
        "replaced; write the marked texts, check the texts of changed places, then run `cargo xtask generate`"
    };
    record(&path.with_file_name("accepted.json"), &source, &bytes)?;
    Ok((format!("{review}{name} is {outcome}\n"), 0))
}

/// Why the proposed document must not replace ours.
fn obstacles(proposal: &Proposal, actions: &[Action], allow_removals: bool) -> Vec<String> {
    let mut obstacles = Vec::new();
    if !proposal.removed.is_empty() && !allow_removals {
        let removed = proposal.removed.join(", ");
        obstacles.push(format!("it lacks {removed}; if that is right, add --allow-removals"));
    }
    if let Err(error) = generate_from(proposal.document.clone(), actions) {
        obstacles.push(format!("no client can be generated from it: {error}"));
    }
    obstacles
}

/// The proposal as text, with the overlay actions that have no effect on it.
fn review(proposal: &Proposal, actions: &[Action]) -> Result<String, Error> {
    let mut text = proposal.to_text();
    let idle = overlay::idle(&proposal.document, actions)?;
    if !idle.is_empty() {
        text.push_str("\nOverlay actions that no longer have an effect; correct or delete them:\n");
        for action in idle {
            text.push_str(&format!("  {action}\n"));
        }
    }
    text.push('\n');
    Ok(text)
}

/// Writes which document was accepted to the file at `path`. The date is kept if the same document
/// is accepted again.
fn record(path: &Path, source: &Source, bytes: &[u8]) -> Result<(), Error> {
    let hash = digest(&SHA256, bytes);
    let hash: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    let old = match path.exists() {
        true => document::read(path)?,
        false => json!({}),
    };
    let name = published_name(source);
    if old["sha256"] == hash && old["source"] == name {
        return Ok(());
    }
    let date = chrono::Utc::now().date_naive().to_string();
    let record = json!({"source": name, "date": date, "sha256": hash});
    write(path, &format!("{record:#}\n"))
}

/// The source without its private parts: the folder of a file, and the query of a URL, which can
/// contain a key.
fn published_name(source: &Source) -> String {
    match source {
        Source::File(path) => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            name.to_string_lossy().into_owned()
        }
        Source::Url(address) => {
            let mut address = address.clone();
            address.set_query(None);
            address.set_fragment(None);
            address.to_string()
        }
        Source::Git { .. } => source.to_string(),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    sync::write_atomically(path, text)
        .map_err(|source| Error::Write { path: path.to_owned(), source })
}
