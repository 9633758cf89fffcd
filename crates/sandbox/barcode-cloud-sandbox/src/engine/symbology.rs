//! The symbologies: what is known of each type of the document.
//!
//! The entries are in two tables: the default engine's, and what the second engine adds. A type that
//! neither holds is refused by the operations.

use rxing::BarcodeFormat;

use super::{second, table};

/// More than any linear symbol of use, and what rxing's own writers allow.
pub(crate) const LONGEST_LINEAR: usize = 80;

/// What a symbol is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rxing(BarcodeFormat),
    #[cfg_attr(not(feature = "all-symbologies"), expect(dead_code))]
    Second(second::Format),
    /// No engine reads it.
    Unread,
}

/// What makes a symbol of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenBy {
    Rxing,
    /// Two symbols of rxing's beside each other.
    Coupon,
    /// The second engine, in builds that have it and if it has the type.
    Second,
}

/// One type of barcode.
#[derive(Debug)]
pub(crate) struct Symbology {
    /// As in the document's enumerations.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether text is printed below it unless told otherwise.
    pub(crate) linear: bool,
    /// Whether the symbol begins with FNC1.
    pub(crate) gs1: bool,
    /// Whether a reading is called by this name when no type was asked for.
    pub(crate) common: bool,
    pub(crate) written_by: WrittenBy,
    /// From the user's value to the symbol's text; `Err` says what the type takes.
    pub(crate) write: fn(&str) -> Result<String, String>,
    /// From the symbol's text to the user's value; `None` where it is not of this type.
    pub(crate) read: fn(&str) -> Option<String>,
}

impl Symbology {
    /// The type of that name, if it can be written.
    pub(crate) fn to_write(name: &str) -> Option<&'static Self> {
        Self::all().find(|it| it.name == name && it.is_written())
    }

    /// The type of that name, if it can be read.
    pub(crate) fn to_read(name: &str) -> Option<&'static Self> {
        Self::all().find(|it| it.name == name && it.is_read())
    }

    /// All types, those before others that say more about a symbol.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        table::SYMBOLOGIES.iter().chain(second::SYMBOLOGIES)
    }

    pub(crate) fn is_written(&self) -> bool {
        self.written_by != WrittenBy::Second || second::writes(self.name)
    }

    pub(crate) fn is_read(&self) -> bool {
        self.kind != Kind::Unread
    }

    /// How much higher than wide a module is unless told otherwise (ISO/IEC 15438 and 24728), where it is not square.
    pub(crate) fn module_ratio(&self) -> Option<f64> {
        match self.name {
            "MicroPdf417" => Some(2.0),
            "MacroPdf417" => Some(3.0),
            _ => (self.base() == Some(BarcodeFormat::PDF_417)).then_some(3.0),
        }
    }

    /// What rxing calls the symbol, if it knows it.
    pub(crate) fn base(&self) -> Option<BarcodeFormat> {
        match self.kind {
            Kind::Rxing(base) => Some(base),
            _ => None,
        }
    }

    /// The text to put into the symbol for `value`.
    pub(crate) fn content(&self, value: &str) -> Result<String, String> {
        if self.linear && value.chars().count() > LONGEST_LINEAR {
            return Err(format!("It takes at most {LONGEST_LINEAR} characters."));
        }
        (self.write)(value)
    }

    /// The value that a symbol's text stands for.
    pub(crate) fn value(&self, content: &str) -> Option<String> {
        (self.read)(content)
    }
}
