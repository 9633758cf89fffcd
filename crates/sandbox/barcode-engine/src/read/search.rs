//! The steps of a search, from the image as it is to images that are changed in several ways.

use image::{GenericImageView, GrayImage, imageops};
use rxing::common::LineOrientation;

use super::detection::{Detection, mapped};
use super::page::Page;
use super::tiles::{MAX_TILE_PIXELS, coarsest, tiles};
use super::{Budget, Effort, filter, gray, islands, line, linear};
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
/// The angles of the edges are measured in an image of at most this many pixels.
const MAX_MEASURED: usize = 500_000;
/// The difference between dark and light shades below which a region has low contrast.
const FAINT: u8 = 128;
/// In degrees. Barcodes at multiples of 90 degrees are found without rotating the image.
const ANGLES: [i64; 5] = [15, 30, 45, 60, 75];

/// The blurs that are removed, as the standard deviations of normal distributions, in pixels.
const BLURS: [f32; 2] = [1.5, 2.2];
/// The number of lines whose mean is searched for linear codes.
const AVERAGED: usize = 9;

/// Searches an image that was changed in some way.
type Step = fn(&Search<'_>, &GrayImage) -> Vec<Detection>;

/// The steps of a quick search, and the least effort for each. Each step begins only if those
/// before it found nothing, so the fast ones come first.
const QUICK_STEPS: [(Effort, Step); 5] = [
    (Effort::Fast, |search, image| search.search_quickly(image)),
    (Effort::Normal, |search, image| search.search_inverted(image)),
    (Effort::Normal, |search, image| search.search_straightened(image)),
    (Effort::Normal, |search, image| search.search_smoothed(image)),
    (Effort::Normal, |search, image| search.search_along_bars(image)),
];

/// The steps that follow if a thorough search of the image as it is finds nothing either.
const THOROUGH_STEPS: [(Effort, Step); 4] = [
    (Effort::Normal, |search, image| search.search_faint_regions(image)),
    (Effort::Excellent, |search, image| search.search_sharpened(image)),
    (Effort::Excellent, |search, image| search.search_leveled(image)),
    (Effort::Excellent, |search, image| search.search_rotated(image)),
];

/// The settings of a search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) kinds: &'a [Kind],
    pub(super) effort: Effort,
    pub(super) budget: &'a Budget,
}

