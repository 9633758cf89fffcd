//! The supported symbologies and formats. The order of both enumerations must be that of the lists
//! in `shim/shim.cpp`.

/// The symbologies that libzint writes, limited to those that this project uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)] // The names are self-explanatory.
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

/// The formats that zxing-cpp reads, limited to those that this project uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
#[allow(missing_docs)] // The names are self-explanatory.
pub enum Format {
    Aztec,
    Codabar,
    Code128,
    /// Without full ASCII, in which pairs of characters encode the other ASCII characters.
    Code39,
    Code93,
    DataMatrix,
    /// All kinds except limited and expanded.
    Databar,
    /// In one or more rows.
    DatabarExpanded,
    DatabarLimited,
    /// Includes UPC-A.
    Ean13,
    Ean8,
    Itf,
    MaxiCode,
    MicroPdf417,
    MicroQr,
    /// Includes Macro PDF417 symbols, which are parts of a file.
    Pdf417,
    Qr,
    RectMicroQr,
    UpcE,
}

impl Format {
    /// The format at `index` in the list in `shim/shim.cpp`.
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
        ALL.into_iter().find(|format| *format as u32 == index)
    }
}
