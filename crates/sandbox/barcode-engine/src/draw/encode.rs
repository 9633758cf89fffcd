//! Encodes a drawing as a file, including its resolution if the format can store it.

use std::error::Error;
use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, RgbaImage};
use tiff::encoder::{Rational, TiffEncoder, colortype};
use tiff::tags::ResolutionUnit;

/// The JPEG quality. That of the service is unknown; this one does not harm a barcode.
const JPEG_QUALITY: u8 = 95;
/// From 1 to 30. It affects only images of more than 256 colors.
const GIF_SPEED: i32 = 10;
const METERS_PER_INCH: f64 = 0.0254;

/// A format of image files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, which cannot store the resolution.
    Gif,
    /// TIFF.
    Tiff,
    /// SVG.
    Svg,
}

/// Encodes a drawing. `resolution` is in dots per inch.
pub(super) fn encode(
    drawing: &RgbaImage,
    format: ImageFormat,
    resolution: f64,
) -> Result<Vec<u8>, Box<dyn Error>> {
    match format {
        ImageFormat::Png => png(drawing, resolution),
        ImageFormat::Jpeg => jpeg(drawing, resolution),
        ImageFormat::Gif => gif(drawing),
        ImageFormat::Tiff => tiff(drawing, resolution),
        ImageFormat::Svg => Err("SVG has no pixels".into()),
    }
}

fn png(drawing: &RgbaImage, resolution: f64) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, drawing.width(), drawing.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let per_meter = (resolution / METERS_PER_INCH).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_meter,
        yppu: per_meter,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(drawing)?;
    writer.finish()?;
    Ok(file)
}

/// JPEG has no opacity, so the drawing is blended with white.
fn jpeg(drawing: &RgbaImage, resolution: f64) -> Result<Vec<u8>, Box<dyn Error>> {
    let opaque: Vec<u8> = drawing
        .pixels()
        .flat_map(|pixel| {
            let [red, green, blue, alpha] = pixel.0;
            [red, green, blue].map(|channel| crate::decode::on_white(channel, alpha))
        })
        .collect();
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY);
    // At a higher resolution than the format can store, the image would be too large to draw.
    let density = resolution.round().min(f64::from(u16::MAX)) as u16;
    encoder.set_pixel_density(PixelDensity::dpi(density));
    encoder.encode(&opaque, drawing.width(), drawing.height(), ExtendedColorType::Rgb8)?;
    Ok(file)
}

fn gif(drawing: &RgbaImage) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Vec::new();
    GifEncoder::new_with_speed(&mut file, GIF_SPEED).encode(
        drawing,
        drawing.width(),
        drawing.height(),
        ExtendedColorType::Rgba8,
    )?;
    Ok(file)
}

fn tiff(drawing: &RgbaImage, resolution: f64) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file)?;
    let mut image = encoder.new_image::<colortype::RGBA8>(drawing.width(), drawing.height())?;
    let hundredths = (resolution * 100.0).round() as u32;
    image.resolution(ResolutionUnit::Inch, Rational { n: hundredths, d: 100 });
    image.write_data(drawing)?;
    Ok(file.into_inner())
}
