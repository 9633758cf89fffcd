//! The pictures: barcodes that are drawn by the engine and then degraded, and pictures without a
//! barcode. Each picture has its own seed, so that it does not depend on the others.

use ab_glyph::{Font, FontRef, ScaleFont, point};
use barcode_engine::{
    GrayImage, ImageFormat, RenderOptions, Symbology, WriteOptions, decode, write,
};
use fastrand::Rng;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, blur, interpolate_bilinear};
use image::{ExtendedColorType, Luma};

/// The types, and the value of each.
pub(crate) const SYMBOLS: [(&str, &str); 10] = [
    ("QR", "https://example.com/item/4711"),
    ("DataMatrix", "LOT 2026-11 / 4711"),
    ("Aztec", "Seat 14B, coach 7"),
    ("Pdf417", "Parcel 4711 to Springfield"),
    ("Code128", "PARCEL-4711"),
    ("Code39", "SHELF 4711"),
    ("Code93", "TRAY 4711"),
    ("Codabar", "A40156B"),
    ("EAN13", "4006381333931"),
    ("ITF14", "15400141288763"),
];

type Degrade = fn(&GrayImage, &mut Rng) -> GrayImage;

/// The changes to a picture of a barcode with modules of 3 pixels. The strengths were chosen so
/// that zxing-cpp reads about four of five pictures.
pub(crate) const DEGRADATIONS: [(&str, Degrade); 28] = [
    ("rotated by 4°", |image, _| rotated(image, 4.0)),
    ("rotated by 10°", |image, _| rotated(image, 10.0)),
    ("rotated by 45°", |image, _| rotated(image, 45.0)),
    ("rotated by 90°", |image, _| rotated(image, 90.0)),
    ("rotated by 200°", |image, _| rotated(image, 200.0)),
    ("perspective, slight", |image, _| seen_from_the_side(image, 0.08)),
    ("perspective, strong", |image, _| seen_from_the_side(image, 0.2)),
    ("perspective, rotated by 8°", |image, _| rotated(&seen_from_the_side(image, 0.1), 8.0)),
    ("blur of 1 pixel", |image, _| blur(image, 1.0)),
    ("blur of 1.4 pixels", |image, _| blur(image, 1.4)),
    ("blur of 1.8 pixels", |image, _| blur(image, 1.8)),
    ("motion of 4 pixels", |image, _| moved(image, 4)),
    ("noise of 15", |image, random| noisy(image, 15.0, random)),
    ("noise of 30", |image, random| noisy(image, 30.0, random)),
    ("noise of 50", |image, random| noisy(image, 50.0, random)),
    ("specks on 2%", speckled),
    ("40 shades", |image, _| faded(image, 110.0, 150.0)),
    ("30 shades and noise of 2", |image, random| noisy(&faded(image, 90.0, 120.0), 2.0, random)),
    ("uneven light", |image, _| unevenly_lit(image)),
    ("inverted", |image, _| inverted(image)),
    ("inverted, rotated by 5°", |image, _| inverted(&rotated(image, 5.0))),
    ("JPEG of quality 20", |image, _| compressed(image, 20)),
    ("JPEG of quality 12", |image, _| compressed(image, 12)),
    ("JPEG of quality 8", |image, _| compressed(image, 8)),
    ("on a page of text", on_a_page),
    ("on a page of text, rotated by 3°", |image, random| rotated(&on_a_page(image, random), 3.0)),
    ("on a photograph", |image, random| noisy(&on_a_photograph(image, random), 6.0, random)),
    ("on a photograph, rotated by 5°, blur", |image, random| {
        noisy(&blur(&rotated(&on_a_photograph(image, random), 5.0), 0.8), 6.0, random)
    }),
];

const PAGE: (u32, u32) = (900, 1200);
const PHOTOGRAPH: (u32, u32) = (1000, 750);
/// Modules of 3 pixels.
const RESOLUTION: f64 = 144.0;

