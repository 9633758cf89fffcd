//! Encodes a picture as a file, including its resolution if the format can store it.

use std::error::Error;
use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, RgbaImage};
use tiff::encoder::{Rational, TiffEncoder, colortype};
use tiff::tags::ResolutionUnit;

/// The JPEG quality. That of the service is unknown; this one does not harm a barcode.
const JPEG_QUALITY: u8 = 95;
/// Of 1 to 30; only pictures of more than 256 colours are affected.
const GIF_SPEED: i32 = 10;
const METRES_PER_INCH: f64 = 0.0254;

/// The formats of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    Gif,
    Tiff,
}

/// Encodes a picture. `resolution` is in dots per inch; GIF cannot store it.
pub(crate) fn encode(
    picture: &RgbaImage,
    format: Format,
    resolution: f64,
) -> Result<Vec<u8>, Box<dyn Error>> {
    match format {
        Format::Png => png(picture, resolution),
        Format::Jpeg => jpeg(picture, resolution),
        Format::Gif => gif(picture),
        Format::Tiff => tiff(picture, resolution),
    }
}

fn png(picture: &RgbaImage, resolution: f64) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = (resolution / METRES_PER_INCH).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(picture)?;
    writer.finish()?;
    Ok(file)
}

/// JPEG has no opacity: the picture is laid on white.
fn jpeg(picture: &RgbaImage, resolution: f64) -> Result<Vec<u8>, Box<dyn Error>> {
    let opaque: Vec<u8> = picture
        .pixels()
        .flat_map(|pixel| {
            let [red, green, blue, alpha] = pixel.0;
            [red, green, blue].map(|channel| super::decode::on_white(channel, alpha))
        })
        .collect();
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY);
    // A picture of a higher resolution than fits here would be larger than any that is drawn.
    let density = resolution.round().min(f64::from(u16::MAX)) as u16;
    encoder.set_pixel_density(PixelDensity::dpi(density));
    encoder.encode(
        &opaque,
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(file)
}

fn gif(picture: &RgbaImage) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    GifEncoder::new_with_speed(&mut file, GIF_SPEED).encode(
        picture,
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgba8,
    )?;
    Ok(file)
}

fn tiff(picture: &RgbaImage, resolution: f64) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file)?;
    let mut image = encoder.new_image::<colortype::RGBA8>(picture.width(), picture.height())?;
    let hundredths = (resolution * 100.0).round() as u32;
    image.resolution(
        ResolutionUnit::Inch,
        Rational {
            n: hundredths,
            d: 100,
        },
    );
    image.write_data(picture)?;
    Ok(file.into_inner())
}
