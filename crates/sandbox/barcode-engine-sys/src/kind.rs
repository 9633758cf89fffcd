//! What can be asked for. The order of both enumerations is that of the lists in `shim/shim.cpp`.

/// What libzint is asked to write; only what this project has use for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)] // The names say it.
pub enum Symbology {
    AustraliaPost,
    AustraliaPostReply,
    AustraliaPostRouting,
    AustraliaPostRedirection,
    Aztec,
    CodablockF,
    Code11,
    Code16K,
    DatabarExpanded,
    DatabarExpandedStacked,
    DatabarLimited,
    DatabarOmniDirectional,
    DatabarStackedOmniDirectional,
    DatabarStacked,
    DataLogic2of5,
    DotCode,
    HanXin,
    Iata2of5,
    DutchKix,
    Mailmark,
    Matrix2of5,
    MaxiCode,
    MicroPdf417,
    MicroQr,
    Msi,
    Pdf417,
    Pharmacode,
    Planet,
    Postnet,
    RoyalMail,
    RectMicroQr,
    Industrial2of5,
    OneCode,
}

/// What zxing-cpp is asked to read; only what this project has use for. A format that the library may
/// return beyond these never becomes a value of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)] // The names say it.
pub enum Format {
    Aztec,
    Codabar,
    Code128,
    /// Without the pairs of characters that stand for the rest of ASCII.
    Code39,
    Code93,
    DataMatrix,
    /// Of any kind but limited and expanded.
    Databar,
    /// In one row or several.
    DatabarExpanded,
    DatabarLimited,
    /// Also UPC-A.
    Ean13,
    Ean8,
    Itf,
    MaxiCode,
    MicroPdf417,
    MicroQr,
    /// Also symbols that are part of a file (Macro PDF417).
    Pdf417,
    Qr,
    RectMicroQr,
    UpcE,
}

impl Format {
    /// The format at that place of the list in `shim/shim.cpp`.
    pub(crate) fn at(index: u32) -> Option<Self> {
        const ALL: [Format; 19] = [
            Format::Aztec,
            Format::Codabar,
            Format::Code128,
            Format::Code39,
            Format::Code93,
            Format::DataMatrix,
            Format::Databar,
            Format::DatabarExpanded,
            Format::DatabarLimited,
            Format::Ean13,
            Format::Ean8,
            Format::Itf,
            Format::MaxiCode,
            Format::MicroPdf417,
            Format::MicroQr,
            Format::Pdf417,
            Format::Qr,
            Format::RectMicroQr,
            Format::UpcE,
        ];
        ALL.into_iter().find(|it| *it as u32 == index)
    }
}
