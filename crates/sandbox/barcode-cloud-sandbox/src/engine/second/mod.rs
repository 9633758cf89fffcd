//! The second engine: libzint writes the types that rxing does not support, and zxing-cpp is tried
//! before rxing when a picture is read.
//!
//! It is part of builds with the feature `all-symbologies`. Other builds use `no_second.rs`
//! instead.

mod postal;
mod read;
mod table;
mod values;
mod write;

pub(crate) use barcode_engine_sys::Format;
pub(crate) use read::{read, reads};
pub(crate) use table::SYMBOLOGIES;
pub(crate) use write::{write, writes};

#[cfg(test)]
pub(crate) mod tests;
