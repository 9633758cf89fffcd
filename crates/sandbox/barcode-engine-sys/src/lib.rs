//! A small safe API for two libraries: libzint writes barcode symbols, and zxing-cpp reads them.
//!
//! This is the only crate of the workspace that contains `unsafe` code. It works on rows of modules
//! and on gray values, and does not depend on the API document or on image formats. Without the
//! feature `native` it is empty.
#![cfg(feature = "native")]

mod foreign;
mod kind;
mod read;
mod write;

pub use kind::{Format, Symbology};
pub use read::{Barcode, read};
pub use write::{Mode, SymbolRequest, WriteError, write};

#[cfg(test)]
mod tests;
