//! Saves a copy of an image with its barcodes outlined and labeled.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use anyhow::Context as _;
use barcode_cloud::{Barcode, Error, Point};
use image::imageops::{self, FilterType};
use image::{ImageFormat, ImageReader, Rgb, RgbImage};

use crate::terminal::printable;

const OUTLINE: Rgb<u8> = Rgb([220, 0, 60]);
const LABEL: Rgb<u8> = Rgb([255, 255, 255]);
/// Images whose longer side has at most half of this number of pixels are enlarged.
const READABLE: u32 = 600;
/// The longest label in characters.
const MAX_LABEL: usize = 40;

/// Draws the barcodes on the image in `bytes` and saves it as a PNG file.
pub(super) fn save(bytes: &[u8], barcodes: &[Barcode], path: &Path) -> anyhow::Result<()> {
    let image = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let image = image.decode().context("cannot decode the image for --annotate")?;
    let image = image.into_rgb8();
    // Small images are enlarged, so that the labels are readable.
    let (width, height) = image.dimensions();
    let scale = (READABLE / width.max(height).max(1)).clamp(1, 8);
    let (width, height) = (width * scale, height * scale);
    let mut image = imageops::resize(&image, width, height, FilterType::Nearest);
    for barcode in barcodes {
        draw(&mut image, barcode, scale as i32);
    }
    let mut file = Cursor::new(Vec::new());
    image.write_to(&mut file, ImageFormat::Png)?;
    fs::write(path, file.into_inner()).map_err(|source| {
        // Leave no half-written file. The file may not exist, so ignore an error.
        let _ = fs::remove_file(path);
        let path = path.to_owned();
        Error::File { path, source, after_response: true }.into()
    })
}

fn draw(image: &mut RgbImage, barcode: &Barcode, scale: i32) {
    let (width, height) = (image.width() as i32, image.height() as i32);
    // The service may return points outside the image.
    let within = |position: i32, limit| position.saturating_mul(scale).clamp(0, limit - 1);
    let corner = |point: &Point| (within(point.x, width), within(point.y, height));
    let corners: Vec<_> = barcode.region.iter().map(corner).collect();
    let thickness = (width.min(height) / 150).clamp(1, 8);
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        line(image, *from, *to, thickness);
    }
    let left = corners.iter().map(|corner| corner.0).min();
    let top = corners.iter().map(|corner| corner.1).min();
    let text = format!("{}: {}", barcode.barcode_type, printable(&barcode.value));
    let text: String = text.chars().take(MAX_LABEL).collect();
    label(image, (left.unwrap_or(0), top.unwrap_or(0)), &text);
}

fn line(image: &mut RgbImage, from: (i32, i32), to: (i32, i32), thickness: i32) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let steps = dx.abs().max(dy.abs()).max(1);
    for step in 0..=steps {
        let x = from.0 + (i64::from(dx) * i64::from(step) / i64::from(steps)) as i32;
        let y = from.1 + (i64::from(dy) * i64::from(step) / i64::from(steps)) as i32;
        let offset = thickness / 2;
        fill(image, (x - offset, y - offset), (thickness, thickness), OUTLINE);
    }
}

fn fill(
    image: &mut RgbImage,
    (left, top): (i32, i32),
    (width, height): (i32, i32),
    color: Rgb<u8>,
) {
    for y in top..top + height {
        for x in left..left + width {
            put(image, x, y, color);
        }
    }
}

fn put(image: &mut RgbImage, x: i32, y: i32, color: Rgb<u8>) {
    if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
        && let Some(pixel) = image.get_pixel_mut_checked(x, y)
    {
        *pixel = color;
    }
}

/// Writes `text` above the point `bottom`, or below it at the top of the image.
fn label(image: &mut RgbImage, (left, bottom): (i32, i32), text: &str) {
    let Ok(font) = FontRef::try_from_slice(dejavu::sans::regular()) else {
        return;
    };
    let size = (image.height().min(image.width()) as f32 / 20.0).clamp(10.0, 40.0);
    let font = font.as_scaled(PxScale::from(size));
    let height = font.height().ceil() as i32;
    let top = (bottom - height).max(0);
    let mut right = left as f32;
    let mut glyphs: Vec<Glyph> = Vec::new();
    for character in text.chars() {
        let mut glyph = font.scaled_glyph(character);
        glyph.position = point(right, top as f32 + font.ascent());
        right += font.h_advance(glyph.id);
        glyphs.push(glyph);
    }
    fill(image, (left, top), (right.ceil() as i32 - left, height), OUTLINE);
    for outline in glyphs.into_iter().filter_map(|glyph| font.outline_glyph(glyph)) {
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, coverage| {
            if coverage > 0.5 {
                put(image, corner.x as i32 + x as i32, corner.y as i32 + y as i32, LABEL);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use barcode_cloud::{Barcode, DecodeBarcodeType, Point};
    use image::{Rgb, RgbImage};

    use super::{OUTLINE, draw};

    #[test]
    fn the_region_is_outlined_and_points_outside_the_image_are_moved_to_its_edge() {
        let mut image = RgbImage::from_pixel(200, 200, Rgb([255; 3]));
        let mut barcode = Barcode::new(DecodeBarcodeType::Qr, "x");
        let corners = [(50, 100), (i32::MAX, 100), (i32::MAX, 150), (50, i32::MAX)];
        barcode.region = corners.map(|(x, y)| Point::new(x, y)).into();
        draw(&mut image, &barcode, 1);
        for (x, y) in [(50, 100), (100, 100), (199, 120), (50, 199)] {
            assert_eq!(image.get_pixel(x, y), &OUTLINE, "{x}, {y}");
        }
        assert_eq!(image.get_pixel(100, 120), &Rgb([255; 3]));
        // The label is above the barcode.
        assert!((50..90).any(|x| image.get_pixel(x, 92) == &OUTLINE));
    }
}
