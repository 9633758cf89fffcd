//! Determines the layout of a symbol, and fills the pixels.
//!
//! The defaults are those of the service: modules of 2 pixels at 96 dpi and margins of 13 pixels in
//! total, so that a version 1 QR is 55 pixels wide. The heights of its bars and letters are
//! unknown.

use std::borrow::Cow;

use image::{Pixel, Rgba, RgbaImage};

use super::font::{self, Line};
use super::goods::GoodsLabel;
use super::{RenderOptions, TextLocation};
use crate::rotate::{Rotation, rotated_size};
use crate::write::Modules;
use crate::{Error, Symbol};

/// The maximum length of a side, and the maximum number of pixels.
const MAX_SIDE: f64 = 30_000.0;
const MAX_PIXELS: f64 = 25_000_000.0;

/// At 96 dpi.
const MODULE: f64 = 2.0;
const BAR_HEIGHT: f64 = 50.0;
/// In points, on each side.
const MARGIN: f64 = 5.0;
const LETTER_HEIGHT: f64 = 10.0;
/// By how many modules guard bars are longer than other bars.
const GUARD: f64 = 5.0;

/// The position of each part of a symbol, in pixels.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// The dark rectangles: left, top, width, height.
    pub(super) bars: Vec<[u32; 4]>,
    /// Without text, or one line, or a line for each group of digits.
    pub(super) text: Vec<Line<'a>>,
    pub(super) options: &'a RenderOptions,
}

impl<'a> Layout<'a> {
    pub(super) fn new(symbol: &'a Symbol, options: &'a RenderOptions) -> Result<Self, Error> {
        let location = options.text.unwrap_or(match symbol.symbology.linear {
            true => TextLocation::Below,
            false => TextLocation::None,
        });
        let points = options.resolution / 72.0;
        let margins = (2.0 * MARGIN * points).floor();
        let letters = (LETTER_HEIGHT * points).round().max(1.0);
        let text_height = match location {
            TextLocation::None => 0.0,
            _ => (letters * 1.25).ceil(),
        };
        // In a width that was requested, digits next to the bars must not make the bars narrower.
        let module_with = |label: usize| {
            let columns = (symbol.columns() + label) as f64;
            options.width.map(|width| ((width.round() - margins) / columns).floor())
        };
        let label = GoodsLabel::of(symbol)
            .filter(|_| location == TextLocation::Below)
            .filter(|label| module_with(label.columns()) == module_with(0));
        let (rows, ratio) = match &symbol.modules {
            Modules::Bars(bars) => {
                let bars = label.map_or_else(|| bars.clone(), |label| label.spaced(bars));
                (Cow::Owned(vec![bars]), None)
            }
            Modules::Grid(rows) => {
                let ratio = options.module_ratio.unwrap_or(symbol.symbology.module_ratio());
                (Cow::Borrowed(rows), Some(ratio))
            }
        };
        let (columns, row_count) = (rows.first().map_or(0, Vec::len) as f64, rows.len() as f64);
        let module =
            match requested_module(options, columns, row_count, margins, text_height, ratio) {
                Some(module) if module < 1.0 && options.width.is_some() => {
                    return Err(Error::Width);
                }
                Some(module) => module,
                None => (MODULE * options.resolution / 96.0).round().max(1.0),
            };
        let row_height = match (ratio, options.height) {
            (Some(ratio), _) => (module * ratio).floor().max(1.0),
            (None, Some(height)) => height.round() - margins - text_height,
            (None, None) => (BAR_HEIGHT * options.resolution / 96.0).round().max(1.0),
        };
        if module < 1.0 || row_height < 1.0 {
            return Err(Error::Height);
        }
        let (inner_width, inner_height) = (columns * module, row_count * row_height);
        let width = options.width.map_or(inner_width + margins, f64::round);
        let height = options.height.map_or(inner_height + margins + text_height, f64::round);
        let (rotated_width, rotated_height) = rotated_size(width, height, options.rotation);
        if rotated_width.max(rotated_height) > MAX_SIDE
            || rotated_width * rotated_height > MAX_PIXELS
        {
            return Err(Error::Size);
        }
        let left = ((width - inner_width) / 2.0).floor();
        let upper = ((height - inner_height - text_height) / 2.0).floor();
        let (top, baseline) = match location {
            TextLocation::Above => (upper + text_height, upper + letters),
            _ => (upper, upper + inner_height + letters),
        };
        let parts = match (location, label) {
            (TextLocation::None, _) => Vec::new(),
            (_, None) => vec![(&*symbol.text, 0.0, width)],
            (_, Some(label)) => label.parts(&symbol.text, left, module),
        };
        let text = lines(parts, letters as f32, baseline as f32);
        let mut bars = dark_runs(&rows, left, top, module, row_height);
        if let Some(label) = label {
            let longer = (GUARD * module).min(text_height) as u32;
            label.lengthen_guards(&mut bars, longer, |x| (x - left as u32) / module as u32);
        }
        Ok(Self { width: width as u32, height: height as u32, bars, text, options })
    }

