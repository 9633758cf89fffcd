//! Finds linear barcodes: applies rxing's row readers to a image line by line.
//!
//! rxing's own scan stops at the first barcode and returns only two points of it. Here, each
//! barcode is measured and then excluded from the search, so that all are found.

use std::borrow::Cow;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::{BitArray, HybridBinarizer};
use rxing::oned::{
    CodaBarReader, Code39Reader, Code93Reader, Code128Reader, EAN8Reader, EAN13Reader, ITFReader,
    OneDReader, UPCEReader,
};
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult};

use image::GrayImage;

use super::Budget;
use super::area::Area;
use super::detection::Detection;
use crate::symbology::Kind;
use crate::symbology::gs1::SEPARATOR;

/// Even lengths up to the longest that is written, so that short Interleaved 2 of 5 is read too.
const ITF_LENGTHS: std::ops::RangeInclusive<u32> = 1..=40;
/// The share of pixels in which a line must agree with its neighbour to be of the same barcode.
const AGREEMENT: f32 = 0.9;
/// In pixels: about a quiet zone of the smallest barcodes.
const ISLAND_GAP: usize = 12;
/// The maximum number of readings in a line, so that a reading that cannot be erased does not block
/// the search.
const MAX_IN_A_LINE: usize = 16;
/// In modules.
const WIDEST_GAP: usize = 4;
/// The maximum ratio of width to height. Printed text has larger ratios, and barcodes do not.
const WIDEST_SHAPE: f32 = 48.0;
/// The same for EAN-8 and UPC-E, which are short.
const WIDEST_SHORT_SHAPE: f32 = 16.0;
/// The number of lines of a barcode's area that are read in addition to the one that it was found
/// in.
const OTHER_LINES: usize = 4;
/// The code of FNC1 in a Code 128 symbol.
const CODE128_FNC1: u8 = 102;
/// Codabar's alphabet by rxing's index of it.
const CODABAR: &[u8; 20] = b"0123456789-$:/.+ABCD";

/// The linear formats. Those with check digits or strict patterns, which make an error less likely,
/// come first.
pub(super) const FORMATS: [BarcodeFormat; 8] = [
    BarcodeFormat::CODE_128,
    BarcodeFormat::CODE_93,
    BarcodeFormat::EAN_13,
    BarcodeFormat::EAN_8,
    BarcodeFormat::CODE_39,
    BarcodeFormat::UPC_E,
    BarcodeFormat::CODABAR,
    BarcodeFormat::ITF,
];

/// Returns the barcodes of `formats` whose bars are vertical in `image`. If the `budget` is
/// exhausted before the last line, returns those that were found until then.
pub(super) fn scan(
    image: &GrayImage,
    formats: &[BarcodeFormat],
    lines: usize,
    budget: &Budget,
) -> Vec<Detection> {
    let Some(rows) = rows(image, budget) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = Vec::new();
    // Detections that are not barcodes, kept so that each is measured only once.
    let mut rejected: Vec<Candidate> = Vec::new();
    let step = (rows.len() / lines.max(1)).max(1);
    for y in (step / 2..rows.len()).step_by(step) {
        let Some(mut row) = rows[y].clone() else {
            continue;
        };
        for known in found
            .iter()
            .filter(|candidate| candidate.detection.area.has_line(y))
        {
            erase(&mut row, &known.detection.area);
        }
        for _ in 0..MAX_IN_A_LINE {
            let Some(result) = read_row(&row, y, formats, budget) else {
                break;
            };
            if let Some(known) = rejected
                .iter()
                .find(|candidate| candidate.is_seen_in(&result, y))
            {
                erase(&mut row, &known.detection.area);
                continue;
            }
            let candidate = Candidate::new(&rows, y, &result, budget);
            erase(&mut row, &candidate.detection.area);
            if is_plausible(&candidate.detection) {
                join(&mut found, candidate);
            } else {
                rejected.push(candidate);
            }
        }
    }
    found.retain(|candidate| {
        candidate.lines >= least_lines(candidate.detection.kind)
            && is_high_enough(&candidate.detection)
    });
    found
        .into_iter()
        .map(|candidate| candidate.detection)
        .collect()
}

/// The rows of a image in black and white. A row without contrast is `None`.
type Rows = Vec<Option<BitArray>>;

fn rows(image: &GrayImage, budget: &Budget) -> Option<Rows> {
    let source = Luma8Source::new_with_slice(image.as_raw(), image.width(), image.height()).ok()?;
    let bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let row = |y| {
        let row = bitmap.get_black_row(y).ok();
        budget
            .allows(image.width() as usize)
            .then(|| row.map(Cow::into_owned))
    };
    (0..image.height() as usize).map(row).collect()
}

