//! Finds linear barcodes: applies rxing's row readers to a image line by line.
//!
//! rxing's own scan stops at the first barcode and returns only two points of it. Here, each
//! barcode is measured and then excluded from the search, so that all are found.

use std::borrow::Cow;
use std::cmp::Reverse;

use rxing::common::{BitArray, HybridBinarizer, LineOrientation};
use rxing::{BarcodeFormat, BinaryBitmap, Luma8Source, RXingResult};

use super::Budget;
use super::area::Area;
use super::detection::Detection;
use super::line::{read_part, read_row, text, widen};
use super::page::Page;
use crate::symbology::Kind;

/// The share of pixels in which a line must agree with its neighbor to be of the same barcode.
const AGREEMENT: f32 = 0.9;
/// The maximum number of readings in a line, so that a reading that cannot be erased does not block
/// the search.
const MAX_IN_A_LINE: usize = 16;
/// The maximum ratio of width to height. Printed text has larger ratios, and barcodes do not.
const WIDEST_SHAPE: f32 = 48.0;
/// The same for EAN-8 and UPC-E, which are short.
const WIDEST_SHORT_SHAPE: f32 = 16.0;
/// The number of lines of a barcode's area that are read in addition to the one that it was found
/// in.
const OTHER_LINES: usize = 4;

/// Returns the barcodes of `formats` that are read along the lines of a page. If the `budget` is
/// exhausted before the last line, returns those that were found until then.
pub(super) fn scan(
    page: &Page<'_>,
    orientation: LineOrientation,
    formats: &[BarcodeFormat],
    lines: usize,
    budget: &Budget,
) -> Vec<Detection> {
    let Some(rows) = Rows::new(page, orientation) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = Vec::new();
    // Detections that are not barcodes, kept so that each is measured only once.
    let mut rejected: Vec<Candidate> = Vec::new();
    let step = (rows.count / lines.max(1)).max(1);
    for y in (step / 2..rows.count).step_by(step) {
        let Some(mut row) = rows.row(y).map(Cow::into_owned) else {
            continue;
        };
        for known in found.iter().filter(|candidate| candidate.detection.area.has_line(y)) {
            erase(&mut row, &known.detection.area);
        }
        for _ in 0..MAX_IN_A_LINE {
            let Some(result) = read_row(&row, y, formats, budget) else {
                break;
            };
            if let Some(known) = rejected.iter().find(|candidate| candidate.is_seen_in(&result, y))
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
    // Of readings that overlap, the first is kept.
    found.sort_by_key(|candidate| Reverse(candidate.lines));
    found.into_iter().map(|candidate| candidate.detection).collect()
}

/// The rows or the columns of an image in black and white.
struct Rows<'a> {
    bitmap: &'a BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>,
    orientation: LineOrientation,
    count: usize,
}

impl<'a> Rows<'a> {
    fn new(page: &'a Page<'_>, orientation: LineOrientation) -> Option<Self> {
        let bitmap = page.bitmap.as_ref()?;
        let count = match orientation {
            LineOrientation::Row => bitmap.get_height(),
            LineOrientation::Column => bitmap.get_width(),
        };
        Some(Self { bitmap, orientation, count })
    }

    /// Returns `None` if the row has no contrast.
    fn row(&self, y: usize) -> Option<Cow<'_, BitArray>> {
        self.bitmap.get_black_line(y, self.orientation).ok()
    }
}

/// A reading of one line, and the number of lines that give the same reading.
struct Candidate {
    detection: Detection,
    lines: usize,
}

impl Candidate {
    fn new(rows: &Rows<'_>, y: usize, result: &RXingResult, budget: &Budget) -> Self {
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
    rows: &Rows<'_>,
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
        let row = rows.row(*other);
        let read = row
            .and_then(|row| read_part(&row, &detection.area.columns(), *other, &[format], budget));
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

/// A reading with the rectangle that its bars fill.
fn measure(rows: &Rows<'_>, y: usize, result: &RXingResult, budget: &Budget) -> Detection {
    let points = result.getPoints();
    let x = points.iter().map(|point| point.x);
    let row = rows.row(y);
    let width = row.as_ref().map_or(0, |row| row.get_size());
    let within = |x: f32| (x.max(0.0) as usize).min(width.saturating_sub(1));
    let left = within(x.clone().fold(f32::MAX, f32::min));
    let right = within(x.fold(0.0, f32::max));
    let (left, right) = match &row {
        Some(row) => widen(row, left, right),
        None => (left, right),
    };
    let same = |line: &usize| match (rows.row(*line), &row) {
        (Some(one), Some(other)) => {
            budget.allows(right + 1 - left) && agree(&one, other, left, right)
        }
        _ => false,
    };
    let top = (0..y).rev().take_while(same).last().unwrap_or(y);
    let bottom = (y + 1..rows.count).take_while(same).last().unwrap_or(y);
    let (text, gs1) = text(result);
    Detection {
        kind: Kind::Rxing(*result.getBarcodeFormat()),
        text,
        gs1,
        area: Area::rectangle(left, top, right + 1, bottom + 1),
    }
}

fn agree(one: &BitArray, other: &BitArray, left: usize, right: usize) -> bool {
    let same = (left..=right).filter(|x| one.get(*x) == other.get(*x)).count();
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
