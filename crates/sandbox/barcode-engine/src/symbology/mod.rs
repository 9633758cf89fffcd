//! The symbologies: the properties of each type of barcode, and the rules of its values.
//!
//! The properties are in two tables, `table.rs` for the types that rxing writes or reads and
//! `native_table.rs` for those that only zint and zxing-cpp support. The rules are in the other
//! modules. Nothing here depends on the code that writes and reads symbols.

mod catalog;
pub(crate) mod digits;
mod full_ascii;
pub(crate) mod gs1;
#[cfg(feature = "all-symbologies")]
mod native_table;
#[cfg(feature = "all-symbologies")]
mod native_values;
#[cfg(feature = "all-symbologies")]
mod postal;
mod table;
mod values;

use rxing::BarcodeFormat;

use crate::Error;

#[cfg(test)]
pub(crate) use full_ascii::CODE39;
pub(crate) use values::coupon_parts;
pub use values::{MAX_LINEAR, code39_parts};

/// The kind of a symbol, which determines how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// rxing reads it, and zxing-cpp too.
    Rxing(BarcodeFormat),
    /// Only zxing-cpp reads it.
    #[cfg(feature = "all-symbologies")]
    ZxingCpp(barcode_engine_sys::Format),
    /// No engine reads it.
    Unreadable,
}

/// How a symbol is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenBy {
    Rxing,
    /// rxing writes two symbols, which are placed side by side.
    Coupon,
    /// zint, in builds that include it.
    Zint,
    /// No engine writes it.
    Nothing,
}

/// The symbologies that have options of their own in [`WriteOptions`](crate::WriteOptions).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// QR codes, including those with GS1 data.
    Qr,
    /// Micro QR.
    MicroQr,
    /// Rectangular Micro QR.
    RectMicroQr,
    /// PDF417.
    Pdf417,
    /// PDF417 symbols that are parts of a file.
    MacroPdf417,
    /// MicroPDF417.
    MicroPdf417,
    /// Code 128, including the types that are Code 128 symbols with rules for their values.
    Code128,
    /// All others.
    Other,
}

/// A type of barcode: a symbology, or a use of one that restricts its values.
#[derive(Debug)]
pub struct Symbology {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) linear: bool,
    /// Whether the symbol begins with FNC1.
    pub(crate) gs1: bool,
    pub(crate) common: bool,
    pub(crate) written_by: WrittenBy,
    /// Converts the user's value to the text of the symbol. `Err` says which values the type
    /// supports.
    pub(crate) encode: fn(&str) -> Result<String, String>,
    pub(crate) decode: Decode,
}

/// How the text of a symbol is converted to the user's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Decode {
    /// The text is the value.
    Text,
    /// The text is the value if `encode` accepts it and returns it unchanged. Otherwise the symbol
    /// is not of this type.
    IfValid,
    /// The function returns `None` if the symbol is not of this type.
    With(fn(&str) -> Option<String>),
}

impl Symbology {
    /// The name of the type, such as `QR` or `Code128`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether text is printed below the symbol by default.
    pub fn is_linear(&self) -> bool {
        self.linear
    }

    /// Whether the type is one of those that are searched by default.
    pub fn is_common(&self) -> bool {
        self.common
    }

    /// Whether this build can write the type.
    pub fn can_write(&self) -> bool {
        match self.written_by {
            WrittenBy::Rxing | WrittenBy::Coupon => true,
            WrittenBy::Zint => cfg!(feature = "all-symbologies"),
            WrittenBy::Nothing => false,
        }
    }

    /// Whether this build can read the type.
    pub fn can_read(&self) -> bool {
        self.kind != Kind::Unreadable
    }

    /// Returns the value that is read from a symbol of `value`: for example with the check digit
    /// that may be left out, or without the hyphens of an ISBN.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if the type cannot encode the value.
    pub fn normalized(&self, value: &str) -> Result<String, Error> {
        let content = (self.encode)(value).map_err(Error::Data)?;
        self.value(&content)
            .ok_or_else(|| Error::Data("It is not read as a value of this type.".to_owned()))
    }

    /// Which options apply to the type.
    pub fn family(&self) -> Family {
        match (self.name, self.rxing_format()) {
            ("MicroQR", _) => Family::MicroQr,
            ("RectMicroQR", _) => Family::RectMicroQr,
            ("MacroPdf417", _) => Family::MacroPdf417,
            ("MicroPdf417", _) => Family::MicroPdf417,
            (_, Some(BarcodeFormat::QR_CODE)) => Family::Qr,
            (_, Some(BarcodeFormat::PDF_417)) => Family::Pdf417,
            (_, Some(BarcodeFormat::CODE_128)) => Family::Code128,
            _ => Family::Other,
        }
    }

    /// The default ratio of the height of a module to its width (ISO/IEC 15438 and 24728).
    pub fn module_ratio(&self) -> f64 {
        match self.family() {
            Family::MicroPdf417 => 2.0,
            Family::Pdf417 | Family::MacroPdf417 => 3.0,
            _ => 1.0,
        }
    }

    /// Whether the symbol has bars and spaces of two widths only, of which the wide one need not be
    /// a multiple of the narrow one.
    pub fn has_two_widths(&self) -> bool {
        use BarcodeFormat::{CODABAR, CODE_39, ITF};
        matches!(self.rxing_format(), Some(CODABAR | CODE_39 | ITF))
    }

    /// The format of the symbol in rxing, if rxing supports it.
    pub(crate) fn rxing_format(&self) -> Option<BarcodeFormat> {
        match self.kind {
            Kind::Rxing(format) => Some(format),
            _ => None,
        }
    }

    /// The text to encode in the symbol for `value`.
    pub(crate) fn content(&self, value: &str) -> Result<String, Error> {
        if self.linear && value.chars().count() > MAX_LINEAR {
            let problem = format!("It takes at most {MAX_LINEAR} characters.");
            return Err(Error::Data(problem));
        }
        (self.encode)(value).map_err(Error::Data)
    }

    /// The value that the text of a symbol represents, or `None` if the symbol is not of this type.
    pub(crate) fn value(&self, content: &str) -> Option<String> {
        match self.decode {
            Decode::Text => Some(content.to_owned()),
            Decode::IfValid => (self.encode)(content).ok().filter(|text| text == content),
            Decode::With(decode) => decode(content),
        }
    }
}
