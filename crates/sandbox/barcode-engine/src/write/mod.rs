//! Writing: encodes a value into the modules of a symbol, with rxing or zint.

mod code128;
mod data_matrix;
mod options;
mod rxing;
mod symbol;
#[cfg(feature = "all-symbologies")]
mod zint;

pub use options::{CharacterSet, WriteOptions};
pub(crate) use symbol::Modules;
pub use symbol::Symbol;

use crate::symbology::WrittenBy;
use crate::{Error, Symbology};

/// Encodes a value.
///
/// # Errors
///
/// [`Error::Data`] if the symbology, or this build, cannot encode the value.
pub fn write(
    symbology: &'static Symbology,
    value: &str,
    options: &WriteOptions,
) -> Result<Symbol, Error> {
    rxing::check_length(symbology, value)?;
    let content = symbology.content(value)?;
    let modules = match symbology.written_by {
        WrittenBy::Rxing => rxing::write(symbology, &content, options),
        WrittenBy::Coupon => rxing::coupon(&content),
        #[cfg(feature = "all-symbologies")]
        WrittenBy::Zint => zint::write(symbology, &content, options),
        _ => Err(Error::Data("This build does not support writing this type.".to_owned())),
    }?;
    let text = symbology.value(&content);
    Ok(Symbol { symbology, modules, text: text.unwrap_or_else(|| value.to_owned()) })
}
