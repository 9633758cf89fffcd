//! Reading: a picture into the barcodes that it holds.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::AztecReader;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::maxicode::MaxiCodeReader;
use rxing::multi::MultipleBarcodeReader;
use rxing::oned::rss::RSS14Reader;
use rxing::oned::rss::expanded::RSSExpandedReader;
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Exceptions, Luma8Source, RXingResult,
    RXingResultMetadataType, RXingResultMetadataValue, Reader,
};

use super::area::Area;
use super::gray::Gray;
use super::gs1::SEPARATOR;
use super::symbology::Kind;
use super::{Symbology, linear, second};

/// The quiet zone that is put around a picture, so that barcodes at its very edge are found, and so
/// that no reader meets a picture of a few pixels.
const PADDING: u32 = 16;
/// Modules of two pixels have no pixel in their middle, which some readers stumble over: pictures of
/// fewer pixels than this get a second look, enlarged.
const ENLARGED_BELOW: usize = 1_000_000;
/// Five turns of a picture of more pixels than this take longer than any client waits.
const TURNED_BELOW: usize = 16_000_000;
/// In pixels; an Aztec code is no smaller.
const SMALLEST_ISLAND: f32 = 15.0;
const MOST_ISLANDS: usize = 64;
/// In degrees. What is upright, lying or upside down needs no turn.
const TURNS: [f32; 5] = [15.0, 30.0, 45.0, 60.0, 75.0];
/// How often one picture is searched for a further barcode of one kind.
const MOST_OF_A_KIND: usize = 32;

/// What rxing reads in a whole picture and not line by line. It leads DataBar over the lines itself,
/// because the parts of one may be in several.
const WHOLE: [BarcodeFormat; 9] = [
    BarcodeFormat::QR_CODE,
    BarcodeFormat::MICRO_QR_CODE,
    BarcodeFormat::RECTANGULAR_MICRO_QR_CODE,
    BarcodeFormat::DATA_MATRIX,
    BarcodeFormat::AZTEC,
    BarcodeFormat::MAXICODE,
    BarcodeFormat::PDF_417,
    BarcodeFormat::RSS_14,
    BarcodeFormat::RSS_EXPANDED,
];

/// How much time may go into a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effort {
    Fast,
    Normal,
    /// Also inverted and turned, where nothing is found otherwise.
    Excellent,
}

/// A barcode in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    /// Four corners in pixels, clockwise from the top left.
    pub(crate) region: [(i32, i32); 4],
}

