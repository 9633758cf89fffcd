//! Draws symbols: determines the layout, and fills the pixels.
//!
//! The defaults are those of the service: modules of 2 pixels at 96 dpi and margins of 13 pixels in
//! total, so that a version 1 QR is 55 pixels wide. The heights of its bars and letters are
//! unknown.

use image::{Rgba, RgbaImage};

use super::Color;
use super::font;
use crate::engine::{Shape, Symbol};

/// The maximum length of a side, and the maximum number of pixels.
const LONGEST_SIDE: f64 = 30_000.0;
const MOST_PIXELS: f64 = 25_000_000.0;

/// At 96 dpi.
const MODULE: f64 = 2.0;
const BAR_HEIGHT: f64 = 50.0;
/// In points, on each side.
const MARGIN: f64 = 5.0;
const LETTER_HEIGHT: f64 = 10.0;

/// Where the text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextLocation {
    Below,
    Above,
    None,
}

/// The appearance of a symbol.
#[derive(Debug, Clone)]
pub(crate) struct RenderOptions {
    pub(crate) foreground: Color,
    pub(crate) background: Color,
    /// In dots per inch.
    pub(crate) resolution: f64,
    /// In pixels.
    pub(crate) width: Option<f64>,
    pub(crate) height: Option<f64>,
    /// In degrees, clockwise.
    pub(crate) rotation: i64,
    pub(crate) text: TextLocation,
    /// How much higher than wide a module of a grid is.
    pub(crate) module_ratio: f64,
}

/// Why a symbol cannot be drawn with the given options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LayoutError {
    Width,
    Height,
    Size,
}

/// A symbol with a place for each part, in pixels.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The dark parts: left, top, width, height.
    pub(crate) bars: Vec<[u32; 4]>,
    pub(crate) text: Option<Line<'a>>,
    pub(crate) options: &'a RenderOptions,
}

/// A line of text: the middle of its baseline, and the size of its letters.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) middle: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
}

impl<'a> Layout<'a> {
    pub(crate) fn new(symbol: &'a Symbol, options: &'a RenderOptions) -> Result<Self, LayoutError> {
        let points = options.resolution / 72.0;
        let margins = (2.0 * MARGIN * points).floor();
        let letters = (LETTER_HEIGHT * points).round().max(1.0);
        let text_height = match options.text {
            TextLocation::None => 0.0,
            _ => (letters * 1.25).ceil(),
        };
        let (columns, rows, ratio) = match &symbol.shape {
            Shape::Bars(bars) => (bars.len(), 1, None),
            Shape::Grid(rows) => (
                rows.first().map_or(0, Vec::len),
                rows.len(),
                Some(options.module_ratio),
            ),
        };
        let (columns, rows) = (columns as f64, rows as f64);

        let mut module = (MODULE * options.resolution / 96.0).round().max(1.0);
        if options.width.is_some() || (options.height.is_some() && ratio.is_some()) {
            let across = options
                .width
                .map(|width| ((width.round() - margins) / columns).floor());
            let down = options.height.zip(ratio).map(|(height, ratio)| {
                ((height.round() - margins - text_height) / rows / ratio).floor()
            });
            module = across.unwrap_or(f64::MAX).min(down.unwrap_or(f64::MAX));
        }
        if module < 1.0 {
            let narrow = options.width.is_some();
            return Err(if narrow {
                LayoutError::Width
            } else {
                LayoutError::Height
            });
        }
        let row_height = match (ratio, options.height) {
            (Some(ratio), _) => (module * ratio).floor().max(1.0),
            (None, Some(height)) => height.round() - margins - text_height,
            (None, None) => (BAR_HEIGHT * options.resolution / 96.0).round().max(1.0),
        };
        if row_height < 1.0 {
            return Err(LayoutError::Height);
        }
        let (inner_width, inner_height) = (columns * module, rows * row_height);
        let width = options.width.map_or(inner_width + margins, f64::round);
        let height = options
            .height
            .map_or(inner_height + margins + text_height, f64::round);
        let (turned_width, turned_height) = turned(width, height, options.rotation);
        if turned_width.max(turned_height) > LONGEST_SIDE
            || turned_width * turned_height > MOST_PIXELS
        {
            return Err(LayoutError::Size);
        }
        let left = ((width - inner_width) / 2.0).floor();
        let upper = ((height - inner_height - text_height) / 2.0).floor();
        let (top, baseline) = match options.text {
            TextLocation::Above => (upper + text_height, upper + letters),
            _ => (upper, upper + inner_height + letters),
        };
        let text = (options.text != TextLocation::None).then(|| Line {
            text: &symbol.text,
            middle: (width / 2.0) as f32,
            baseline: baseline as f32,
            size: font::fitting_size(&symbol.text, letters as f32, width as f32),
        });
        let bars = match &symbol.shape {
            Shape::Bars(bars) => runs(std::slice::from_ref(bars), left, top, module, row_height),
            Shape::Grid(rows) => runs(rows, left, top, module, row_height),
        };
        Ok(Self {
            width: width as u32,
            height: height as u32,
            bars,
            text,
            options,
        })
    }

