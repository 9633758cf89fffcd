//! Changes images before they are passed to the readers.

use std::ops::Range;

use image::{GrayImage, Luma};

use super::area::Area;

/// One pixel in this many may be a stray one, such as a speck of dust. A barcode has more dark
/// pixels, even in a large image.
const STRAY: usize = 10_000;
/// The minimum difference between dark and light shades for a barcode to be searched.
const MIN_CONTRAST: u32 = 12;

pub(crate) const WHITE: Luma<u8> = Luma([u8::MAX]);

/// Adds a white margin on each side.
pub(crate) fn padded(image: &GrayImage, margin: u32) -> GrayImage {
    let (width, height) = image.dimensions();
    let (width, height) = (width + 2 * margin, height + 2 * margin);
    let white = vec![u8::MAX; width as usize * height as usize];
    let mut padded = from_pixels(width, height, white);
    let margin = margin as usize;
    let targets = padded.chunks_exact_mut(width as usize);
    for (target, row) in targets.skip(margin).zip(rows(image)) {
        target[margin..margin + row.len()].copy_from_slice(row);
    }
    padded
}

fn rows(image: &GrayImage) -> std::slice::ChunksExact<'_, u8> {
    image.chunks_exact(image.width().max(1) as usize)
}

/// The darkest and the lightest shade, apart from those of a few stray pixels.
pub(crate) fn contrast(image: &GrayImage) -> (u8, u8) {
    let counts = counts(image);
    let stray = image.len() / STRAY;
    let darkest = first_beyond(stray, 0..=u8::MAX, &counts);
    let lightest = first_beyond(stray, (0..=u8::MAX).rev(), &counts);
    (darkest.unwrap_or(0), lightest.unwrap_or(u8::MAX))
}

/// The number of pixels of each shade.
pub(super) fn counts(image: &GrayImage) -> [usize; 256] {
    let mut counts = [0; 256];
    for shade in image.as_raw() {
        counts[usize::from(*shade)] += 1;
    }
    counts
}

/// The first shade after those of the first `stray` pixels.
fn first_beyond(
    stray: usize,
    mut shades: impl Iterator<Item = u8>,
    counts: &[usize; 256],
) -> Option<u8> {
    let mut seen = 0;
    shades.find(|shade| {
        seen += counts[usize::from(*shade)];
        seen > stray
    })
}

/// Spreads the shades between `darkest` and `lightest` over the whole range. Shades that are nearly
/// equal are left as they are, because they contain only noise.
pub(crate) fn stretch(image: &mut GrayImage, (darkest, lightest): (u8, u8)) {
    let range = u32::from(lightest.saturating_sub(darkest));
    if range < MIN_CONTRAST || range == u32::from(u8::MAX) {
        return;
    }
    let spread = |shade: u8| {
        let above = u32::from(shade.saturating_sub(darkest)).min(range);
        (above * u32::from(u8::MAX) / range) as u8
    };
    let shades: Vec<u8> = (0..=u8::MAX).map(spread).collect();
    for shade in image.iter_mut() {
        *shade = shades[usize::from(*shade)];
    }
}

/// Makes each pixel twice as wide and high.
pub(crate) fn doubled(image: &GrayImage) -> GrayImage {
    let mut pixels = Vec::with_capacity(4 * image.len());
    for row in rows(image) {
        let row: Vec<u8> = row.iter().flat_map(|shade| [*shade; 2]).collect();
        pixels.extend_from_slice(&row);
        pixels.extend_from_slice(&row);
    }
    from_pixels(image.width() * 2, image.height() * 2, pixels)
}

/// Exchanges rows and columns.
pub(super) fn transposed(image: &GrayImage) -> GrayImage {
    let (width, shades) = (image.width() as usize, image.as_raw());
    let mut pixels = Vec::with_capacity(shades.len());
    for x in 0..width {
        pixels.extend(shades[x..].iter().step_by(width));
    }
    from_pixels(image.height(), image.width(), pixels)
}

/// The image with these pixels, of which there are width times height.
fn from_pixels(width: u32, height: u32, pixels: Vec<u8>) -> GrayImage {
    GrayImage::from_vec(width, height, pixels).unwrap_or_default()
}

/// Paints an area white.
pub(super) fn erase(image: &mut GrayImage, area: &Area) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let [left, top, right, bottom] = area.bounds().map(|bound| bound.max(0.0) as usize);
    let columns = left.min(width)..(right + 1).min(width);
    let rows = image.chunks_exact_mut(width.max(1)).take((bottom + 1).min(height));
    for row in rows.skip(top) {
        row[columns.clone()].fill(u8::MAX);
    }
}

/// The part of an image in an area.
pub(super) fn crop(image: &GrayImage, area: &Area) -> GrayImage {
    let [left, top, right, bottom] = area.bounds().map(|bound| bound.max(0.0) as usize);
    part(image, left..right, top..bottom)
}

/// These columns and rows of an image, clipped to its size.
pub(super) fn part(image: &GrayImage, columns: Range<usize>, lines: Range<usize>) -> GrayImage {
    let clipped =
        |range: Range<usize>, end: u32| range.start.min(end as usize)..range.end.min(end as usize);
    let (columns, lines) = (clipped(columns, image.width()), clipped(lines, image.height()));
    let mut pixels = Vec::with_capacity(columns.len() * lines.len());
    for row in rows(image).take(lines.end).skip(lines.start) {
        pixels.extend_from_slice(&row[columns.clone()]);
    }
    from_pixels(columns.len() as u32, lines.len() as u32, pixels)
}

/// Makes an image smaller by a factor: each pixel is the mean of a square of pixels.
///
/// `imageops::thumbnail` does the same, but takes ten times as long.
pub(super) fn shrunk(image: &GrayImage, factor: usize) -> GrayImage {
    if factor <= 1 {
        return image.clone();
    }
    let (width, height) = (image.width() as usize / factor, image.height() as usize / factor);
    let mut pixels = Vec::with_capacity(width * height);
    for band in image.chunks_exact(image.width() as usize * factor) {
        let mut sums = vec![0_usize; width];
        for row in band.chunks_exact(image.width() as usize) {
            for (sum, square) in sums.iter_mut().zip(row.chunks_exact(factor)) {
                *sum += square.iter().copied().map(usize::from).sum::<usize>();
            }
        }
        pixels.extend(sums.iter().map(|sum| (sum / (factor * factor)) as u8));
    }
    from_pixels(width as u32, height as u32, pixels)
}
