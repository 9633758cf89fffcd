//! Takes a new published document in: checks it, merges its facts into ours, says what changed, what still wants a
//! description and which overlay actions have become idle. Writes nothing but by [`Proposal::accept`].

pub mod command;
mod merge;
mod moved;
mod order;
mod places;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::diff::{Options, Report, compare};
use crate::pointer::Pointer;
use crate::{Error, document, lower, meta, overlay, sync};

pub use merge::MARKER;

/// What an update would do.
#[derive(Debug)]
pub struct Proposal {
    document: PathBuf,
    merged: Value,
    text: String,
    changes_bytes: bool,
    /// How the contract changes.
    pub report: Report,
    /// The places that hold a marker in place of a description.
    pub undescribed: Vec<Pointer>,
    /// The overlay actions that no longer do anything, one line each.
    pub idle_actions: Vec<String>,
}

/// Merges `published`, which `name` names, into the document at `ours`. Touches no file.
///
/// # Errors
///
/// [`Error::Document`] where the published document is not valid OpenAPI or does not say what an operation answers,
/// from which nothing could be generated; the errors of reading ours and the overlay.
pub fn propose(
    name: &str,
    published: &Value,
    ours: &Path,
    overlay: &Path,
) -> Result<Proposal, Error> {
    meta::check(name, published)?;
    lower::error_bodies::each_operation_answers(published).map_err(|e| Error::Document {
        name: name.to_owned(),
        reason: e.to_string(),
    })?;
    let before = document::read(ours)?;
    meta::check(&ours.display().to_string(), &before)?;
    let merged = merge::merge(&moved::follow(&before, published), published);
    meta::check("the merged document", &merged)?;
    let text = print(&merged);
    let old_text = std::fs::read_to_string(ours).unwrap_or_default();
    let idle_actions = overlay::idle(&merged, &overlay::read(overlay)?)?;
    Ok(Proposal {
        document: ours.to_owned(),
        changes_bytes: text != old_text,
        report: compare(&before, &merged, Options { prose: false }),
        undescribed: merge::undescribed(&merged),
        idle_actions,
        text,
        merged,
    })
}

impl Proposal {
    /// The document as it becomes, as it would be written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether accepting changes a byte.
    #[must_use]
    pub fn changes_bytes(&self) -> bool {
        self.changes_bytes
    }

    /// The name of the list item that `place` is in, since a number tells a person little.
    fn named(&self, place: &Pointer) -> String {
        let item = place.as_str().rsplit_once('/').map_or("", |(item, _)| item);
        let name = self
            .merged
            .pointer(item)
            .and_then(|item| item["name"].as_str());
        name.map_or_else(String::new, |name| format!(" ({name})"))
    }

    /// Replaces our document, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Write`] where the file cannot be written.
    pub fn accept(&self) -> Result<(), Error> {
        if !self.changes_bytes {
            return Ok(());
        }
        sync::write_atomically(&self.document, &self.text).map_err(|source| Error::Write {
            path: self.document.clone(),
            source,
        })
    }
}

/// The format of our document: two spaces, a final newline.
fn print(document: &Value) -> String {
    format!("{document:#}\n")
}