    /// Draws the picture and rotates it.
    pub(crate) fn draw(&self) -> RgbaImage {
        let RenderOptions {
            foreground,
            background,
            ..
        } = *self.options;
        let mut picture = RgbaImage::from_pixel(self.width, self.height, Rgba(background.rgba()));
        for [left, top, width, height] in &self.bars {
            for y in *top..top + height {
                for x in *left..left + width {
                    picture.put_pixel(x, y, Rgba(foreground.rgba()));
                }
            }
        }
        if let Some(line) = &self.text {
            font::draw(line, |x, y, coverage| {
                if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
                    *pixel = Rgba(background.mix(foreground, coverage).rgba());
                }
            });
        }
        turn(picture, self.options.rotation, background)
    }
}

/// Dark runs of each row as rectangles.
fn runs(rows: &[Vec<bool>], left: f64, top: f64, module: f64, row_height: f64) -> Vec<[u32; 4]> {
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

/// Width and height of the picture that holds one of this width and height, turned.
pub(crate) fn turned(width: f64, height: f64, degrees: i64) -> (f64, f64) {
    let (sin, cos) = match degrees.rem_euclid(360) {
        0 | 180 => (0.0, 1.0),
        90 | 270 => (1.0, 0.0),
        degrees => (degrees as f64).to_radians().sin_cos(),
    };
    let size = |across: f64, down: f64| (width * across.abs() + height * down.abs()).ceil();
    (size(cos, sin), size(sin, cos))
}

/// Turns the picture clockwise by any angle, and enlarges it so that nothing is cut off.
fn turn(picture: RgbaImage, degrees: i64, background: Color) -> RgbaImage {
    match degrees.rem_euclid(360) {
        0 => picture,
        90 => image::imageops::rotate90(&picture),
        180 => image::imageops::rotate180(&picture),
        270 => image::imageops::rotate270(&picture),
        degrees => turn_aslant(&picture, degrees, background),
    }
}

fn turn_aslant(picture: &RgbaImage, degrees: i64, background: Color) -> RgbaImage {
    let (sin, cos) = (degrees as f32).to_radians().sin_cos();
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (turned_width, turned_height) = turned(width.into(), height.into(), degrees);
    let (turned_width, turned_height) = (turned_width as f32, turned_height as f32);
    RgbaImage::from_fn(turned_width as u32, turned_height as u32, |x, y| {
        let dx = x as f32 + 0.5 - turned_width / 2.0;
        let dy = y as f32 + 0.5 - turned_height / 2.0;
        let from_x = dx * cos + dy * sin + width / 2.0 - 0.5;
        let from_y = dy * cos - dx * sin + height / 2.0 - 0.5;
        sample(picture, from_x, from_y, background)
    })
}

/// The colour between four pixels.
fn sample(picture: &RgbaImage, x: f32, y: f32, background: Color) -> Rgba<u8> {
    let at = |x: f32, y: f32| {
        let inside =
            x >= 0.0 && y >= 0.0 && x < picture.width() as f32 && y < picture.height() as f32;
        if inside {
            picture.get_pixel(x as u32, y as u32).0
        } else {
            background.rgba()
        }
    };
    let (left, top) = (x.floor(), y.floor());
    let (right_share, bottom_share) = (x - left, y - top);
    let corners = [
        (at(left, top), (1.0 - right_share) * (1.0 - bottom_share)),
        (at(left + 1.0, top), right_share * (1.0 - bottom_share)),
        (at(left, top + 1.0), (1.0 - right_share) * bottom_share),
        (at(left + 1.0, top + 1.0), right_share * bottom_share),
    ];
    let channel = |index: usize| {
        corners
            .iter()
            .map(|(color, share)| f32::from(color[index]) * share)
            .sum::<f32>()
            .round() as u8
    };
    Rgba([channel(0), channel(1), channel(2), channel(3)])
}