/// All barcodes of the types that are `wanted`, from top to bottom.
pub(crate) fn read(
    picture: &Gray,
    wanted: impl Fn(&Symbology) -> bool,
    effort: Effort,
) -> Vec<Found> {
    // In the order of the table, so that the name which says most comes first.
    let candidates: Vec<&Symbology> = Symbology::all().filter(|it| wanted(it)).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for kind in candidates.iter().map(|it| it.kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let padded = picture.padded(PADDING);
    let mut readings = search(&padded, &kinds, effort);
    if readings.is_empty() && effort == Effort::Excellent {
        // What is dark on the outside must be so in the margin too.
        readings = search(&picture.inverted().padded(PADDING), &kinds, effort);
    }
    if readings.is_empty() && effort == Effort::Excellent {
        readings = turned(&padded, &TURNS, |it| search(it, &kinds, effort));
    }
    let mut found: Vec<Found> = readings
        .iter()
        .filter_map(|reading| name(reading, &candidates))
        .collect();
    found.sort_by_key(|it| (it.region[0].1, it.region[0].0));
    found
}

fn name(reading: &Reading, candidates: &[&'static Symbology]) -> Option<Found> {
    let fits = |it: &&&Symbology| it.kind == reading.kind && (reading.gs1 || !it.gs1);
    candidates.iter().filter(fits).find_map(|it| {
        Some(Found {
            name: it.name,
            value: it.value(&reading.text)?,
            region: reading
                .area
                .corners()
                .map(|(x, y)| (x - PADDING as i32, y - PADDING as i32)),
        })
    })
}

/// What `look` sees in the picture turned by the first of these `angles` in which it sees something.
pub(super) fn turned(
    picture: &Gray,
    angles: &[f32],
    look: impl Fn(&Gray) -> Vec<Reading>,
) -> Vec<Reading> {
    if picture.pixels.len() > TURNED_BELOW {
        return Vec::new();
    }
    for &degrees in angles {
        let turned = picture.turned(degrees);
        let found = look(&turned);
        if !found.is_empty() {
            let place = |x, y| turned.before_turn(picture, degrees, x, y);
            return found
                .into_iter()
                .map(|reading| reading.placed(place))
                .collect();
        }
    }
    Vec::new()
}

fn search(picture: &Gray, kinds: &[Kind], effort: Effort) -> Vec<Reading> {
    let mut found = Vec::new();
    for format in WHOLE {
        if kinds.contains(&Kind::Rxing(format)) {
            found.extend(whole_codes(picture, format, effort));
        }
    }
    for kind in kinds {
        if let Kind::Second(format) = kind {
            found.extend(second::read(picture, *format, effort));
        }
    }
    let linear: Vec<_> = (linear::FORMATS.into_iter())
        .filter(|it| kinds.contains(&Kind::Rxing(*it)))
        .collect();
    if !linear.is_empty() {
        let lines = if effort == Effort::Fast { 32 } else { 256 };
        // Matrix codes are full of what looks like the start of a linear one.
        let mut rest = picture.clone();
        found.iter().for_each(|it: &Reading| rest.erase(&it.area));
        let upright = linear::scan(&rest, &linear, lines);
        let lying = linear::scan(&rest.transposed(), &linear, lines);
        let lying = lying.into_iter().map(|it| it.placed(|x, y| (y, x)));
        for reading in upright.into_iter().chain(lying) {
            // Bars seen within a matrix code are not a barcode.
            let overlaps = |it: &Reading| it.area.overlaps(&reading.area);
            if !found.iter().any(overlaps) {
                found.push(reading);
            }
        }
    }
    found
}

/// What is read in a whole picture, by the engine that does so best.
fn whole_codes(picture: &Gray, format: BarcodeFormat, effort: Effort) -> Vec<Reading> {
    if let Some(second) = second::instead_of(format) {
        let kind = Kind::Rxing(format);
        let found = second::read(picture, second, effort).into_iter();
        return found.map(|it| Reading { kind, ..it }).collect();
    }
    let codes = matrix_codes(picture, format, effort);
    if codes.is_empty() && effort > Effort::Fast {
        return look_closer(picture, format, effort);
    }
    codes
}

/// A second look: at the picture enlarged, and for Aztec, whose reader starts from the middle, at
/// each part that stands apart.
fn look_closer(picture: &Gray, format: BarcodeFormat, effort: Effort) -> Vec<Reading> {
    let look = |it: &Gray| matrix_codes(it, format, effort);
    let codes = enlarged(picture, look);
    if !codes.is_empty() || format != BarcodeFormat::AZTEC {
        return codes;
    }
    let mut islands = picture.islands();
    islands.retain(|it| it.size().0.min(it.size().1) >= SMALLEST_ISLAND);
    let codes = islands.iter().take(MOST_ISLANDS).flat_map(|island| {
        let part = picture.crop(island);
        let [left, top, ..] = island.bounds();
        let mut codes = look(&part);
        if codes.is_empty() {
            codes = enlarged(&part, look);
        }
        codes
            .into_iter()
            .map(move |code| code.placed(|x, y| (x + left, y + top)))
    });
    codes.collect()
}

/// What `look` sees in the picture enlarged.
pub(super) fn enlarged(picture: &Gray, look: impl Fn(&Gray) -> Vec<Reading>) -> Vec<Reading> {
    if picture.pixels.len() > ENLARGED_BELOW {
        return Vec::new();
    }
    look(&picture.doubled())
        .into_iter()
        .map(|code| code.placed(|x, y| (x / 2.0, y / 2.0)))
        .collect()
}

/// All codes of one kind. A reader that gives one at a time is asked again without what it found.
fn matrix_codes(picture: &Gray, format: BarcodeFormat, effort: Effort) -> Vec<Reading> {
    let mut rest = picture.clone();
    let mut found: Vec<Reading> = Vec::new();
    while found.len() < MOST_OF_A_KIND {
        let new: Vec<Reading> = decode(&rest, format, effort)
            .iter()
            .map(|result| Reading::of(result, format, &rest))
            .filter(|it| !found.iter().any(|known| known.area.overlaps(&it.area)))
            .collect();
        if new.is_empty() {
            break;
        }
        for reading in &new {
            rest.erase(&reading.area);
        }
        found.extend(new);
        if format == BarcodeFormat::QR_CODE {
            break;
        }
    }
    found
}

fn decode(picture: &Gray, format: BarcodeFormat, effort: Effort) -> Vec<RXingResult> {
    let Ok(source) = Luma8Source::new_with_slice(&picture.pixels, picture.width, picture.height)
    else {
        return Vec::new();
    };
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([format])),
        TryHarder: Some(effort > Effort::Fast),
        ..DecodeHints::default()
    };
    // A reader that panics on a picture has found nothing in it.
    catch_unwind(AssertUnwindSafe(|| {
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        match format {
            BarcodeFormat::QR_CODE
            | BarcodeFormat::MICRO_QR_CODE
            | BarcodeFormat::RECTANGULAR_MICRO_QR_CODE => {
                QrReader.decode_multiple_with_hints(&mut bitmap, &hints)
            }
            BarcodeFormat::PDF_417 => PDF417Reader.decode_multiple_with_hints(&mut bitmap, &hints),
            format => one(format, &mut bitmap, &hints).map(|it| vec![it]),
        }
        .unwrap_or_default()
    }))
    .unwrap_or_default()
}

