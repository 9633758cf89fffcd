//! Decodes a PNG file to shades of gray, row by row.
//!
//! The crate `image` stores the whole image in its own colors, and it inflates color profiles: a
//! profile of 500 KiB can expand to 512 MiB. Neither is needed here.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, InterlaceInfo, Limits, Transformations};

use image::GrayImage;

use super::{check_size, on_white, too_large, unreadable};
use crate::Error;

/// The memory that the decoder may allocate, in bytes, for a few rows and the chunks that it keeps.
const MEMORY: usize = 16 * 1024 * 1024;

/// Whether the file begins as a PNG file does.
pub(super) fn is_png(file: &[u8]) -> bool {
    file.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Decodes a PNG file. Of an animation, the first image is decoded.
pub(super) fn decode(file: &[u8]) -> Result<GrayImage, Error> {
    let problem = |error: DecodingError| match error {
        DecodingError::LimitsExceeded => too_large(),
        error => unreadable(&error),
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes: MEMORY });
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_ignore_text_chunk(true);
    // Eight bits for each channel, without a palette.
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(problem)?;
    let (width, height) = (header.width, header.height);
    check_size(width, height)?;
    let mut reader = decoder.read_info().map_err(problem)?;
    let color = reader.output_color_type().0;
    let stride = width as usize;
    let mut pixels = vec![255; stride * height as usize];
    let mut y = 0;
    while let Some(row) = reader.next_interlaced_row().map_err(problem)? {
        let shades = shades(row.data(), color);
        match row.interlace() {
            InterlaceInfo::Null(_) => {
                let line = pixels.get_mut(y * stride..(y + 1) * stride);
                if let Some(line) = line.filter(|line| line.len() == shades.len()) {
                    line.copy_from_slice(&shades);
                }
                y += 1;
            }
            InterlaceInfo::Adam7(pass) => {
                png::expand_interlaced_row(&mut pixels, stride, &shades, pass, u8::BITS as u8);
            }
        }
    }
    GrayImage::from_vec(width, height, pixels)
        .ok_or_else(|| Error::Image("The image has no pixels.".to_owned()))
}

/// The shades of one row in front of a white background.
fn shades(row: &[u8], color: ColorType) -> Vec<u8> {
    let pixels = row.chunks_exact(color.samples());
    match color {
        ColorType::Grayscale | ColorType::Indexed => row.to_vec(),
        ColorType::GrayscaleAlpha => pixels.map(|pixel| on_white(pixel[0], pixel[1])).collect(),
        ColorType::Rgb => pixels.map(luma).collect(),
        ColorType::Rgba => pixels.map(|pixel| on_white(luma(pixel), pixel[3])).collect(),
    }
}

/// The brightness of a color (ITU-R BT.709), as the crate `image` has it for other formats.
fn luma(rgb: &[u8]) -> u8 {
    let [red, green, blue] = [0, 1, 2].map(|channel| u32::from(rgb[channel]));
    // At most 255 by construction.
    ((2126 * red + 7152 * green + 722 * blue) / 10_000) as u8
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
    use png::{BitDepth, Encoder};

    use super::*;

    /// A file of one white pixel with a color profile of zeros.
    fn with_profile(length: usize) -> Vec<u8> {
        let mut file = Vec::new();
        let mut info = png::Info::with_size(1, 1);
        info.icc_profile = Some(vec![0; length].into());
        let mut writer = Encoder::with_info(&mut file, info).unwrap().write_header().unwrap();
        writer.write_image_data(&[255]).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn a_color_profile_is_not_inflated() {
        let file = with_profile(64 * 1024 * 1024);
        assert!(file.len() < 1024 * 1024);
        let memory = allocation_counter::measure(|| {
            assert_eq!(crate::decode(&file).unwrap().as_raw(), &[255]);
        });
        assert!(memory.bytes_max < 2 * 1024 * 1024, "{}", memory.bytes_max);
    }

    #[test]
    fn an_image_takes_no_more_memory_than_its_shades() {
        let mut file = Cursor::new(Vec::new());
        let image = RgbaImage::from_pixel(2000, 2000, Rgba([0, 0, 0, 255]));
        image.write_to(&mut file, ImageFormat::Png).unwrap();
        let file = file.into_inner();
        let memory = allocation_counter::measure(|| {
            crate::decode(&file).unwrap();
        });
        assert!(memory.bytes_max < 5_000_000, "{}", memory.bytes_max);
    }

    /// Every kind of PNG is read as the crate `image` reads it.
    #[test]
    fn all_kinds_of_pixels_are_read() {
        let mut random = fastrand::Rng::with_seed(1);
        let colors = RgbaImage::from_fn(13, 11, |_, _| Rgba([(); 4].map(|()| random.u8(..))));
        let colors = DynamicImage::from(colors);
        for image in [
            DynamicImage::from(colors.to_luma8()),
            DynamicImage::from(colors.to_luma_alpha8()),
            DynamicImage::from(colors.to_rgb8()),
            colors.clone(),
            DynamicImage::from(colors.to_rgb16()),
            DynamicImage::from(colors.to_luma16()),
        ] {
            let mut file = Cursor::new(Vec::new());
            image.write_to(&mut file, ImageFormat::Png).unwrap();
            let read = decode(&file.into_inner()).unwrap();
            let expected: Vec<u8> = image
                .to_luma_alpha8()
                .pixels()
                .map(|pixel| on_white(pixel.0[0], pixel.0[1]))
                .collect();
            let is_near = |(one, other): (&u8, &u8)| one.abs_diff(*other) <= 1;
            assert!(
                read.iter().zip(&expected).all(is_near),
                "{:?}: {:?} {expected:?}",
                image.color(),
                read.as_raw()
            );
            assert_eq!(read.len(), expected.len());
        }
    }

    #[test]
    fn a_palette_with_one_bit_for_each_pixel_is_read() {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 3, 2);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::One);
        encoder.set_palette(vec![255, 255, 255, 0, 0, 0]);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0b0100_0000, 0b1010_0000]).unwrap();
        writer.finish().unwrap();
        let expected = [255, 0, 255, 0, 255, 0];
        assert_eq!(*decode(&file).unwrap().as_raw(), expected);
    }

    #[test]
    fn an_interlaced_image_is_read() {
        let (width, height) = (9, 5);
        let shade = |x: usize, y: usize| (x * 37 + y * 91 + x * y * 13) as u8;
        // The passes of Adam7: the first column and row, and the steps between columns and rows.
        let passes = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ];
        let mut rows = Vec::new();
        for (left, top, right, down) in passes {
            for y in (top..height).step_by(down) {
                rows.push(0);
                rows.extend((left..width).step_by(right).map(|x| shade(x, y)));
            }
        }
        let header = [0, 0, 0, width as u8, 0, 0, 0, height as u8, 8, 0, 0, 0, 1];
        let mut data = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        data.write_all(&rows).unwrap();
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, content) in
            [(b"IHDR", &header[..]), (b"IDAT", &data.finish().unwrap()), (b"IEND", &[])]
        {
            let chunk = [name, content].concat();
            let mut sum = flate2::Crc::new();
            sum.update(&chunk);
            file.extend((content.len() as u32).to_be_bytes());
            file.extend(chunk);
            file.extend(sum.sum().to_be_bytes());
        }
        let expected: Vec<u8> =
            (0..height).flat_map(|y| (0..width).map(move |x| shade(x, y))).collect();
        assert_eq!(*decode(&file).unwrap().as_raw(), expected);
    }
}