/// A reading of one line, and the number of lines that give the same reading.
struct Candidate {
    detection: Detection,
    lines: usize,
}

impl Candidate {
    fn new(rows: &Rows, y: usize, result: &RXingResult, budget: &Budget) -> Self {
        let detection = measure(rows, y, result, budget);
        let lines = lines_alike(rows, y, &detection, result, budget);
        Self { detection, lines }
    }

    /// Whether line `y` gave this reading again.
    fn is_seen_in(&self, result: &RXingResult, y: usize) -> bool {
        let area = &self.detection.area;
        let columns = area.columns();
        let is_within = |x: f32| columns.contains(&(x.max(0.0) as usize));
        self.detection.kind == Kind::Rxing(*result.getBarcodeFormat())
            && self.detection.text == text(result).0
            && area.has_line(y)
            && result.getPoints().iter().all(|point| is_within(point.x))
    }
}

/// How many lines must give the same value. Strokes of print may be read as a barcode in one line,
/// but rarely in several. Code 128, Code 93 and EAN-13 have check characters, which are rarely
/// right by chance.
fn least_lines(kind: Kind) -> usize {
    match kind {
        Kind::Rxing(BarcodeFormat::CODE_128 | BarcodeFormat::CODE_93 | BarcodeFormat::EAN_13) => 2,
        _ => 3,
    }
}

/// Reads some lines in the area of a barcode. Returns how many give the same value, including line
/// `y`.
fn lines_alike(
    rows: &Rows,
    y: usize,
    detection: &Detection,
    result: &RXingResult,
    budget: &Budget,
) -> usize {
    let format = *result.getBarcodeFormat();
    let [_, top, _, bottom] = detection.area.bounds();
    let (top, height) = (top as usize, (bottom - top) as usize);
    let mut others: Vec<usize> = (0..OTHER_LINES)
        .map(|index| top + height * (2 * index + 1) / (2 * OTHER_LINES))
        .filter(|other| *other != y)
        .collect();
    others.dedup();
    let is_alike = |other: &usize| {
        let row = rows.get(*other).and_then(Option::as_ref);
        let read = row
            .and_then(|row| read_part(row, &detection.area.columns(), *other, &[format], budget));
        read.is_some_and(|other| other.getText() == result.getText())
    };
    1 + others.into_iter().filter(is_alike).count()
}

/// Whether a reading is high enough for its width. A line or two of pixels of printed text can be
/// read as a long barcode without a check digit. Called after the pieces of a slanted barcode are
/// joined, because each is low.
fn is_high_enough(detection: &Detection) -> bool {
    let (width, height) = detection.area.size();
    match detection.kind {
        Kind::Rxing(BarcodeFormat::ITF | BarcodeFormat::CODE_39 | BarcodeFormat::CODABAR) => {
            width <= height * WIDEST_SHAPE
        }
        Kind::Rxing(BarcodeFormat::EAN_8 | BarcodeFormat::UPC_E) => {
            width <= height * WIDEST_SHORT_SHAPE
        }
        _ => true,
    }
}

/// Whether a short barcode is high enough. A few strokes of print may be read as a short barcode
/// without a check digit, but not as a high one.
fn is_plausible(detection: &Detection) -> bool {
    let (width, height) = detection.area.size();
    let widest = match detection.kind {
        _ if detection.text.len() >= 6 => return true,
        Kind::Rxing(BarcodeFormat::ITF) => 4.0,
        Kind::Rxing(BarcodeFormat::CODE_39 | BarcodeFormat::CODABAR) => 8.0,
        _ => return true,
    };
    width <= height * widest
}

fn hints() -> DecodeHints {
    DecodeHints {
        AssumeGs1: Some(true),
        ReturnCodabarStartEnd: Some(true),
        AllowedLengths: Some(ITF_LENGTHS.map(|half| half * 2).collect()),
        ..DecodeHints::default()
    }
}

/// The first barcode that any reader finds in a line, read from either end.
///
/// A reader gives up at a pattern that only looks like a start, so separate parts of the line are
/// read separately.
fn read_row(
    row: &BitArray,
    y: usize,
    formats: &[BarcodeFormat],
    budget: &Budget,
) -> Option<RXingResult> {
    if let Some(result) = read_line(row, y, formats, budget) {
        return Some(result);
    }
    let islands = islands(row);
    let apart = islands.iter().filter(|_| islands.len() > 1);
    apart
        .take_while(|_| budget.allows(0))
        .find_map(|island| read_part(row, island, y, formats, budget))
}

