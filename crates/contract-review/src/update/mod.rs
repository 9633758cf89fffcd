//! Merges a published document into a maintained one.
//!
//! The facts of the result are the publisher's; its descriptions and the order of its keys are
//! those of the maintained document. A new place without a description gets a marker. The merge
//! returns a proposal and writes no file.

mod items;
mod merge;
mod moved;
mod order;
mod places;
mod shared;

use serde_json::Value;

use crate::diff::{Options, Report, compare};
use crate::{Error, Operation, Pointer, operations, responses, validate};

pub use merge::MARKER;

/// The result of merging a published document into a maintained one.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The merged document.
    pub document: Value,
    /// The changes from the maintained document to the merged one, without changed descriptions.
    pub report: Report,
    /// The places in the merged document that have a marker in place of a description.
    pub undescribed: Vec<Pointer>,
    /// The operations of the maintained document that are no longer published, such as
    /// `GET /books/{id}`. An operation with a new path or a new id is not one of them.
    pub removed: Vec<String>,
}

/// Merges `published` into `maintained`. The names are used in error messages.
///
/// # Errors
///
/// [`Error::Document`] when one of the two documents, or the result, is not valid OpenAPI, or when
/// an operation of `published` has no responses.
pub fn propose(
    (published_name, published): (&str, &Value),
    (maintained_name, maintained): (&str, &Value),
) -> Result<Proposal, Error> {
    validate(published_name, published)?;
    responses::check(published).map_err(|e| Error::document(published_name, e.to_string()))?;
    validate(maintained_name, maintained)?;
    let merged = merge::merge(&moved::follow(maintained, published), published);
    validate("the merged document", &merged)?;
    Ok(Proposal {
        report: compare(maintained, &merged, Options { prose: false }),
        undescribed: merge::undescribed(&merged),
        removed: removed(maintained, &merged),
        document: merged,
    })
}

fn removed(maintained: &Value, merged: &Value) -> Vec<String> {
    let id = |operation: &Operation<'_>| operation.node["operationId"].as_str().map(str::to_owned);
    let is_kept = |old: &Operation<'_>| {
        operations(merged).any(|new| {
            (new.path, new.method) == (old.path, old.method)
                || id(old).is_some() && id(&new) == id(old)
        })
    };
    let gone = operations(maintained).filter(|operation| !is_kept(operation));
    gone.map(|operation| format!("{} {}", operation.method.to_uppercase(), operation.path))
        .collect()
}

impl Proposal {
    /// The merged document as text: JSON indented by two spaces, with a final newline.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", self.document)
    }

    /// The proposal as plain text for a terminal: the changes, then the places without a
    /// description.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = self.report.to_text();
        if !self.undescribed.is_empty() {
            let count = self.undescribed.len();
            let marker = MARKER.trim_end();
            text.push_str(&format!("\n{count} texts to write, each marked \"{marker}\":\n"));
            for place in &self.undescribed {
                text.push_str(&format!("  {place}{}\n", self.item_name(place)));
            }
        }
        text
    }

    /// The `name` of the list item that contains `place`, because the pointer shows only the index
    /// of the item.
    fn item_name(&self, place: &Pointer) -> String {
        let item = place.as_str().rsplit_once('/').map_or("", |(item, _)| item);
        let name = self.document.pointer(item).and_then(|item| item["name"].as_str());
        name.map_or_else(String::new, |name| format!(" ({name})"))
    }
}
