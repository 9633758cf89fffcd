//! Everything that can go wrong between the document and the files, each with its place and the next step.

use std::path::PathBuf;

use contract_review::Pointer;

/// Why no client was generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A document cannot be read, or is not valid OpenAPI.
    #[error(transparent)]
    Document(#[from] contract_review::Error),
    /// The overlay is malformed, or one of its actions cannot be applied.
    #[error("overlay action {action} ({target}): {reason}")]
    Overlay {
        /// Place of the action in the `actions` list, from 0.
        action: usize,
        /// Its JSONPath.
        target: String,
        /// What is wrong.
        reason: String,
    },
    /// The document holds a construct that no lowering rule knows.
    #[error("{pointer}: {construct}; {hint}")]
    Lower {
        /// Where.
        pointer: Pointer,
        /// What stands there.
        construct: String,
        /// The nearest rule, or what to do.
        hint: String,
    },
    /// progenitor refused the lowered document.
    #[error("progenitor cannot generate from the lowered document: {0}")]
    Progenitor(String),
    /// The code that progenitor gave does not have the shape that a rewrite expects.
    #[error(
        "the generated code of {place} has no {expected}: progenitor changed, adjust xtask/src/rewrite"
    )]
    Rewrite {
        /// The item.
        place: String,
        /// What was looked for.
        expected: &'static str,
    },
    /// What is generated differs from what is on disk.
    #[error("{}\n{mend}", files.join("\n"))]
    Drift {
        /// One line a file.
        files: Vec<String>,
        /// The command that mends it.
        mend: &'static str,
    },
    /// A file that no generation wrote lies in the folder of the generated files.
    #[error("{} was not generated: this folder is machine-owned, move the file elsewhere", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn lower(
        pointer: &Pointer,
        construct: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Lower {
            pointer: pointer.clone(),
            construct: construct.into(),
            hint: hint.into(),
        }
    }
}
