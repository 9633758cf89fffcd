//! The stages of a search: the whole image, regions of low contrast, the inverted image, and the
//! rotated image. Each stage begins only if the stages before it found nothing.

use image::{GrayImage, imageops};

use super::detection::{Detection, mapped};
use super::tiles::{MAX_TILE_PIXELS, coarsest, tiles};
use super::{Budget, Effort, gray, islands, line, linear};
use crate::rotate::Rotation;
use crate::symbology::Kind;

/// The quiet zone that is added around an image, so that barcodes at its edge are found, and so
/// that no reader gets an image of only a few pixels.
const PADDING: u32 = 16;
/// Some readers need a pixel in the middle of a module, which modules of two pixels do not have.
/// Images with fewer pixels than this are therefore also searched enlarged.
const ENLARGED_BELOW: usize = 1_000_000;
/// An image of more pixels than this is rotated at a smaller scale.
const MAX_ROTATED: usize = 16_000_000;
/// The difference between dark and light shades below which a region has low contrast.
const FAINT: u8 = 128;
/// In degrees. Barcodes at multiples of 90 degrees are found without rotating the image.
const ANGLES: [i64; 5] = [15, 30, 45, 60, 75];

/// The settings of a search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) kinds: &'a [Kind],
    pub(super) effort: Effort,
    pub(super) budget: &'a Budget,
}

