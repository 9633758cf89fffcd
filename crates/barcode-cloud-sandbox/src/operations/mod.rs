//! The work of the operations: checked values in, an answer out.

pub(crate) mod generate;
pub(crate) mod recognize;