/// Reads some columns of a line as if the rest of the line were white. The readers get only these
/// columns and a quiet zone at both ends: if they got a line of full length for each part, the work
/// would grow with the square of the length.
fn read_part(
    row: &BitArray,
    columns: &Range<usize>,
    y: usize,
    formats: &[BarcodeFormat],
    budget: &Budget,
) -> Option<RXingResult> {
    let margin = ISLAND_GAP + columns.len() / 2;
    let mut alone = BitArray::with_size(columns.len() + 2 * margin);
    (columns.clone())
        .filter(|x| *x < row.get_size() && row.get(*x))
        .for_each(|x| alone.set(x - columns.start + margin));
    let mut result = read_line(&alone, y, formats, budget)?;
    for point in result.getPointsMut() {
        point.x += columns.start as f32 - margin as f32;
    }
    Some(result)
}

/// The parts of a line with wide gaps between them.
fn islands(row: &BitArray) -> Vec<Range<usize>> {
    let mut islands: Vec<Range<usize>> = Vec::new();
    for x in (0..row.get_size()).filter(|x| row.get(*x)) {
        match islands.last_mut() {
            Some(island) if x < island.end + ISLAND_GAP => island.end = x + 1,
            _ => islands.push(x..x + 1),
        }
    }
    islands
}

fn read_line(
    row: &BitArray,
    y: usize,
    formats: &[BarcodeFormat],
    budget: &Budget,
) -> Option<RXingResult> {
    if !budget.allows(row.get_size()) {
        return None;
    }
    let hints = hints();
    let width = row.get_size() as f32;
    let mut reversed = row.clone();
    reversed.reverse();
    for format in FORMATS.iter().filter(|format| formats.contains(format)) {
        if let Some(result) = decode(*format, row, y, &hints) {
            return Some(result);
        }
        if let Some(mut result) = decode(*format, &reversed, y, &hints) {
            for point in result.getPointsMut() {
                point.x = width - 1.0 - point.x;
            }
            return Some(result);
        }
    }
    None
}

fn decode(
    format: BarcodeFormat,
    row: &BitArray,
    y: usize,
    hints: &DecodeHints,
) -> Option<RXingResult> {
    let y = y as u32;
    // A reader that panics on a line has found nothing in it.
    catch_unwind(AssertUnwindSafe(|| match format {
        BarcodeFormat::CODE_128 => Code128Reader.decode_row(y, row, hints),
        BarcodeFormat::CODE_93 => Code93Reader::default().decode_row(y, row, hints),
        BarcodeFormat::CODE_39 => Code39Reader::default().decode_row(y, row, hints),
        BarcodeFormat::CODABAR => CodaBarReader::default().decode_row(y, row, hints),
        BarcodeFormat::ITF => ITFReader::default().decode_row(y, row, hints),
        BarcodeFormat::EAN_13 => EAN13Reader.decode_row(y, row, hints),
        BarcodeFormat::EAN_8 => EAN8Reader.decode_row(y, row, hints),
        _ => UPCEReader.decode_row(y, row, hints),
    }))
    .ok()?
    .map(|result| corrected_points(row, result))
    .ok()
    .filter(|result| has_its_bars(row, result))
}

/// Whether an EAN or UPC symbol has the number of bars that all symbols of its kind have. rxing
/// does not check that the end pattern follows the last digit: it takes the next one in the line.
fn has_its_bars(row: &BitArray, result: &RXingResult) -> bool {
    let bars = match result.getBarcodeFormat() {
        BarcodeFormat::EAN_13 => 30,
        BarcodeFormat::EAN_8 => 22,
        BarcodeFormat::UPC_E => 17,
        _ => return true,
    };
    // Further points are those of an add-on.
    let [one, other, ..] = result.getPoints() else {
        return false;
    };
    let (left, right) = (one.x.min(other.x), one.x.max(other.x));
    let within = |x: f32| (x.max(0.0) as usize).min(row.get_size().saturating_sub(1));
    let (left, right) = widen(row, within(left), within(right));
    let pixels: Vec<bool> = (left..=right).map(|x| row.get(x)).collect();
    pixels
        .chunk_by(|one, other| one == other)
        .filter(|run| run[0])
        .count()
        == bars
}

/// Corrects rxing's second point: of a Codabar, it is beyond the stop character if anything
/// precedes the start character; of a Code 39, it is only half as far as it should be.
fn corrected_points(row: &BitArray, mut result: RXingResult) -> RXingResult {
    let format = *result.getBarcodeFormat();
    let letters = result.getText().chars().count();
    if let [first, second] = result.getPointsMut() {
        if format == BarcodeFormat::CODE_39 {
            second.x = second.x * 2.0 - 1.0;
        }
        if format == BarcodeFormat::CODABAR {
            // Each character has four bars and three gaps, and is followed by a gap.
            let mut end = first.x.max(0.0) as usize;
            for _ in 1..4 * letters {
                end = row.getNextSet(row.getNextUnset(end));
            }
            second.x = row.getNextUnset(end).saturating_sub(1) as f32;
        }
    }
    result
}