/// The picture of a barcode with a degradation, by their indices.
pub(crate) fn picture(symbol: usize, degradation: usize) -> GrayImage {
    let (name, value) = SYMBOLS[symbol];
    let symbology = Symbology::named(name).expect("the type exists");
    let options = RenderOptions { resolution: RESOLUTION, ..RenderOptions::default() };
    let file = write(symbology, value, &WriteOptions::default())
        .and_then(|symbol| symbol.render(ImageFormat::Png, &options))
        .expect("the value is valid");
    let drawn = decode(&file).expect("the engine reads its own files");
    let mut image = white(drawn.width() + 60, drawn.height() + 60);
    imageops::replace(&mut image, &drawn, 30, 30);
    let mut random = Rng::with_seed((symbol * DEGRADATIONS.len() + degradation) as u64);
    DEGRADATIONS[degradation].1(&image, &mut random)
}

fn white(width: u32, height: u32) -> GrayImage {
    GrayImage::from_pixel(width, height, Luma([255]))
}

/// Applies a function to each shade.
fn mapped(image: &GrayImage, mut shade: impl FnMut(f32) -> f32) -> GrayImage {
    let mut image = image.clone();
    image.iter_mut().for_each(|value| *value = shade(f32::from(*value)).clamp(0.0, 255.0) as u8);
    image
}

/// An image of this size, each pixel of which comes from a point of another image.
fn warped(
    image: &GrayImage,
    (width, height): (u32, u32),
    source: impl Fn(f32, f32) -> (f32, f32),
) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = source(x as f32 + 0.5, y as f32 + 0.5);
        interpolate_bilinear(image, x - 0.5, y - 0.5).unwrap_or(Luma([255]))
    })
}

fn rotated(image: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (width, height) = (image.width() as f32, image.height() as f32);
    let size = |across: f32, down: f32| (width * across.abs() + height * down.abs()).ceil();
    let (new_width, new_height) = (size(cos, sin), size(sin, cos));
    warped(image, (new_width as u32, new_height as u32), |x, y| {
        let (x, y) = (x - new_width / 2.0, y - new_height / 2.0);
        (x * cos + y * sin + width / 2.0, y * cos - x * sin + height / 2.0)
    })
}

/// A perspective in which the right edge is farther away: it is shorter by twice the `share`.
fn seen_from_the_side(image: &GrayImage, share: f32) -> GrayImage {
    let (width, height) = (image.width() as f32, image.height() as f32);
    let far = 1.0 / (1.0 - 2.0 * share);
    warped(image, image.dimensions(), |x, y| {
        let across = x / width;
        let scale = 1.0 / (far + (1.0 - far) * across);
        (width * across * scale, height / 2.0 + (y - height / 2.0) * far * scale)
    })
}

/// Blurred by a movement across the bars.
fn moved(image: &GrayImage, pixels: u32) -> GrayImage {
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let shade = |by: u32| u32::from(image.get_pixel((x + by).min(image.width() - 1), y).0[0]);
        Luma([((0..pixels).map(shade).sum::<u32>() / pixels) as u8])
    })
}

/// Adds noise of about a normal distribution with this standard deviation, in shades.
fn noisy(image: &GrayImage, deviation: f32, random: &mut Rng) -> GrayImage {
    mapped(image, |shade| {
        // Each number has a variance of 1/12.
        let sum: f32 = (0..3).map(|_| random.f32() - 0.5).sum();
        shade + sum * 2.0 * deviation
    })
}

fn speckled(image: &GrayImage, random: &mut Rng) -> GrayImage {
    mapped(image, |shade| match random.u32(0..100) {
        0 => 0.0,
        1 => 255.0,
        _ => shade,
    })
}

fn faded(image: &GrayImage, dark: f32, light: f32) -> GrayImage {
    mapped(image, |shade| dark + (light - dark) * shade / 255.0)
}

/// Bright at the top left, dark at the bottom right.
fn unevenly_lit(image: &GrayImage) -> GrayImage {
    let (width, height) = (image.width() as f32, image.height() as f32);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let light = 1.0 - 0.3 * (x as f32 / width + y as f32 / height);
        let shade = 40.0 + 0.84 * f32::from(image.get_pixel(x, y).0[0]);
        Luma([(shade * light) as u8])
    })
}

fn inverted(image: &GrayImage) -> GrayImage {
    mapped(image, |shade| 255.0 - shade)
}

