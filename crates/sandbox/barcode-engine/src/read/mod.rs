//! Reading: finds the barcodes in an image.

mod area;
mod budget;
mod detection;
mod filter;
mod gray;
mod islands;
mod line;
mod linear;
mod matrix;
mod page;
mod search;
mod tiles;
#[cfg(feature = "all-symbologies")]
mod zxing_cpp;

pub use budget::Budget;
#[cfg(test)]
pub(crate) use {gray::*, tiles::MAX_TILE_PIXELS};

use image::GrayImage;

use crate::symbology::Kind;
use crate::{Error, Symbology, decode};
use detection::Detection;
use search::Search;

/// Which barcodes are searched, and how thoroughly.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The types to search. Types that this build cannot read are ignored. By default, the common
    /// types.
    pub symbologies: Vec<&'static Symbology>,
    /// By default, [`Effort::Normal`].
    pub effort: Effort,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            symbologies: Symbology::all().filter(|symbology| symbology.common).collect(),
            effort: Effort::Normal,
        }
    }
}

impl ReadOptions {
    /// Searches thoroughly for a barcode of one type.
    ///
    /// If the type holds no GS1 element strings, a symbol that does is reported as such, so that it
    /// is not mistaken for one with the same digits.
    pub fn expecting(symbology: &'static Symbology) -> Self {
        let is_alike = |other: &&Symbology| {
            other.kind == symbology.kind && other.gs1 && other.common && !symbology.gs1
        };
        let alike = Symbology::all().filter(is_alike);
        Self { symbologies: alike.chain([symbology]).collect(), effort: Effort::Excellent }
    }
}

/// How thoroughly an image is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Searches fewer lines, and the image only in its own size.
    Fast,
    /// Also searches the image inverted, rotated by the angle of its edges, and without noise. If
    /// nothing is found, or something else looks like a barcode, also searches more lines, an
    /// enlarged image, and regions of low contrast.
    Normal,
    /// Also searches the image sharpened, evenly lit, and rotated by other angles if nothing is
    /// found otherwise.
    Excellent,
}

/// A barcode in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Barcode {
    /// The name of its type.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Its corners in pixels, clockwise from the top left.
    pub region: [(i32, i32); 4],
}

/// Returns the barcodes in an image file, from top to bottom.
///
/// # Errors
///
/// The errors of [`decode`](decode()).
pub fn read(file: &[u8], options: &ReadOptions) -> Result<Vec<Barcode>, Error> {
    Ok(read_image(&decode(file)?, options, &Budget::unlimited()))
}

/// Returns the barcodes in an image, from top to bottom. If the `budget` is exhausted before the
/// search ends, returns those that were found until then.
pub fn read_image(image: &GrayImage, options: &ReadOptions, budget: &Budget) -> Vec<Barcode> {
    let is_requested = |symbology: &&Symbology| {
        let mut requested = options.symbologies.iter();
        requested.any(|requested| requested.name == symbology.name)
    };
    // In the order of the table, so that the most specific name comes first.
    let requested: Vec<&Symbology> = Symbology::all().filter(is_requested).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for symbology in &requested {
        if !kinds.contains(&symbology.kind) {
            kinds.push(symbology.kind);
        }
    }
    let search = Search { kinds: &kinds, effort: options.effort, budget };
    let detections = search.all_stages(image).into_iter();
    let mut found: Vec<Barcode> =
        detections.filter_map(|detection| barcode(&detection, &requested)).collect();
    found.sort_by_key(|barcode| (barcode.region[0].1, barcode.region[0].0));
    found
}

/// Determines the type of a barcode: the first of the requested ones that matches.
fn barcode(detection: &Detection, requested: &[&'static Symbology]) -> Option<Barcode> {
    let mut candidates = requested
        .iter()
        .filter(|symbology| symbology.kind == detection.kind && (detection.gs1 || !symbology.gs1));
    candidates.find_map(|symbology| {
        Some(Barcode {
            name: symbology.name,
            value: symbology.value(&detection.text)?,
            region: detection.area.corners(),
        })
    })
}
