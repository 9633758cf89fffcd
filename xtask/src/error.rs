//! The errors of the commands. Each names the place of the problem and the next step.

use std::path::PathBuf;

use contract_review::Pointer;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A document cannot be read, or is not valid OpenAPI.
    #[error(transparent)]
    Document(#[from] contract_review::Error),
    /// The overlay is malformed, or one of its actions cannot be applied.
    #[error("overlay {place}: {reason}")]
    Overlay {
        /// The action, such as `action 0 ($.info)` for the first one, or `document`.
        place: String,
        /// The problem.
        reason: String,
    },
    /// The document contains a construct that no lowering rule supports.
    #[error("{pointer}: {construct}; {hint}")]
    Lower {
        /// The place of the construct.
        pointer: Pointer,
        /// The construct.
        construct: String,
        /// The most similar rule, or how to fix the document.
        hint: String,
    },
    /// progenitor failed on the lowered document.
    #[error("progenitor cannot generate from the lowered document: {0}")]
    Progenitor(String),
    /// The code that progenitor generated does not have the structure that a rewrite expects.
    #[error(
        "the generated code of {place} has no {expected}: progenitor changed, adjust xtask/src/rewrite"
    )]
    Rewrite {
        /// The item.
        place: String,
        /// The code that the rewrite expected.
        expected: &'static str,
    },
    /// A published document must not replace ours.
    #[error("{} is not replaced: {reason}", path.display())]
    NotAccepted {
        /// Our document.
        path: PathBuf,
        /// Why, and what to do about it.
        reason: String,
    },
    /// The workspace cannot be released.
    #[error("{step}: {reason}")]
    Release {
        /// The step that failed.
        step: String,
        /// Why, and what to do about it.
        reason: String,
    },
    /// The generated files differ from the files on disk.
    #[error("{}\n{fix}", files.join("\n"))]
    Drift {
        /// One line for each file.
        files: Vec<String>,
        /// How to fix it.
        fix: &'static str,
    },
    /// The folder of the generated files contains a file that was not generated.
    #[error("{} was not generated; this folder is for generated files only, so move the file elsewhere", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// The error of the overlay action with this index, counted from 0.
    pub(crate) fn overlay(index: usize, target: &str, reason: impl Into<String>) -> Self {
        Self::Overlay { place: format!("action {index} ({target})"), reason: reason.into() }
    }

    pub(crate) fn lower(
        pointer: &Pointer,
        construct: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Lower { pointer: pointer.clone(), construct: construct.into(), hint: hint.into() }
    }
}
