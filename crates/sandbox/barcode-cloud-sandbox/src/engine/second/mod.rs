//! The second engine: libzint writes what rxing does not, and zxing-cpp reads what it can before rxing is asked.
//!
//! Only in builds with the feature `all-symbologies`; `no_second.rs` stands in its place in others.

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