fn compressed(image: &GrayImage, quality: u8) -> GrayImage {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(image, image.width(), image.height(), ExtendedColorType::L8)
        .expect("the image is not empty");
    decode(&file).expect("the file is valid")
}

fn on_a_page(image: &GrayImage, random: &mut Rng) -> GrayImage {
    let mut page = text_page(18.0, random);
    let left = i64::from(random.u32(20..PAGE.0 - image.width() - 20));
    let top = i64::from(random.u32(20..PAGE.1 - image.height() - 20));
    imageops::replace(&mut page, image, left, top);
    page
}

fn on_a_photograph(image: &GrayImage, random: &mut Rng) -> GrayImage {
    let mut photograph = photograph(random);
    let left = i64::from(random.u32(20..PHOTOGRAPH.0 - image.width() - 20));
    let top = i64::from(random.u32(20..PHOTOGRAPH.1 - image.height() - 20));
    imageops::replace(&mut photograph, &faded(image, 40.0, 200.0), left, top);
    photograph
}

/// A page of words of random letters. `size` is the height of a line in pixels.
pub(crate) fn text_page(size: f32, random: &mut Rng) -> GrayImage {
    let font = FontRef::try_from_slice(dejavu::sans::regular()).expect("the font is valid");
    let font = font.as_scaled(size);
    let mut page = white(PAGE.0, PAGE.1);
    let mut baseline = size * 2.0;
    while baseline < PAGE.1 as f32 - size {
        let mut x = size;
        while x < PAGE.0 as f32 - 8.0 * size {
            for _ in 0..random.u32(1..11) {
                let id = font.glyph_id(random.alphanumeric());
                let glyph = id.with_scale_and_position(size, point(x, baseline));
                x += font.h_advance(id);
                let Some(outline) = font.outline_glyph(glyph) else { continue };
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, coverage| {
                    let (x, y) = (corner.x as u32 + dx, corner.y as u32 + dy);
                    if let Some(Luma([shade])) = page.get_pixel_mut_checked(x, y) {
                        *shade = (*shade).min((255.0 * (1.0 - coverage)) as u8);
                    }
                });
            }
            x += size * 0.3;
        }
        baseline += size * 1.3;
    }
    page
}

/// What a photograph without a barcode has: light and shade of several scales, hard edges and
/// noise.
pub(crate) fn photograph(random: &mut Rng) -> GrayImage {
    let (width, height) = PHOTOGRAPH;
    let mut sum = vec![0.0_f32; (width * height) as usize];
    for (cells, weight) in [(4, 1.0), (13, 0.5), (40, 0.3), (130, 0.25)] {
        let coarse = GrayImage::from_fn(cells, cells * 3 / 4 + 1, |_, _| Luma([random.u8(..)]));
        let layer = imageops::resize(&coarse, width, height, imageops::FilterType::Triangle);
        sum.iter_mut()
            .zip(layer.iter())
            .for_each(|(sum, value)| *sum += weight * f32::from(*value));
    }
    let mut image = white(width, height);
    image.iter_mut().zip(sum).for_each(|(shade, sum)| *shade = (sum / 2.05) as u8);
    for _ in 0..random.u32(5..40) {
        let (left, top) = (random.u32(..width), random.u32(..height));
        let (across, down) = (random.u32(2..200), random.u32(2..200));
        let shade = random.u8(..);
        for y in top..(top + down).min(height) {
            for x in left..(left + across).min(width) {
                image.put_pixel(x, y, Luma([shade]));
            }
        }
    }
    let deviation = random.f32() * 25.0;
    noisy(&image, deviation, random)
}

/// The pictures without a barcode: pages of text in different sizes, then photographs.
pub(crate) fn empty_pictures(pages: u64, photographs: u64) -> impl Iterator<Item = GrayImage> {
    let pages = (0..pages).map(|seed| {
        let mut random = Rng::with_seed(1000 + seed);
        let page = text_page(10.0 + (seed % 25) as f32 * 2.0, &mut random);
        if seed % 4 == 3 { rotated(&page, random.f32() * 90.0) } else { page }
    });
    pages.chain((0..photographs).map(|seed| photograph(&mut Rng::with_seed(2000 + seed))))
}
