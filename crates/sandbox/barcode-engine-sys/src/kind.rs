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

impl Symbology {
    /// All symbologies.
    pub const ALL: [Self; 33] = [
        Self::AustraliaPost,
        Self::AustraliaPostReply,
        Self::AustraliaPostRouting,
        Self::AustraliaPostRedirection,
        Self::Aztec,
        Self::CodablockF,
        Self::Code11,
        Self::Code16K,
        Self::DatabarExpanded,
        Self::DatabarExpandedStacked,
        Self::DatabarLimited,
        Self::DatabarOmniDirectional,
        Self::DatabarStackedOmniDirectional,
        Self::DatabarStacked,
        Self::DataLogic2of5,
        Self::DotCode,
        Self::HanXin,
        Self::Iata2of5,
        Self::DutchKix,
        Self::Mailmark,
        Self::Matrix2of5,
        Self::MaxiCode,
        Self::MicroPdf417,
        Self::MicroQr,
        Self::Msi,
        Self::Pdf417,
        Self::Pharmacode,
        Self::Planet,
        Self::Postnet,
        Self::RoyalMail,
        Self::RectMicroQr,
        Self::Industrial2of5,
        Self::OneCode,
    ];
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
    /// All formats.
    pub const ALL: [Self; 19] = [
        Self::Aztec,
        Self::Codabar,
        Self::Code128,
        Self::Code39,
        Self::Code93,
        Self::DataMatrix,
        Self::Databar,
        Self::DatabarExpanded,
        Self::DatabarLimited,
        Self::Ean13,
        Self::Ean8,
        Self::Itf,
        Self::MaxiCode,
        Self::MicroPdf417,
        Self::MicroQr,
        Self::Pdf417,
        Self::Qr,
        Self::RectMicroQr,
        Self::UpcE,
    ];

    /// The format at `index` in the list in `shim/shim.cpp`.
    pub(crate) fn at(index: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|format| *format as u32 == index)
    }
}
