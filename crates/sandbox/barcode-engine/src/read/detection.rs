//! A symbol that a reader found, before its type is determined.

use image::GrayImage;
use rxing::{BarcodeFormat, RXingResult, RXingResultMetadataType, RXingResultMetadataValue};

use super::area::Area;
use super::{islands, line};
use crate::symbology::Kind;
use crate::symbology::gs1::SEPARATOR;

#[derive(Debug, Clone)]
pub(super) struct Detection {
    pub(super) kind: Kind,
    /// The text, with group separators for FNC1.
    pub(super) text: String,
    pub(super) gs1: bool,
    pub(super) area: Area,
}

impl Detection {
    /// A result of one of rxing's readers for matrix codes and DataBar.
    pub(super) fn new(result: &RXingResult, format: BarcodeFormat, image: &GrayImage) -> Self {
        let points = result.getPoints().iter();
        let points = points.map(|point| before_rotation(result, format, image, (point.x, point.y)));
        // If the reader returned no points, the barcode fills the whole image.
        let whole = || Area::rectangle(0, 0, image.width() as usize, image.height() as usize);
        let area = Area::around(&points.collect::<Vec<_>>()).unwrap_or_else(whole);
        let area = match format {
            // The points are on one of several lines.
            BarcodeFormat::RSS_14 | BarcodeFormat::RSS_EXPANDED => islands::island_at(image, area),
            _ => area,
        };
        let text = result.getText();
        Self {
            kind: Kind::Rxing(format),
            // rxing does not mark Aztec codes as GS1, but leaves FNC1 in the text.
            gs1: match format {
                BarcodeFormat::AZTEC => text.starts_with(SEPARATOR),
                _ => is_gs1(result),
            },
            text: match format {
                BarcodeFormat::DATA_MATRIX => data_matrix_text(text),
                _ => text.to_owned(),
            },
            area,
        }
    }

    /// Whether this is the same barcode, found in another tile of the image.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.area.overlaps(&other.area)
    }

    /// Whether the symbol was read line by line.
    pub(super) fn is_linear(&self) -> bool {
        matches!(self.kind, Kind::Rxing(format) if line::FORMATS.contains(&format))
    }
}

/// Maps detections to the coordinates of another image, to which `map` maps a point.
pub(super) fn mapped(
    mut detections: Vec<Detection>,
    map: impl Fn(f32, f32) -> (f32, f32),
) -> Vec<Detection> {
    for detection in &mut detections {
        detection.area = detection.area.mapped(&map);
    }
    detections
}

/// Maps a point of rxing's PDF417 reader to the image. The reader rotates the image
/// counterclockwise until it finds something, reports the angle, and returns points of the rotated
/// image.
fn before_rotation(
    result: &RXingResult,
    format: BarcodeFormat,
    image: &GrayImage,
    (x, y): (f32, f32),
) -> (f32, f32) {
    let (right, bottom) = (image.width() as f32 - 1.0, image.height() as f32 - 1.0);
    let metadata = result.getRXingResultMetadata();
    let orientation = metadata.get(&RXingResultMetadataType::ORIENTATION);
    match orientation.filter(|_| format == BarcodeFormat::PDF_417) {
        Some(RXingResultMetadataValue::Orientation(90)) => (right - y, x),
        Some(RXingResultMetadataValue::Orientation(180)) => (right - x, bottom - y),
        Some(RXingResultMetadataValue::Orientation(270)) => (y, bottom - x),
        _ => (x, y),
    }
}

/// rxing's reader returns bytes as Latin-1 characters. Bytes that are valid UTF-8 are decoded as
/// such.
fn data_matrix_text(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
    let utf8 = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    utf8.unwrap_or_else(|| text.to_owned())
}

/// Whether the symbol begins with FNC1, according to its AIM identifier (ISO/IEC 15424).
fn is_gs1(result: &RXingResult) -> bool {
    let metadata = result.getRXingResultMetadata();
    match metadata.get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER) {
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) => {
            matches!(identifier.as_str(), "]Q3" | "]Q4" | "]d2" | "]d5")
        }
        _ => false,
    }
}
