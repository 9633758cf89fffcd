//! Why a document cannot be reviewed.

use crate::pointer::Pointer;

/// Why a document cannot be reviewed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The document cannot be read, or is not valid OpenAPI.
    #[error("{name}: {reason}")]
    Document {
        /// The file, git revision or URL.
        name: String,
        /// The problem and its place in the document.
        reason: String,
    },
    /// A value in the document contradicts another one.
    #[error("{pointer}: {problem}; {hint}")]
    Invalid {
        /// The place of the value.
        pointer: Pointer,
        /// The problem.
        problem: String,
        /// How to fix it.
        hint: String,
    },
}

impl Error {
    pub(crate) fn document(name: impl ToString, reason: impl Into<String>) -> Self {
        Self::Document { name: name.to_string(), reason: reason.into() }
    }

    pub(crate) fn invalid(
        pointer: &Pointer,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Invalid { pointer: pointer.clone(), problem: problem.into(), hint: hint.into() }
    }
}
