//! The barcode engine: encodes text into symbols and finds barcodes in pictures.
//!
//! rxing writes symbols and reads pictures. With the feature `all-symbologies`, a second engine
//! writes the symbols that rxing does not support, and is the first to read a picture. This module
//! adds the rules of each symbology, and rejects input on which the engines would panic. It knows
//! nothing about HTTP and the document.

mod area;
mod budget;
mod code128;
mod data_matrix;
mod digits;
mod full_ascii;
mod gray;
mod gs1;
mod linear;
mod pieces;
mod read;
#[cfg_attr(not(feature = "all-symbologies"), path = "no_second.rs")]
mod second;
mod symbology;
mod table;
mod values;
mod write;

pub(crate) use budget::Budget;
pub(crate) use gray::Gray;
pub(crate) use read::{Effort, Found, read};
pub(crate) use symbology::{LONGEST_LINEAR, Symbology};
pub(crate) use values::code39_parts;
pub(crate) use write::{Options, Shape, Symbol, write};

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod contrast;
#[cfg(test)]
mod print;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod tests;
