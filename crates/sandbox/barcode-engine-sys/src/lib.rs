//! Two C libraries behind a small safe API: libzint writes symbols, zxing-cpp reads them.
//!
//! The only crate of the workspace with `unsafe`. It knows neither the document nor pictures beyond
//! rows of modules and shades of grey. Without the feature `native` it is empty.
#![cfg(feature = "native")]

mod foreign;
mod kind;
mod read;
mod write;

pub use kind::{Format, Symbology};
pub use read::{Found, read};
pub use write::{Mode, Order, Refusal, write};

#[cfg(test)]
mod tests;