fn one<B: Binarizer>(
    format: BarcodeFormat,
    bitmap: &mut BinaryBitmap<B>,
    hints: &DecodeHints,
) -> Result<RXingResult, Exceptions> {
    match format {
        BarcodeFormat::AZTEC => AztecReader.decode_with_hints(bitmap, hints),
        BarcodeFormat::MAXICODE => MaxiCodeReader::default().decode_with_hints(bitmap, hints),
        BarcodeFormat::RSS_14 => RSS14Reader::default().decode_with_hints(bitmap, hints),
        BarcodeFormat::RSS_EXPANDED => RSSExpandedReader::new().decode_with_hints(bitmap, hints),
        _ => DataMatrixReader.decode_with_hints(bitmap, hints),
    }
}

/// What an engine's reader found, before it has a name of the document. Places are those of the
/// padded picture.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) kind: Kind,
    /// With group separators for FNC1.
    pub(crate) text: String,
    pub(crate) gs1: bool,
    pub(crate) area: Area,
}

impl Reading {
    /// In another picture, whose places `place` gives.
    pub(crate) fn placed(self, place: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        Self {
            area: self.area.mapped(place),
            ..self
        }
    }

    fn of(result: &RXingResult, format: BarcodeFormat, picture: &Gray) -> Self {
        let points = (result.getPoints().iter())
            .map(|point| before_rotation(result, format, picture, (point.x, point.y)));
        // A reader that gives no points has taken the whole picture for the barcode.
        let whole = || Area::rectangle(0, 0, picture.width as usize, picture.height as usize);
        let area = Area::around(&points.collect::<Vec<_>>()).unwrap_or_else(whole);
        let area = match format {
            // Points in one line, of which there are others.
            BarcodeFormat::RSS_14 | BarcodeFormat::RSS_EXPANDED => picture.island_at(area),
            _ => area,
        };
        let text = result.getText();
        // rxing says of no Aztec code that it is one of GS1, but leaves its FNC1 in the text.
        let gs1 = match format {
            BarcodeFormat::AZTEC => text.starts_with(SEPARATOR),
            _ => is_gs1(result),
        };
        let text = match format {
            BarcodeFormat::DATA_MATRIX => data_matrix_text(text),
            _ => text.to_owned(),
        };
        Self {
            kind: Kind::Rxing(format),
            text,
            gs1,
            area,
        }
    }
}

/// The place in the picture of a point that rxing's PDF417 reader gives: it turns the picture
/// counterclockwise until it finds something, and says so, but leaves the points as they then are.
fn before_rotation(
    result: &RXingResult,
    format: BarcodeFormat,
    picture: &Gray,
    (x, y): (f32, f32),
) -> (f32, f32) {
    let orientation = result
        .getRXingResultMetadata()
        .get(&RXingResultMetadataType::ORIENTATION);
    let (right, bottom) = (picture.width as f32 - 1.0, picture.height as f32 - 1.0);
    match orientation {
        Some(RXingResultMetadataValue::Orientation(degrees))
            if format == BarcodeFormat::PDF_417 =>
        {
            match degrees {
                90 => (right - y, x),
                180 => (right - x, bottom - y),
                270 => (y, bottom - x),
                _ => (x, y),
            }
        }
        _ => (x, y),
    }
}

/// rxing's reader gives bytes as Latin-1 letters. Bytes that are UTF-8 are taken for it.
fn data_matrix_text(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text
        .chars()
        .map(|letter| u8::try_from(letter).ok())
        .collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// Whether the symbol begins with FNC1, told by its AIM identifier (ISO/IEC 15424).
fn is_gs1(result: &RXingResult) -> bool {
    let identifier = result
        .getRXingResultMetadata()
        .get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER);
    match identifier {
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) => {
            matches!(identifier.as_str(), "]Q3" | "]Q4" | "]d2" | "]d5")
        }
        _ => false,
    }
}
