//! Why a builder builds no request, where that is known before it is asked: text of the program, so that neither setting
//! a parameter nor leaving it out takes memory.

use progenitor_client::Error;

/// What is wrong with a parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal(pub(crate) &'static str);

impl<E> From<Refusal> for Error<E> {
    #[cold]
    fn from(refusal: Refusal) -> Self {
        Self::InvalidRequest(refusal.0.to_owned())
    }
}
