//! The options of a symbol.

use ::rxing::common;

/// The options of a symbol. By default, the engine chooses each. An option has no effect on
/// symbologies that do not have it.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// Whether each character of the value, U+0000 to U+00FF, represents a byte. By default, the
    /// value is text.
    pub binary: bool,
    /// The error correction of QR and Micro QR: `L`, `M`, `Q` or `H`.
    pub qr_error_level: Option<&'static str>,
    /// The version of a QR code: 1 to 40.
    pub qr_version: Option<u32>,
    /// The version of a Micro QR code: 1 to 4.
    pub micro_qr_version: Option<u32>,
    /// The version of a rectangular Micro QR code: 1 to 32, in the order of ISO/IEC 23941.
    pub rect_micro_qr_version: Option<u32>,
    /// The character set of QR and PDF417, which the symbol also names.
    pub character_set: Option<CharacterSet>,
    /// The code set of Code 128: `A`, `B` or `C`.
    pub code128_set: Option<&'static str>,
    /// The error correction of PDF417: 0 to 8.
    pub pdf417_error_level: Option<u32>,
    /// The number of columns of a PDF417 symbol: 1 to 30.
    pub pdf417_columns: Option<u32>,
    /// The number of rows of a PDF417 symbol: 3 to 90.
    pub pdf417_rows: Option<u32>,
    /// Whether to omit the right edge of a PDF417 symbol.
    pub pdf417_truncate: bool,
    /// Whether to encode the data of a PDF417 symbol as bytes.
    pub pdf417_bytes: bool,
}

/// A character set that a symbol can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CharacterSet(pub(super) common::CharacterSet);

impl CharacterSet {
    /// UTF-8.
    pub const UTF8: Self = Self(common::CharacterSet::UTF8);

    /// Returns the character set with a label such as `windows-1252`, `ISO-8859-5` or `Shift_JIS`.
    pub fn named(label: &str) -> Option<Self> {
        common::CharacterSet::get_character_set_by_name(label)
            .filter(|known| *known != common::CharacterSet::Binary)
            .map(Self)
    }
}
