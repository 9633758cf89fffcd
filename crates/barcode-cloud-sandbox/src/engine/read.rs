//! Reading: a picture into the barcodes that it holds.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::aztec::AztecReader;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::multi::MultipleBarcodeReader;
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, RXingResultMetadataType,
    RXingResultMetadataValue, Reader,
};

use super::{Symbology, linear};

/// The quiet zone that is put around a picture, so that barcodes at its very edge are found, and so
/// that no reader meets a picture of a few pixels.
const PADDING: u32 = 16;
/// Modules of two pixels have no pixel in their middle, which some readers stumble over: pictures of
/// fewer pixels than this get a second look, enlarged.
const ENLARGED_BELOW: usize = 1_000_000;
/// How often one picture is searched for a further barcode of one kind.
const MOST_OF_A_KIND: usize = 32;

/// A picture in shades of grey, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Gray {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// How much time may go into a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effort {
    Fast,
    Normal,
    /// Also inverted.
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
    let formats: Vec<BarcodeFormat> = candidates.iter().map(|it| it.base).collect();
    let padded = picture.padded();
    let mut readings = search(&padded, &formats, effort);
    if readings.is_empty() && effort == Effort::Excellent {
        readings = search(&padded.inverted(), &formats, effort);
    }
    let mut found: Vec<Found> = readings
        .iter()
        .filter_map(|reading| name(reading, &candidates))
        .collect();
    found.sort_by_key(|it| (it.region[0].1, it.region[0].0));
    found
}

fn name(reading: &Reading, candidates: &[&'static Symbology]) -> Option<Found> {
    let fits = |it: &&&Symbology| it.base == reading.format && (reading.gs1 || !it.gs1);
    candidates.iter().filter(fits).find_map(|it| {
        Some(Found {
            name: it.name,
            value: it.value(&reading.text)?,
            region: reading.area.region(),
        })
    })
}

fn search(picture: &Gray, formats: &[BarcodeFormat], effort: Effort) -> Vec<Reading> {
    let mut found = Vec::new();
    for format in [
        BarcodeFormat::QR_CODE,
        BarcodeFormat::DATA_MATRIX,
        BarcodeFormat::AZTEC,
        BarcodeFormat::PDF_417,
    ] {
        if formats.contains(&format) {
            let mut codes = matrix_codes(picture, format, effort);
            let small = picture.pixels.len() <= ENLARGED_BELOW;
            if codes.is_empty() && small && effort > Effort::Fast {
                codes = matrix_codes(&picture.doubled(), format, effort);
                for code in &mut codes {
                    code.area = code.area.halved();
                }
            }
            found.extend(codes);
        }
    }
    let linear: Vec<_> = formats
        .iter()
        .copied()
        .filter(|it| linear::FORMATS.contains(it))
        .collect();
    if !linear.is_empty() {
        let lines = if effort == Effort::Fast { 32 } else { 256 };
        let upright = linear::scan(picture, &linear, lines);
        let lying = linear::scan(&picture.transposed(), &linear, lines);
        let lying = lying.into_iter().map(|it| Reading {
            area: it.area.transposed(),
            ..it
        });
        for reading in upright.into_iter().chain(lying) {
            // Bars seen within a matrix code are not a barcode.
            if !found
                .iter()
                .any(|it: &Reading| it.area.overlaps(&reading.area))
            {
                found.push(reading);
            }
        }
    }
    found
}

/// All codes of one kind. A reader that gives one at a time is asked again without what it found.
fn matrix_codes(picture: &Gray, format: BarcodeFormat, effort: Effort) -> Vec<Reading> {
    let mut rest = picture.clone();
    let mut found: Vec<Reading> = Vec::new();
    while found.len() < MOST_OF_A_KIND {
        let new: Vec<Reading> = decode(&rest, format, effort)
            .iter()
            .filter_map(|result| Reading::of(result, format))
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
    let mut hints = DecodeHints::default();
    hints.PossibleFormats = Some(HashSet::from([format]));
    hints.TryHarder = Some(effort > Effort::Fast);
    // A reader that panics on a picture has found nothing in it.
    catch_unwind(AssertUnwindSafe(|| {
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        match format {
            BarcodeFormat::QR_CODE => QrReader.decode_multiple_with_hints(&mut bitmap, &hints),
            BarcodeFormat::PDF_417 => PDF417Reader.decode_multiple_with_hints(&mut bitmap, &hints),
            BarcodeFormat::AZTEC => AztecReader
                .decode_with_hints(&mut bitmap, &hints)
                .map(|it| vec![it]),
            _ => DataMatrixReader
                .decode_with_hints(&mut bitmap, &hints)
                .map(|it| vec![it]),
        }
        .unwrap_or_default()
    }))
    .unwrap_or_default()
}

/// What an engine's reader found, before it has a name of the document. Places are those of the
/// padded picture.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) format: BarcodeFormat,
    /// With group separators for FNC1.
    pub(crate) text: String,
    pub(crate) gs1: bool,
    pub(crate) area: Area,
}

impl Reading {
    fn of(result: &RXingResult, format: BarcodeFormat) -> Option<Self> {
        let points: Vec<_> = result
            .getPoints()
            .iter()
            .map(|point| (point.x, point.y))
            .collect();
        let area = Area::around(&points)?;
        let gs1 = is_gs1(result);
        let text = result.getText();
        let text = match format {
            BarcodeFormat::DATA_MATRIX => data_matrix_text(text),
            _ => text.to_owned(),
        };
        Some(Self {
            format,
            text,
            gs1,
            area,
        })
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
pub(crate) fn is_gs1(result: &RXingResult) -> bool {
    let identifier = result
        .getRXingResultMetadata()
        .get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER);
    match identifier {
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) => {
            matches!(identifier.as_str(), "]C1" | "]Q3" | "]Q4" | "]d2" | "]d5")
        }
        _ => false,
    }
}

/// Where a barcode is: four corners, clockwise from the top left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Area([(f32, f32); 4]);

impl Area {
    pub(crate) fn rectangle(left: usize, top: usize, right: usize, bottom: usize) -> Self {
        let [left, top, right, bottom] = [left, top, right, bottom].map(|it| it as f32);
        Self([(left, top), (right, top), (right, bottom), (left, bottom)])
    }

    /// Four points as they are, more by the rectangle around them, fewer are no area.
    fn around(points: &[(f32, f32)]) -> Option<Self> {
        if let [a, b, c, d] = *points {
            return Some(Self(clockwise([a, b, c, d])));
        }
        if points.len() < 2 {
            return None;
        }
        let [left, top, right, bottom] = bounds(points);
        Some(Self([
            (left, top),
            (right, top),
            (right, bottom),
            (left, bottom),
        ]))
    }

    fn bounds(&self) -> [f32; 4] {
        bounds(&self.0)
    }

    pub(crate) fn size(&self) -> (f32, f32) {
        let [left, top, right, bottom] = self.bounds();
        (right - left, bottom - top)
    }

    pub(crate) fn has_line(&self, y: usize) -> bool {
        let [_, top, _, bottom] = self.bounds();
        (top..bottom).contains(&(y as f32))
    }

    pub(crate) fn columns(&self) -> std::ops::Range<usize> {
        let [left, _, right, _] = self.bounds();
        left.max(0.0) as usize..right.max(0.0) as usize
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.is_near(other, 0.0)
    }

    /// Overlaps, or lies next to it with no more than a pixel between.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.is_near(other, 2.0)
    }

    fn is_near(&self, other: &Self, slack: f32) -> bool {
        let [left, top, right, bottom] = self.bounds();
        let [other_left, other_top, other_right, other_bottom] = other.bounds();
        left < other_right + slack
            && other_left < right + slack
            && top < other_bottom + slack
            && other_top < bottom + slack
    }

    pub(crate) fn joined(&self, other: &Self) -> Self {
        let points: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        let [left, top, right, bottom] = bounds(&points);
        Self([(left, top), (right, top), (right, bottom), (left, bottom)])
    }

    fn halved(&self) -> Self {
        Self(self.0.map(|(x, y)| (x / 2.0, y / 2.0)))
    }

    pub(crate) fn transposed(&self) -> Self {
        Self(clockwise(self.0.map(|(x, y)| (y, x))))
    }

    /// In pixels of the picture as it came.
    fn region(&self) -> [(i32, i32); 4] {
        let pixel = |it: f32| it.round() as i32 - PADDING as i32;
        self.0.map(|(x, y)| (pixel(x), pixel(y)))
    }
}