impl Search<'_> {
    pub(super) fn all_stages(&self, image: &GrayImage) -> Vec<Detection> {
        let padded = prepared(image);
        let mut found = self.search(&padded);
        let continues = |found: &[Detection], effort: Effort| {
            found.is_empty() && self.effort >= effort && self.budget.allows(0)
        };
        if continues(&found, Effort::Normal) {
            found = self.search_faint_regions(&padded);
        }
        if continues(&found, Effort::Excellent) {
            let mut inverted = image.clone();
            imageops::invert(&mut inverted);
            found = self.search(&prepared(&inverted));
        }
        if continues(&found, Effort::Excellent) {
            found = self.search_rotated(&padded);
        }
        mapped(found, |x, y| (x - PADDING as f32, y - PADDING as f32))
    }

    /// Searches regions of low contrast, such as a gray label on white paper, after stretching the
    /// contrast of each.
    fn search_faint_regions(&self, image: &GrayImage) -> Vec<Detection> {
        let mut found = Vec::new();
        let regions = islands::large_islands(image);
        let regions = regions.filter_map(|island| islands::dark_within(image, &island));
        for region in regions.take_while(|_| self.budget.allows(0)) {
            let part = gray::crop(image, &region);
            let (darkest, lightest) = gray::contrast(&part);
            if lightest - darkest < FAINT {
                let [left, top, ..] = region.bounds().map(|bound| bound - PADDING as f32);
                let detections = self.search(&prepared(&part));
                found.extend(mapped(detections, |x, y| (x + left, y + top)));
            }
        }
        found
    }

    /// Searches the rotated image: first shrunk to the size of one tile, then at full scale. An
    /// image that is too large to be rotated at full scale is shrunk as far as necessary.
    fn search_rotated(&self, image: &GrayImage) -> Vec<Detection> {
        let mut factors = [MAX_TILE_PIXELS, MAX_ROTATED].map(|max| coarsest(image, max)).to_vec();
        factors.dedup();
        for factor in factors {
            let shrunk = gray::shrunk(image, factor);
            let found = self.rotated(&shrunk, &ANGLES, |image| self.search(image));
            if !found.is_empty() {
                let factor = factor as f32;
                return mapped(found, |x, y| (x * factor, y * factor));
            }
        }
        Vec::new()
    }

    /// Applies `search` to the image rotated by each of the `angles`, until it finds something.
    pub(super) fn rotated(
        &self,
        image: &GrayImage,
        angles: &[i64],
        search: impl Fn(&GrayImage) -> Vec<Detection>,
    ) -> Vec<Detection> {
        for &degrees in angles {
            if !self.budget.allows(image.len()) {
                break;
            }
            let rotation = Rotation::new(image.dimensions(), degrees);
            let found = search(&rotation.apply(image, gray::WHITE));
            if !found.is_empty() {
                return mapped(found, |x, y| rotation.source(x, y));
            }
        }
        Vec::new()
    }

    /// The barcodes in an image: those that zxing-cpp reads, or if it reads none, those that rxing
    /// reads.
    fn search(&self, image: &GrayImage) -> Vec<Detection> {
        #[cfg(feature = "all-symbologies")]
        {
            let found = self.search_with_zxing_cpp(image);
            if !found.is_empty() {
                return found;
            }
        }
        self.search_with_rxing(image)
    }

    #[cfg(feature = "all-symbologies")]
    fn search_with_zxing_cpp(&self, image: &GrayImage) -> Vec<Detection> {
        let mut found: Vec<Detection> = Vec::new();
        for tile in tiles(image).take_while(|_| self.budget.allows(0)) {
            for new in mapped(self.zxing_cpp(&tile.image), |x, y| tile.source(x, y)) {
                if !found.iter().any(|known| known.is_same(&new)) {
                    found.push(new);
                }
            }
        }
        found
    }

    /// Finds the matrix codes of the whole image, then the linear codes, then the matrix codes that
    /// are found only at full scale.
    fn search_with_rxing(&self, image: &GrayImage) -> Vec<Detection> {
        let mut tiles = tiles(image);
        let whole = tiles.next();
        let mut found = whole.map_or_else(Vec::new, |tile| self.matrix_codes(&tile));
        found.extend(self.linear_codes(image, &found));
        for tile in tiles {
            if !self.budget.allows(0) {
                break;
            }
            for new in self.matrix_codes(&tile) {
                if !found.iter().any(|known| known.is_same(&new)) {
                    // Bars within a matrix code are not a barcode.
                    found.retain(|known| !known.is_linear() || !known.area.overlaps(&new.area));
                    found.push(new);
                }
            }
        }
        found
    }

    fn linear_codes(&self, image: &GrayImage, matrix_codes: &[Detection]) -> Vec<Detection> {
        let formats = line::FORMATS.into_iter();
        let formats: Vec<_> =
            formats.filter(|format| self.kinds.contains(&Kind::Rxing(*format))).collect();
        if formats.is_empty() || !self.budget.allows(0) {
            return Vec::new();
        }
        let lines = if self.effort == Effort::Fast { 32 } else { 256 };
        // Matrix codes contain many patterns that look like the start of a linear code.
        let mut rest = image.clone();
        matrix_codes.iter().for_each(|code| gray::erase(&mut rest, &code.area));
        let upright = linear::scan(&rest, &formats, lines, self.budget);
        let lying = linear::scan(&gray::transposed(&rest), &formats, lines, self.budget);
        let mut codes: Vec<Detection> = Vec::new();
        for code in upright.into_iter().chain(mapped(lying, |x, y| (y, x))) {
            let overlaps = |known: &Detection| known.area.overlaps(&code.area);
            if !matrix_codes.iter().chain(&codes).any(overlaps) {
                codes.push(code);
            }
        }
        codes
    }
}

/// Prepares an image for the readers: stretches the contrast and adds a quiet zone on each side.
fn prepared(image: &GrayImage) -> GrayImage {
    let contrast = gray::contrast(image);
    let mut padded = gray::padded(image, PADDING);
    gray::stretch(&mut padded, contrast);
    padded
}

/// Applies `search` to the enlarged image, unless it is large.
pub(super) fn enlarged(
    image: &GrayImage,
    search: impl Fn(&GrayImage) -> Vec<Detection>,
) -> Vec<Detection> {
    if image.len() > ENLARGED_BELOW {
        return Vec::new();
    }
    mapped(search(&gray::doubled(image)), |x, y| (x / 2.0, y / 2.0))
}