/// A reading with the rectangle that its bars fill.
fn measure(rows: &Rows, y: usize, result: &RXingResult, budget: &Budget) -> Detection {
    let points = result.getPoints();
    let x = points.iter().map(|point| point.x);
    let width = rows[y].as_ref().map_or(0, BitArray::get_size);
    let within = |x: f32| (x.max(0.0) as usize).min(width.saturating_sub(1));
    let left = within(x.clone().fold(f32::MAX, f32::min));
    let right = within(x.fold(0.0, f32::max));
    let (left, right) = match &rows[y] {
        Some(row) => widen(row, left, right),
        None => (left, right),
    };
    let same = |line: &usize| match (&rows[*line], &rows[y]) {
        (Some(one), Some(other)) => {
            budget.allows(right + 1 - left) && agree(one, other, left, right)
        }
        _ => false,
    };
    let top = (0..y).rev().take_while(same).last().unwrap_or(y);
    let bottom = (y + 1..rows.len()).take_while(same).last().unwrap_or(y);
    let (text, gs1) = text(result);
    Detection {
        kind: Kind::Rxing(*result.getBarcodeFormat()),
        text,
        gs1,
        area: Area::rectangle(left, top, right + 1, bottom + 1),
    }
}

/// The text, and whether it is a GS1 one.
fn text(result: &RXingResult) -> (String, bool) {
    match result.getBarcodeFormat() {
        // Here, rxing returns the indices of characters instead of characters.
        BarcodeFormat::CODABAR => (codabar(result.getText()), false),
        BarcodeFormat::CODE_128 => code128(result),
        _ => (result.getText().to_owned(), false),
    }
}

/// The text, and whether it is a GS1 text, by the codes: start, data, check, stop. rxing marks a
/// GS1 text with an AIM identifier, but treats the check character as a function character if it
/// has the same code.
fn code128(result: &RXingResult) -> (String, bool) {
    let (text, codes) = (result.getText(), result.getRawBytes());
    let gs1 = matches!(codes, [_start, CODE128_FNC1, _, ..]);
    let text = if gs1 {
        text.strip_prefix("]C1").unwrap_or(text)
    } else {
        text
    };
    let text = match codes {
        [.., CODE128_FNC1, _stop] => text.strip_suffix(SEPARATOR).unwrap_or(text),
        _ => text,
    };
    (text.to_owned(), gs1)
}

fn codabar(indices: &str) -> String {
    let letter = |index| CODABAR.get(index as usize).copied().map(char::from);
    indices.chars().filter_map(letter).collect()
}

/// rxing's points lie within the first and the last pattern. The bars go on from there until a gap
/// that is wider than any between the points, and than any of these symbologies has.
fn widen(row: &BitArray, left: usize, right: usize) -> (usize, usize) {
    let line: Vec<bool> = (left..=right).map(|x| row.get(x)).collect();
    let runs = || line.chunk_by(|one, other| one == other);
    let widest_gap = runs()
        .filter(|run| !run[0])
        .map(<[bool]>::len)
        .max()
        .unwrap_or(0);
    let narrowest = runs().map(<[bool]>::len).min().unwrap_or(1);
    let widest = widest_gap.max(WIDEST_GAP * narrowest);
    let outermost = |line: &mut dyn Iterator<Item = usize>, start: usize| {
        let mut edge = start;
        let mut gap = 0;
        for x in line {
            gap = if row.get(x) { 0 } else { gap + 1 };
            match gap {
                0 => edge = x,
                gap if gap > widest => break,
                _ => {}
            }
        }
        edge
    };
    let from = outermost(&mut (0..left).rev(), left);
    let to = outermost(&mut (right + 1..row.get_size()), right);
    (from, to)
}

fn agree(one: &BitArray, other: &BitArray, left: usize, right: usize) -> bool {
    let same = (left..=right)
        .filter(|x| one.get(*x) == other.get(*x))
        .count();
    same as f32 >= AGREEMENT * (right + 1 - left) as f32
}

fn erase(row: &mut BitArray, area: &Area) {
    for x in area.columns() {
        if x < row.get_size() {
            row.unset(x);
        }
    }
}

/// Joins the pieces of a slanted barcode, which are found separately.
fn join(found: &mut Vec<Candidate>, candidate: Candidate) {
    let detection = &candidate.detection;
    let same = found.iter_mut().find(|known| {
        let known = &known.detection;
        known.kind == detection.kind
            && known.text == detection.text
            && known.area.touches(&detection.area)
    });
    match same {
        Some(known) => {
            known.detection.area = known.detection.area.joined(&detection.area);
            known.lines += candidate.lines;
        }
        None => found.push(candidate),
    }
}
