//! Small image files whose headers claim another size.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};

/// The formats that the sandbox reads.
pub(crate) const FORMATS: [ImageFormat; 5] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Tiff, ImageFormat::Bmp];

/// A file of one pixel whose header claims `side` pixels on each side.
pub(crate) fn image(format: ImageFormat, side: u16) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let pixel = image::DynamicImage::from(GrayImage::from_pixel(1, 1, Luma([255])));
    pixel.to_rgb8().write_to(&mut file, format).unwrap();
    let mut file = file.into_inner();
    let (little, big) = (side.to_le_bytes(), side.to_be_bytes());
    match format {
        ImageFormat::Png => {
            file[16..24].copy_from_slice(&[0, 0, big[0], big[1], 0, 0, big[0], big[1]]);
            let mut sum = flate2::Crc::new();
            sum.update(&file[12..29]);
            file[29..33].copy_from_slice(&sum.sum().to_be_bytes());
        }
        ImageFormat::Jpeg => {
            let at = find(&file, &[0xff, 0xc0]) + 5;
            file[at..at + 4].copy_from_slice(&[big[0], big[1], big[0], big[1]]);
        }
        ImageFormat::Gif => {
            let size = [little[0], little[1], little[0], little[1]];
            file[6..10].copy_from_slice(&size);
            let at = find(&file, &[0x2c, 0, 0, 0, 0, 1, 0, 1, 0]) + 5;
            file[at..at + 4].copy_from_slice(&size);
        }
        ImageFormat::Tiff => {
            for tag in [0, 1] {
                let at = find(&file, &[tag, 1, 4, 0, 1, 0, 0, 0]) + 8;
                file[at..at + 2].copy_from_slice(&little);
            }
        }
        _ => {
            file[18..20].copy_from_slice(&little);
            file[22..24].copy_from_slice(&little);
        }
    }
    file
}

fn find(file: &[u8], bytes: &[u8]) -> usize {
    let found = file.windows(bytes.len()).position(|window| window == bytes);
    found.unwrap_or_else(|| panic!("{bytes:x?} is not in the file"))
}
