//! Reading: finds the barcodes in a picture.

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
use super::pieces::{MOST_PIXELS, Piece, coarsest, pieces};
use super::symbology::Kind;
use super::{Budget, Symbology, linear, second};

/// The quiet zone that is added around a picture, so that barcodes at its edge are found, and so
/// that no reader gets a picture of only a few pixels.
const PADDING: u32 = 16;
/// Some readers need a pixel in the middle of a module, which modules of two pixels do not have.
/// Pictures with fewer pixels than this are therefore also searched enlarged.
const ENLARGED_BELOW: usize = 1_000_000;
/// A picture of more pixels than this is turned at a smaller scale.
const MOST_TURNED: usize = 16_000_000;
/// In pixels; an Aztec code is no smaller.
const SMALLEST_ISLAND: f32 = 15.0;
const MOST_ISLANDS: usize = 64;
/// The difference between dark and light shades below which a region has little contrast.
const FAINT: u8 = 128;
/// In degrees. Barcodes at multiples of 90 degrees are found without turning the picture.
const TURNS: [f32; 5] = [15.0, 30.0, 45.0, 60.0, 75.0];
/// The maximum number of searches of a picture for further barcodes of one kind.
const MOST_OF_A_KIND: usize = 32;

/// The formats that rxing reads in a whole picture instead of line by line. They include DataBar,
/// because a symbol may span several lines.
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
    /// Also searches the inverted and the turned picture if nothing is found otherwise.
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

