//! Why a builder builds no request, where that is known before it is asked. A byte a parameter, not a text: a builder
//! has thirty, and is moved by each setter.

use progenitor_client::Error;

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    Missing,
    Unconvertible,
}

impl Refusal {
    /// What is told of the parameter of this `name`.
    #[cold]
    pub(crate) fn told(self, name: &str) -> String {
        match self {
            Self::Missing => format!("{name} was not initialized"),
            Self::Unconvertible => format!("{name}: the value cannot be converted to its type"),
        }
    }

    #[cold]
    pub(crate) fn error<E>(self, name: &str) -> Error<E> {
        Error::InvalidRequest(self.told(name))
    }
}
