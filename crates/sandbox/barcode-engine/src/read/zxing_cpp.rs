//! Reads symbols with zxing-cpp.

use barcode_engine_sys::{Barcode, Format, read as zxing};
use image::GrayImage;
use rxing::BarcodeFormat;

use super::Effort;
use super::area::Area;
use super::detection::Detection;
use super::search::{Search, enlarged};
use crate::symbology::Kind;
use crate::symbology::gs1::SEPARATOR;

const MAXICODE: Kind = Kind::Rxing(BarcodeFormat::MAXICODE);
/// In degrees. The reader finds only upright MaxiCodes.
const RIGHT_ANGLES: [i64; 3] = [90, 180, 270];

/// The formats of zxing-cpp for the symbols that rxing also supports.
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
    (BarcodeFormat::RECTANGULAR_MICRO_QR_CODE, Format::RectMicroQr),
    (BarcodeFormat::RSS_14, Format::Databar),
    (BarcodeFormat::RSS_EXPANDED, Format::DatabarExpanded),
    (BarcodeFormat::UPC_E, Format::UpcE),
];

pub(crate) fn format(kind: Kind) -> Option<Format> {
    match kind {
        Kind::Rxing(format) => Some(SHARED.iter().find(|shared| shared.0 == format)?.1),
        Kind::ZxingCpp(format) => Some(format),
        Kind::Unreadable => None,
    }
}

impl Search<'_> {
    /// The barcodes of the requested kinds in a tile, upright or not.
    pub(super) fn zxing_cpp(&self, image: &GrayImage) -> Vec<Detection> {
        let once = |image: &GrayImage| match self.budget.allows(image.len()) {
            true => self.zxing_cpp_once(image),
            false => Vec::new(),
        };
        if self.effort == Effort::Fast {
            return once(image);
        }
        // The reader misses some symbols with modules of two pixels.
        let twice = |image: &GrayImage| match once(image) {
            found if found.is_empty() => enlarged(image, once),
            found => found,
        };
        match twice(image) {
            found if found.is_empty() && self.kinds.contains(&MAXICODE) => {
                self.rotated(image, &RIGHT_ANGLES, twice)
            }
            found => found,
        }
    }

    fn zxing_cpp_once(&self, image: &GrayImage) -> Vec<Detection> {
        let mut formats: Vec<Format> = Vec::new();
        for format in self.kinds.iter().filter_map(|kind| format(*kind)) {
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        let thorough = self.effort > Effort::Fast;
        let (width, height) = image.dimensions();
        let found = zxing(image.as_raw(), width, height, &formats, thorough);
        found.into_iter().filter_map(|barcode| detection(barcode, self.kinds)).collect()
    }
}

/// Returns `None` if the barcode is not of a requested kind.
fn detection(found: Barcode, kinds: &[Kind]) -> Option<Detection> {
    // A PDF417 is of one kind if it is part of a file, and of another if it is not.
    let is_part = |kind: &Kind| *kind == Kind::ZxingCpp(Format::Pdf417);
    let kind = *kinds.iter().find(|kind| {
        format(**kind) == Some(found.format)
            && (found.format != Format::Pdf417 || is_part(kind) == found.part)
    })?;
    let corners = found.corners.map(|(x, y)| (x as f32, y as f32));
    let text = match kind {
        // rxing leaves the first FNC1 in the text.
        Kind::Rxing(BarcodeFormat::AZTEC) if found.gs1 => format!("{SEPARATOR}{}", found.text),
        // A UPC-A is an EAN-13 that begins with a zero.
        Kind::Rxing(BarcodeFormat::EAN_13) => format!("{:0>13}", found.text),
        _ => found.text,
    };
    Some(Detection { kind, text, gs1: found.gs1, area: Area::around(&corners)? })
}