    /// Draws the image and rotates it.
    pub(super) fn draw(&self) -> RgbaImage {
        let foreground = self.options.foreground.rgba();
        let background = self.options.background.rgba();
        let mut drawing = RgbaImage::from_pixel(self.width, self.height, background);
        for &[left, top, width, height] in &self.bars {
            for y in top..top + height {
                (left..left + width).for_each(|x| drawing.put_pixel(x, y, foreground));
            }
        }
        for line in &self.text {
            font::draw(line, |x, y, coverage| {
                if let Some(pixel) = drawing.get_pixel_mut_checked(x, y) {
                    *pixel = mixed(background, foreground, coverage);
                }
            });
        }
        match self.options.rotation.rem_euclid(360) {
            0 => drawing,
            90 => image::imageops::rotate90(&drawing),
            180 => image::imageops::rotate180(&drawing),
            270 => image::imageops::rotate270(&drawing),
            degrees => Rotation::new(drawing.dimensions(), degrees).apply(&drawing, background),
        }
    }
}

/// The width of a module that makes the symbol fit into the requested size, or `None` if no size
/// was requested that limits it.
fn requested_module(
    options: &RenderOptions,
    columns: f64,
    rows: f64,
    margins: f64,
    text_height: f64,
    ratio: Option<f64>,
) -> Option<f64> {
    let across = options.width.map(|width| ((width.round() - margins) / columns).floor());
    let down = options
        .height
        .zip(ratio)
        .map(|(height, ratio)| ((height.round() - margins - text_height) / rows / ratio).floor());
    match (across, down) {
        (Some(across), Some(down)) => Some(across.min(down)),
        (across, down) => across.or(down),
    }
}

/// Lines of text, all of the same size. Each has its left edge and its maximum width.
fn lines(parts: Vec<(&str, f64, f64)>, letters: f32, baseline: f32) -> Vec<Line<'_>> {
    let fitting =
        parts.iter().map(|(text, _, width)| font::fitting_size(text, letters, *width as f32));
    let size = fitting.fold(letters, f32::min);
    let line = |(text, start, width)| {
        let middle = (start + width / 2.0) as f32;
        Line { text, middle, baseline, size }
    };
    parts.into_iter().map(line).collect()
}

/// The dark runs of each row as rectangles.
fn dark_runs(
    rows: &[Vec<bool>],
    left: f64,
    top: f64,
    module: f64,
    row_height: f64,
) -> Vec<[u32; 4]> {
    let mut runs = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let y = (top + index as f64 * row_height) as u32;
        let mut x = left as u32;
        for run in row.chunk_by(|one, other| one == other) {
            let width = run.len() as u32 * module as u32;
            if run[0] {
                runs.push([x, y, width, row_height as u32]);
            }
            x += width;
        }
    }
    runs
}

/// A color between two others: `share` is that of the second one.
fn mixed(one: Rgba<u8>, other: Rgba<u8>, share: f32) -> Rgba<u8> {
    let share = share.clamp(0.0, 1.0);
    one.map2(&other, |one, other| {
        (f32::from(one) + (f32::from(other) - f32::from(one)) * share) as u8
    })
}
