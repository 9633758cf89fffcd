//! The barcode engine: texts into symbols, pictures into texts.
//!
//! The drawing of bars and the finding of them is rxing's work, and with the feature `all-symbologies`
//! that of a second engine for what rxing cannot do. This module keeps what lies around it: the rules
//! of each symbology, and guards against what the engines do not survive. It knows nothing of HTTP and
//! of the document.

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
pub(crate) use symbology::Symbology;
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
