//! Changes images before they are passed to the readers.

use image::{GrayImage, Luma, imageops};

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
    let mut padded = GrayImage::from_pixel(width + 2 * margin, height + 2 * margin, WHITE);
    imageops::replace(&mut padded, image, margin.into(), margin.into());
    padded
}

/// The darkest and the lightest shade, apart from those of a few stray pixels.
pub(crate) fn contrast(image: &GrayImage) -> (u8, u8) {
    let mut counts = [0_usize; 256];
    for shade in image.as_raw() {
        counts[usize::from(*shade)] += 1;
    }
    let stray = image.len() / STRAY;
    let darkest = first_beyond(stray, 0..=u8::MAX, &counts);
    let lightest = first_beyond(stray, (0..=u8::MAX).rev(), &counts);
    (darkest.unwrap_or(0), lightest.unwrap_or(u8::MAX))
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
    let (width, height) = image.dimensions();
    GrayImage::from_fn(width * 2, height * 2, |x, y| *image.get_pixel(x / 2, y / 2))
}

/// Exchanges rows and columns.
pub(super) fn transposed(image: &GrayImage) -> GrayImage {
    GrayImage::from_fn(image.height(), image.width(), |x, y| *image.get_pixel(y, x))
}

/// Paints an area white.
pub(super) fn erase(image: &mut GrayImage, area: &Area) {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let [left, top, right, bottom] = area.bounds().map(|bound| bound.max(0.0) as usize);
    let columns = left.min(width)..(right + 1).min(width);
    let rows = image
        .chunks_exact_mut(width.max(1))
        .take((bottom + 1).min(height));
    for row in rows.skip(top) {
        row[columns.clone()].fill(u8::MAX);
    }
}

/// The part of an image in an area.
pub(super) fn crop(image: &GrayImage, area: &Area) -> GrayImage {
    let [left, top, right, bottom] = area.bounds().map(|bound| bound.max(0.0) as u32);
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    imageops::crop_imm(image, left, top, width, height).to_image()
}

/// Makes an image smaller by a factor: each pixel is the mean of a square of pixels.
pub(super) fn shrunk(image: &GrayImage, factor: usize) -> GrayImage {
    let factor = factor as u32;
    if factor <= 1 {
        return image.clone();
    }
    let (width, height) = (image.width() / factor, image.height() / factor);
    let squares = imageops::crop_imm(image, 0, 0, width * factor, height * factor);
    imageops::thumbnail(&*squares, width, height)
}
