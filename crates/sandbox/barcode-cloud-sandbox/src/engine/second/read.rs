//! Reading by zxing-cpp.

use barcode_engine_sys::{Format, Found, read as zxing};
use rxing::BarcodeFormat;

use super::super::area::Area;
use super::super::gs1::SEPARATOR;
use super::super::read::{Effort, Reading, enlarged, turned};
use super::super::symbology::Kind;
use super::super::{Budget, Gray};

/// In degrees. The reader finds a MaxiCode only where it is upright.
const RIGHT_ANGLES: [f32; 3] = [90.0, 180.0, 270.0];

/// The formats of this engine for the symbols that rxing also supports.
const SHARED: [(BarcodeFormat, Format); 17] = [
    (BarcodeFormat::AZTEC, Format::Aztec),
    (BarcodeFormat::CODABAR, Format::Codabar),
    (BarcodeFormat::CODE_128, Format::Code128),
    (BarcodeFormat::CODE_39, Format::Code39),
    (BarcodeFormat::CODE_93, Format::Code93),
    (BarcodeFormat::DATA_MATRIX, Format::DataMatrix),
    (BarcodeFormat::EAN_13, Format::Ean13),
    (BarcodeFormat::EAN_8, Format::Ean8),
    (BarcodeFormat::ITF, Format::Itf),
    (BarcodeFormat::MAXICODE, Format::MaxiCode),
    (BarcodeFormat::MICRO_QR_CODE, Format::MicroQr),
    (BarcodeFormat::PDF_417, Format::Pdf417),
    (BarcodeFormat::QR_CODE, Format::Qr),
    (
        BarcodeFormat::RECTANGULAR_MICRO_QR_CODE,
        Format::RectMicroQr,
    ),
    (BarcodeFormat::RSS_14, Format::Databar),
    (BarcodeFormat::RSS_EXPANDED, Format::DatabarExpanded),
    (BarcodeFormat::UPC_E, Format::UpcE),
];

/// Whether this engine reads a kind of symbol.
pub(crate) fn reads(kind: Kind) -> bool {
    format(kind).is_some()
}

fn format(kind: Kind) -> Option<Format> {
    match kind {
        Kind::Rxing(base) => Some(SHARED.iter().find(|shared| shared.0 == base)?.1),
        Kind::Second(format) => Some(format),
        Kind::Unread => None,
    }
}

/// All barcodes of these kinds in a picture, upright or not.
pub(crate) fn read(
    picture: &Gray,
    kinds: &[Kind],
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let once = |it: &Gray| match budget.allows(it.pixels.len()) {
        true => read_once(it, kinds, effort),
        false => Vec::new(),
    };
    if effort == Effort::Fast {
        return once(picture);
    }
    // The reader misses some symbols with modules of two pixels.
    let twice = |it: &Gray| match once(it) {
        found if found.is_empty() => enlarged(it, once),
        found => found,
    };
    match twice(picture) {
        found if found.is_empty() && kinds.contains(&Kind::Rxing(BarcodeFormat::MAXICODE)) => {
            turned(picture, &RIGHT_ANGLES, twice, budget)
        }
        found => found,
    }
}

fn read_once(picture: &Gray, kinds: &[Kind], effort: Effort) -> Vec<Reading> {
    let mut formats: Vec<Format> = Vec::new();
    for format in kinds.iter().filter_map(|kind| format(*kind)) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let thorough = effort > Effort::Fast;
    let (width, height) = (picture.width, picture.height);
    let found = zxing(&picture.pixels, width, height, &formats, thorough);
    let readings = found
        .into_iter()
        .filter_map(|barcode| reading(barcode, kinds));
    readings.collect()
}

/// Returns `None` if the reading is not of a requested kind.
fn reading(found: Found, kinds: &[Kind]) -> Option<Reading> {
    let mut of_its_format = kinds
        .iter()
        .filter(|kind| format(**kind) == Some(found.format));
    // A PDF417 is of one kind if it is part of a file, and of another if it is not.
    let is_part = |kind: &Kind| *kind == Kind::Second(Format::Pdf417);
    let kind = *of_its_format
        .find(|kind| found.format != Format::Pdf417 || is_part(kind) == found.part)?;
    let corners = found.corners.map(|(x, y)| (x as f32, y as f32));
    let text = match kind {
        // rxing leaves the first FNC1 in the text.
        Kind::Rxing(BarcodeFormat::AZTEC) if found.gs1 => format!("{SEPARATOR}{}", found.text),
        // A UPC-A is the EAN-13 with a zero before it.
        Kind::Rxing(BarcodeFormat::EAN_13) => format!("{:0>13}", found.text),
        _ => found.text,
    };
    Some(Reading {
        kind,
        text,
        gs1: found.gs1,
        area: Area::around(&corners)?,
    })
}