/// Left, top, right, bottom.
fn bounds(points: &[(f32, f32)]) -> [f32; 4] {
    points.iter().fold(
        [f32::MAX, f32::MAX, f32::MIN, f32::MIN],
        |[l, t, r, b], (x, y)| [l.min(*x), t.min(*y), r.max(*x), b.max(*y)],
    )
}

/// The corners in the order in which a clock's hand passes them, the top left one first.
fn clockwise(mut corners: [(f32, f32); 4]) -> [(f32, f32); 4] {
    let centre = corners
        .iter()
        .fold((0.0, 0.0), |(x, y), it| (x + it.0 / 4.0, y + it.1 / 4.0));
    let angle = |it: &(f32, f32)| (it.1 - centre.1).atan2(it.0 - centre.0);
    corners.sort_by(|one, other| angle(one).total_cmp(&angle(other)));
    let sum = |it: &(f32, f32)| it.0 + it.1;
    let first = (0..4).min_by(|one, other| sum(&corners[*one]).total_cmp(&sum(&corners[*other])));
    corners.rotate_left(first.unwrap_or(0));
    corners
}

impl Gray {
    fn padded(&self) -> Self {
        let width = self.width + 2 * PADDING;
        let height = self.height + 2 * PADDING;
        let mut padded = Self {
            width,
            height,
            pixels: vec![255; width as usize * height as usize],
        };
        for (y, row) in self
            .pixels
            .chunks_exact(self.width.max(1) as usize)
            .enumerate()
        {
            let start = (y + PADDING as usize) * width as usize + PADDING as usize;
            padded.pixels[start..start + row.len()].copy_from_slice(row);
        }
        padded
    }

    fn doubled(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len() * 4);
        for row in self.pixels.chunks_exact(self.width.max(1) as usize) {
            let row: Vec<u8> = row.iter().flat_map(|pixel| [*pixel; 2]).collect();
            pixels.extend_from_slice(&row);
            pixels.extend_from_slice(&row);
        }
        Self {
            width: self.width * 2,
            height: self.height * 2,
            pixels,
        }
    }

    fn inverted(&self) -> Self {
        Self {
            pixels: self.pixels.iter().map(|pixel| !pixel).collect(),
            ..*self
        }
    }

    fn transposed(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for x in 0..width {
            pixels.extend((0..height).map(|y| self.pixels[y * width + x]));
        }
        Self {
            width: self.height,
            height: self.width,
            pixels,
        }
    }

    fn erase(&mut self, area: &Area) {
        let [left, top, right, bottom] = area.bounds().map(|it| it.max(0.0) as usize);
        let (width, height) = (self.width as usize, self.height as usize);
        for y in top..(bottom + 1).min(height) {
            let row = y * width;
            self.pixels[row + left.min(width)..row + (right + 1).min(width)].fill(255);
        }
    }
}