impl Search<'_> {
    /// The barcodes that a quick search finds. If it finds nothing, or if something else looks like
    /// a barcode, also those that a thorough search finds.
    pub(super) fn all_stages(&self, image: &GrayImage) -> Vec<Detection> {
        let padded = prepared(image);
        // A small barcode in a large image is found by a thorough search, which takes less time
        // than changing the image.
        let is_large = padded.len() > MAX_TILE_PIXELS;
        let (first, later) = QUICK_STEPS.split_at(if is_large { 1 } else { QUICK_STEPS.len() });
        let mut found = mapped(self.first_found(first, &padded), without_padding);
        let is_complete = || !found.is_empty() && !islands::has_others(&unpadded(&padded), &found);
        if self.effort == Effort::Fast || is_complete() || !self.budget.allows(0) {
            return found;
        }
        let mut others = self.search(&padded);
        if found.is_empty() && others.is_empty() {
            others = self.first_found(&[later, &THOROUGH_STEPS].concat(), &padded);
        }
        let others = mapped(others, without_padding);
        found.retain(|code| !others.iter().any(|other| other.is_same(code)));
        found.extend(others);
        found
    }

    /// The barcodes that the first successful step finds.
    fn first_found(&self, steps: &[(Effort, Step)], image: &GrayImage) -> Vec<Detection> {
        let steps = steps.iter().filter(|(effort, _)| *effort <= self.effort);
        let mut found =
            steps.take_while(|_| self.budget.allows(0)).map(|(_, step)| step(self, image));
        found.find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Searches an image in its own size, and fewer lines.
    fn search_quickly(&self, image: &GrayImage) -> Vec<Detection> {
        self.quick().search(image)
    }

    fn quick(&self) -> Self {
        Self { effort: Effort::Fast, ..*self }
    }

    fn search_smoothed(&self, image: &GrayImage) -> Vec<Detection> {
        self.search_quickly(&filter::smoothed(image))
    }

    /// Searches linear codes in means of several lines.
    fn search_along_bars(&self, image: &GrayImage) -> Vec<Detection> {
        let scan = |image: &GrayImage| {
            let averaged = filter::averaged_down(image, AVERAGED);
            self.quick().scan(&Page::new(&averaged), LineOrientation::Row)
        };
        let mut codes = scan(image);
        codes.extend(mapped(scan(&gray::transposed(image)), |x, y| (y, x)));
        without_overlaps(codes, &[])
    }

    fn search_inverted(&self, image: &GrayImage) -> Vec<Detection> {
        let mut inverted = unpadded(image);
        imageops::invert(&mut inverted);
        self.search_quickly(&gray::padded(&inverted, PADDING))
    }

    /// Searches the image rotated so that most of its edges are upright.
    fn search_straightened(&self, image: &GrayImage) -> Vec<Detection> {
        let measured = gray::shrunk(image, coarsest(image, MAX_MEASURED));
        let angles = filter::straightening_angles(&measured);
        let factor = coarsest(image, MAX_TILE_PIXELS);
        let shrunk = gray::shrunk(image, factor);
        let found = self.rotated(&shrunk, &angles, |image| self.search_quickly(image));
        mapped(found, |x, y| (x * factor as f32, y * factor as f32))
    }

    fn search_sharpened(&self, image: &GrayImage) -> Vec<Detection> {
        let deviations = BLURS.into_iter().take_while(|_| self.budget.allows(image.len()));
        let found = deviations.map(|deviation| self.search(&filter::sharpened(image, deviation)));
        found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn search_leveled(&self, image: &GrayImage) -> Vec<Detection> {
        self.search(&filter::leveled(image))
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

    /// Finds the linear codes outside the matrix codes.
    fn linear_codes(&self, image: &GrayImage, matrix_codes: &[Detection]) -> Vec<Detection> {
        // Matrix codes contain many patterns that look like the start of a linear code.
        let mut rest = image.clone();
        matrix_codes.iter().for_each(|code| gray::erase(&mut rest, &code.area));
        let page = Page::new(&rest);
        let mut codes = self.scan(&page, LineOrientation::Row);
        codes.extend(mapped(self.scan(&page, LineOrientation::Column), |x, y| (y, x)));
        without_overlaps(codes, matrix_codes)
    }

    fn scan(&self, page: &Page<'_>, orientation: LineOrientation) -> Vec<Detection> {
        let formats = line::FORMATS.into_iter();
        let formats: Vec<_> =
            formats.filter(|format| self.kinds.contains(&Kind::Rxing(*format))).collect();
        if formats.is_empty() || !self.budget.allows(0) {
            return Vec::new();
        }
        let lines = if self.effort == Effort::Fast { 32 } else { 256 };
        linear::scan(page, orientation, &formats, lines, self.budget)
    }
}

/// Those `codes` that overlap neither the `others` nor a code before them.
fn without_overlaps(codes: Vec<Detection>, others: &[Detection]) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    for code in codes {
        let overlaps = |known: &Detection| known.area.overlaps(&code.area);
        if !others.iter().chain(&kept).any(overlaps) {
            kept.push(code);
        }
    }
    kept
}

/// Prepares an image for the readers: stretches the contrast and adds a quiet zone on each side.
fn prepared(image: &GrayImage) -> GrayImage {
    let contrast = gray::contrast(image);
    let mut padded = gray::padded(image, PADDING);
    gray::stretch(&mut padded, contrast);
    padded
}

fn without_padding(x: f32, y: f32) -> (f32, f32) {
    (x - PADDING as f32, y - PADDING as f32)
}

/// The image without the quiet zone that was added.
fn unpadded(padded: &GrayImage) -> GrayImage {
    let [width, height] = [padded.width(), padded.height()].map(|side| side - 2 * PADDING);
    padded.view(PADDING, PADDING, width, height).to_image()
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
