//! Reads one line of an image with rxing's readers for linear barcodes.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::BitArray;
use rxing::oned::{
    CodaBarReader, Code39Reader, Code93Reader, Code128Reader, EAN8Reader, EAN13Reader, ITFReader,
    OneDReader, UPCEReader,
};
use rxing::{BarcodeFormat, DecodeHints, RXingResult};

use super::Budget;
use crate::symbology::gs1::SEPARATOR;

/// Even lengths up to the longest that is written, so that short Interleaved 2 of 5 is read too.
const ITF_LENGTHS: std::ops::RangeInclusive<u32> = 1..=40;
/// In pixels: about a quiet zone of the smallest barcodes.
const ISLAND_GAP: usize = 12;
/// In modules.
const WIDEST_GAP: usize = 4;
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

/// The first barcode that any reader finds in a line, read from either end.
///
/// A reader gives up at a pattern that only looks like a start, so separate parts of the line are
/// read separately.
pub(super) fn read_row(
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
pub(super) fn read_part(
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

fn hints() -> DecodeHints {
    DecodeHints {
        AssumeGs1: Some(true),
        ReturnCodabarStartEnd: Some(true),
        AllowedLengths: Some(ITF_LENGTHS.map(|half| half * 2).collect()),
        ..DecodeHints::default()
    }
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

/// Whether a symbol has the number of bars of its kind. rxing does not check that the end pattern
/// of an EAN or UPC symbol follows the last digit: it takes the next one in the line. It may read
/// only the first digits of an Interleaved 2 of 5 symbol.
fn has_its_bars(row: &BitArray, result: &RXingResult) -> bool {
    let bars = match result.getBarcodeFormat() {
        BarcodeFormat::EAN_13 => 30,
        BarcodeFormat::EAN_8 => 22,
        BarcodeFormat::UPC_E => 17,
        BarcodeFormat::ITF => 4 + result.getText().len() / 2 * 5,
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
    pixels.chunk_by(|one, other| one == other).filter(|run| run[0]).count() == bars
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

/// The text, and whether it is a GS1 one.
pub(super) fn text(result: &RXingResult) -> (String, bool) {
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
    let text = if gs1 { text.strip_prefix("]C1").unwrap_or(text) } else { text };
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
pub(super) fn widen(row: &BitArray, left: usize, right: usize) -> (usize, usize) {
    let line: Vec<bool> = (left..=right).map(|x| row.get(x)).collect();
    let runs = || line.chunk_by(|one, other| one == other);
    let widest_gap = runs().filter(|run| !run[0]).map(<[bool]>::len).max().unwrap_or(0);
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