/// Returns the barcodes of the `wanted` types, from top to bottom. If the `budget` is exhausted
/// before the end, the barcodes that were found until then.
pub(crate) fn read(
    picture: &Gray,
    wanted: impl Fn(&Symbology) -> bool,
    effort: Effort,
    budget: &Budget,
) -> Vec<Found> {
    // In the order of the table, so that the most specific name comes first.
    let candidates: Vec<&Symbology> = Symbology::all()
        .filter(|symbology| wanted(symbology))
        .collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for kind in candidates.iter().map(|symbology| symbology.kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let search = |it: &Gray| search(it, &kinds, effort, budget);
    let padded = prepared(picture);
    let mut readings = search(&padded);
    let goes_on = |readings: &[Reading], least: Effort| {
        readings.is_empty() && effort >= least && budget.allows(0)
    };
    if goes_on(&readings, Effort::Normal) {
        readings = search_faint_regions(&padded, search, budget);
    }
    if goes_on(&readings, Effort::Excellent) {
        readings = search(&prepared(&picture.inverted()));
    }
    if goes_on(&readings, Effort::Excellent) {
        readings = search_turned(&padded, search, budget);
    }
    let mut found: Vec<Found> = readings
        .iter()
        .filter_map(|reading| name(reading, &candidates))
        .collect();
    found.sort_by_key(|barcode| (barcode.region[0].1, barcode.region[0].0));
    found
}

/// Prepares a picture for the readers: stretches the contrast and adds a quiet zone on each side.
fn prepared(picture: &Gray) -> Gray {
    let contrast = picture.contrast();
    let mut padded = picture.padded(PADDING);
    padded.stretch(contrast);
    padded
}

fn name(reading: &Reading, candidates: &[&'static Symbology]) -> Option<Found> {
    let fits =
        |symbology: &&&Symbology| symbology.kind == reading.kind && (reading.gs1 || !symbology.gs1);
    candidates.iter().filter(fits).find_map(|symbology| {
        Some(Found {
            name: symbology.name,
            value: symbology.value(&reading.text)?,
            region: reading
                .area
                .corners()
                .map(|(x, y)| (x - PADDING as i32, y - PADDING as i32)),
        })
    })
}

/// Searches regions of low contrast, such as a grey label on white paper, after stretching the
/// contrast of each.
fn search_faint_regions(
    picture: &Gray,
    look: impl Fn(&Gray) -> Vec<Reading>,
    budget: &Budget,
) -> Vec<Reading> {
    let mut found = Vec::new();
    let islands = picture.islands();
    let islands = islands
        .iter()
        .filter(|island| shorter_side(island) >= SMALLEST_ISLAND);
    let regions = islands
        .take(MOST_ISLANDS)
        .filter_map(|island| picture.dark_within(island));
    for region in regions.take_while(|_| budget.allows(0)) {
        let part = picture.crop(&region);
        let (darkest, lightest) = part.contrast();
        if lightest - darkest < FAINT {
            let [left, top, ..] = region.bounds();
            let margin = PADDING as f32;
            let place = |x, y| (x + left - margin, y + top - margin);
            let codes = look(&prepared(&part)).into_iter();
            found.extend(codes.map(|reading| reading.placed(place)));
        }
    }
    found
}

fn shorter_side(area: &Area) -> f32 {
    let (width, height) = area.size();
    width.min(height)
}

/// Searches the turned picture: first shrunk to the size of one piece, then at full scale. A
/// picture that is too large to be turned at full scale is shrunk as far as necessary.
fn search_turned(
    picture: &Gray,
    look: impl Fn(&Gray) -> Vec<Reading>,
    budget: &Budget,
) -> Vec<Reading> {
    let mut factors = [MOST_PIXELS, MOST_TURNED]
        .map(|most| coarsest(picture, most))
        .to_vec();
    factors.dedup();
    for factor in factors {
        let found = turned(&picture.shrunk(factor), &TURNS, &look, budget);
        if !found.is_empty() {
            let factor = factor as f32;
            let place = |x, y| (x * factor, y * factor);
            return found
                .into_iter()
                .map(|reading| reading.placed(place))
                .collect();
        }
    }
    Vec::new()
}

/// Applies `look` to the picture turned by each of the `angles`, until it finds something.
pub(super) fn turned(
    picture: &Gray,
    angles: &[f32],
    look: impl Fn(&Gray) -> Vec<Reading>,
    budget: &Budget,
) -> Vec<Reading> {
    for &degrees in angles {
        if !budget.allows(picture.pixels.len()) {
            break;
        }
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

/// The barcodes in a picture: those that the second engine reads, or if it reads none, those that
/// rxing does.
fn search(picture: &Gray, kinds: &[Kind], effort: Effort, budget: &Budget) -> Vec<Reading> {
    let found = search_by_second(picture, kinds, effort, budget);
    if found.is_empty() {
        return search_by_rxing(picture, kinds, effort, budget);
    }
    found
}

fn search_by_second(
    picture: &Gray,
    kinds: &[Kind],
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let mut found: Vec<Reading> = Vec::new();
    if !kinds.iter().any(|kind| second::reads(*kind)) {
        return found;
    }
    for piece in pieces(picture).take_while(|_| budget.allows(0)) {
        for code in second::read(&piece.picture, kinds, effort, budget) {
            let code = code.placed(|x, y| piece.place(x, y));
            if !found.iter().any(|other| other.is_same(&code)) {
                found.push(code);
            }
        }
    }
    found
}

/// The matrix codes of the whole picture, then the linear codes, then the matrix codes that are
/// found only at full scale.
fn search_by_rxing(
    picture: &Gray,
    kinds: &[Kind],
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let mut pieces = pieces(picture);
    let whole = pieces.next();
    let mut found = whole.map_or_else(Vec::new, |piece| {
        matrix_codes_of(&piece, kinds, effort, budget)
    });
    found.extend(linear_codes(picture, &found, kinds, effort, budget));
    for piece in pieces {
        if !budget.allows(0) {
            break;
        }
        for code in matrix_codes_of(&piece, kinds, effort, budget) {
            if !found.iter().any(|other| other.is_same(&code)) {
                // Bars seen within a matrix code are not a barcode.
                found.retain(|earlier| !earlier.is_linear() || !earlier.area.overlaps(&code.area));
                found.push(code);
            }
        }
    }
    found
}

/// The codes that are read in a whole picture and not line by line.
fn matrix_codes_of(piece: &Piece, kinds: &[Kind], effort: Effort, budget: &Budget) -> Vec<Reading> {
    let mut found = Vec::new();
    for format in WHOLE {
        if kinds.contains(&Kind::Rxing(format)) {
            found.extend(whole_codes(&piece.picture, format, effort, budget));
        }
    }
    let place = |x, y| piece.place(x, y);
    found
        .into_iter()
        .map(|reading| reading.placed(place))
        .collect()
}

fn linear_codes(
    picture: &Gray,
    found: &[Reading],
    kinds: &[Kind],
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let formats: Vec<_> = (linear::FORMATS.into_iter())
        .filter(|kind| kinds.contains(&Kind::Rxing(*kind)))
        .collect();
    if formats.is_empty() || !budget.allows(0) {
        return Vec::new();
    }
    let lines = if effort == Effort::Fast { 32 } else { 256 };
    // Matrix codes contain many patterns that look like the start of a linear one.
    let mut rest = picture.clone();
    found.iter().for_each(|reading| rest.erase(&reading.area));
    let upright = linear::scan(&rest, &formats, lines, budget);
    let lying = linear::scan(&rest.transposed(), &formats, lines, budget);
    let lying = lying
        .into_iter()
        .map(|reading| reading.placed(|x, y| (y, x)));
    let mut codes: Vec<Reading> = Vec::new();
    for code in upright.into_iter().chain(lying) {
        let overlaps = |reading: &Reading| reading.area.overlaps(&code.area);
        if !found.iter().chain(&codes).any(overlaps) {
            codes.push(code);
        }
    }
    codes
}

/// All codes of one kind, if necessary by a second look.
fn whole_codes(
    picture: &Gray,
    format: BarcodeFormat,
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let codes = matrix_codes(picture, format, effort, budget);
    if codes.is_empty() && effort > Effort::Fast {
        return look_closer(picture, format, effort, budget);
    }
    codes
}

/// A second look: at the picture enlarged, and for Aztec, whose reader starts from the middle, at
/// each part that stands apart.
fn look_closer(
    picture: &Gray,
    format: BarcodeFormat,
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let look = |it: &Gray| matrix_codes(it, format, effort, budget);
    let codes = enlarged(picture, look);
    if !codes.is_empty() || format != BarcodeFormat::AZTEC {
        return codes;
    }
    let mut islands = picture.islands();
    islands.retain(|island| shorter_side(island) >= SMALLEST_ISLAND);
    let islands = islands.iter().take(MOST_ISLANDS);
    // The readers ask the budget for the pixels of each part. This check saves the work of cutting
    // out the rest of the parts.
    let codes = islands.take_while(|_| budget.allows(0)).flat_map(|island| {
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

/// Applies `look` to the enlarged picture.
pub(super) fn enlarged(picture: &Gray, look: impl Fn(&Gray) -> Vec<Reading>) -> Vec<Reading> {
    if picture.pixels.len() > ENLARGED_BELOW {
        return Vec::new();
    }
    look(&picture.doubled())
        .into_iter()
        .map(|code| code.placed(|x, y| (x / 2.0, y / 2.0)))
        .collect()
}

/// All codes of one kind. A reader that returns a single code is called again, with that code
/// erased.
fn matrix_codes(
    picture: &Gray,
    format: BarcodeFormat,
    effort: Effort,
    budget: &Budget,
) -> Vec<Reading> {
    let mut rest = picture.clone();
    let mut found: Vec<Reading> = Vec::new();
    while found.len() < MOST_OF_A_KIND && budget.allows(rest.pixels.len()) {
        let new: Vec<Reading> = decode(&rest, format, effort)
            .iter()
            .map(|result| Reading::of(result, format, &rest))
            .filter(|reading| !found.iter().any(|known| known.area.overlaps(&reading.area)))
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
    // If a reader panics on a picture, it has found nothing.
    catch_unwind(AssertUnwindSafe(|| {
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        match format {
            BarcodeFormat::QR_CODE
            | BarcodeFormat::MICRO_QR_CODE
            | BarcodeFormat::RECTANGULAR_MICRO_QR_CODE => {
                QrReader.decode_multiple_with_hints(&mut bitmap, &hints)
            }
            BarcodeFormat::PDF_417 => PDF417Reader.decode_multiple_with_hints(&mut bitmap, &hints),
            format => one(format, &mut bitmap, &hints).map(|reading| vec![reading]),
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

/// A code that a reader found, before its type is determined. Coordinates are those of the padded
/// picture.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) kind: Kind,
    /// With group separators for FNC1.
    pub(crate) text: String,
    pub(crate) gs1: bool,
    pub(crate) area: Area,
}

impl Reading {
    /// Whether it is the same barcode, read in another piece of the picture.
    fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.area.overlaps(&other.area)
    }

    /// Whether it was read line by line.
    fn is_linear(&self) -> bool {
        matches!(self.kind, Kind::Rxing(format) if linear::FORMATS.contains(&format))
    }

    /// Returns the reading in the coordinates of another picture, which `place` maps to.
    pub(crate) fn placed(self, place: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        Self {
            area: self.area.mapped(place),
            ..self
        }
    }

    fn of(result: &RXingResult, format: BarcodeFormat, picture: &Gray) -> Self {
        let points = (result.getPoints().iter())
            .map(|point| before_rotation(result, format, picture, (point.x, point.y)));
        // If the reader returned no points, the barcode fills the whole picture.
        let whole = || Area::rectangle(0, 0, picture.width as usize, picture.height as usize);
        let area = Area::around(&points.collect::<Vec<_>>()).unwrap_or_else(whole);
        let area = match format {
            // Points in one line, of which there are others.
            BarcodeFormat::RSS_14 | BarcodeFormat::RSS_EXPANDED => picture.island_at(area),
            _ => area,
        };
        let text = result.getText();
        // rxing does not mark Aztec codes as GS1, but leaves FNC1 in the text.
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

/// Maps a point of rxing's PDF417 reader to the picture. The reader turns the picture
/// counterclockwise until it finds something, reports the angle, and returns points of the turned
/// picture.
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

/// rxing's reader returns bytes as Latin-1 characters. Bytes that are valid UTF-8 are decoded as
/// such.
fn data_matrix_text(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text
        .chars()
        .map(|letter| u8::try_from(letter).ok())
        .collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// Whether the symbol begins with FNC1, according to its AIM identifier (ISO/IEC 15424).
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
