//! The symbologies: the properties of each type of the document.
//!
//! The entries are in two tables: one for the default engine, and one for the types that the second
//! engine adds. The operations reject a type that is in neither table.

use rxing::BarcodeFormat;

use super::{second, table};

/// The maximum length of linear symbols, in characters. It is that of rxing's writers.
pub(crate) const LONGEST_LINEAR: usize = 80;

/// The kind of a symbol, which determines how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rxing(BarcodeFormat),
    #[cfg_attr(not(feature = "all-symbologies"), expect(dead_code))]
    Second(second::Format),
    /// No engine reads it.
    Unread,
}

/// How a symbol is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenBy {
    Rxing,
    /// rxing writes two symbols, which are placed side by side.
    Coupon,
    /// The second engine, in builds that include it and if it supports the type.
    Second,
}

/// One type of barcode.
#[derive(Debug)]
pub(crate) struct Symbology {
    /// The name in the enumerations of the document.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether text is printed below the symbol by default.
    pub(crate) linear: bool,
    /// Whether the symbol begins with FNC1.
    pub(crate) gs1: bool,
    /// Whether the type is reported if no type was requested.
    pub(crate) common: bool,
    pub(crate) written_by: WrittenBy,
    /// Converts the user's value to the text of the symbol. `Err` says which values the type
    /// supports.
    pub(crate) write: fn(&str) -> Result<String, String>,
    /// Converts the text of a symbol to the user's value. Returns `None` if the symbol is not of
    /// this type.
    pub(crate) read: fn(&str) -> Option<String>,
}

impl Symbology {
    /// The type of that name, if it can be written.
    pub(crate) fn to_write(name: &str) -> Option<&'static Self> {
        Self::all().find(|symbology| symbology.name == name && symbology.is_written())
    }

    /// The type of that name, if it can be read.
    pub(crate) fn to_read(name: &str) -> Option<&'static Self> {
        Self::all().find(|symbology| symbology.name == name && symbology.is_read())
    }

    /// All types. Of two types that share a symbol, the more specific one comes first.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        table::SYMBOLOGIES.iter().chain(second::SYMBOLOGIES)
    }

    pub(crate) fn is_written(&self) -> bool {
        self.written_by != WrittenBy::Second || second::writes(self.name)
    }

    pub(crate) fn is_read(&self) -> bool {
        self.kind != Kind::Unread
    }

    /// The default ratio of the height of a module to its width (ISO/IEC 15438 and 24728), if it is
    /// not square.
    pub(crate) fn module_ratio(&self) -> Option<f64> {
        match self.name {
            "MicroPdf417" => Some(2.0),
            "MacroPdf417" => Some(3.0),
            _ => (self.base() == Some(BarcodeFormat::PDF_417)).then_some(3.0),
        }
    }

    /// The format of the symbol in rxing, if it supports it.
    pub(crate) fn base(&self) -> Option<BarcodeFormat> {
        match self.kind {
            Kind::Rxing(base) => Some(base),
            _ => None,
        }
    }

    /// The text to encode in the symbol for `value`.
    pub(crate) fn content(&self, value: &str) -> Result<String, String> {
        if self.linear && value.chars().count() > LONGEST_LINEAR {
            return Err(format!("It takes at most {LONGEST_LINEAR} characters."));
        }
        (self.write)(value)
    }

    /// The value that the text of a symbol represents.
    pub(crate) fn value(&self, content: &str) -> Option<String> {
        (self.read)(content)
    }
}
