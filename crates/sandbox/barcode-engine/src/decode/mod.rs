//! Decodes an image file to shades of gray, within limits: a small file can contain a huge image.

mod png;

use std::io::Cursor;

use image::{GrayImage, ImageError, ImageReader, Limits};

use crate::Error;

/// The maximum length of a side, and the maximum number of pixels.
const MAX_SIDE: u32 = 20_000;
const MAX_PIXELS: u64 = 64_000_000;
/// The memory that a decoder may allocate, in bytes.
const MEMORY: u64 = 512 * 1024 * 1024;

/// Decodes a PNG, JPEG, GIF, TIFF or BMP file. The content determines the format. If the file
/// contains several images, the first is decoded.
///
/// # Errors
///
/// [`Error::Image`] if the file is empty, invalid or in another format, or if the image has no
/// pixels, more than 20,000 on a side or more than 64 million in total.
pub fn decode(file: &[u8]) -> Result<GrayImage, Error> {
    if file.is_empty() {
        return Err(Error::Image("The file is empty.".to_owned()));
    }
    if png::is_png(file) {
        return png::decode(file);
    }
    let format = image::guess_format(file).ok();
    let format = format.filter(|format| format.reading_enabled()).ok_or_else(|| {
        let formats = "Png, Jpeg, Gif, Tiff or Bmp";
        Error::Image(format!("The file is not an image in a supported format: {formats}."))
    })?;
    let reader = || {
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MEMORY);
        let mut reader = ImageReader::with_format(Cursor::new(file), format);
        reader.limits(limits);
        reader
    };
    let problem = |error: ImageError| match error {
        ImageError::Limits(_) => too_large(),
        error => unreadable(&error),
    };
    let (width, height) = reader().into_dimensions().map_err(problem)?;
    check_size(width, height)?;
    let image = reader().decode().map_err(problem)?;
    if !image.color().has_alpha() {
        return Ok(image.into_luma8());
    }
    let image = image.into_luma_alpha8();
    Ok(GrayImage::from_fn(width, height, |x, y| {
        let [shade, alpha] = image.get_pixel(x, y).0;
        [on_white(shade, alpha)].into()
    }))
}

/// Rejects an image without pixels, and one with too many.
fn check_size(width: u32, height: u32) -> Result<(), Error> {
    if width == 0 || height == 0 {
        return Err(Error::Image("The image has no pixels.".to_owned()));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(too_large());
    }
    Ok(())
}

/// The error of a decoder.
fn unreadable(error: &dyn std::error::Error) -> Error {
    let error = error.to_string();
    let error = error.trim_end_matches('.');
    Error::Image(format!("The image cannot be read: {error}."))
}

fn too_large() -> Error {
    Error::Image(format!(
        "The image is larger than {MAX_SIDE} pixels on a side or {MAX_PIXELS} in total."
    ))
}

/// Blends a shade of some opacity with a white background.
pub(crate) fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    // At most 255 by construction.
    ((value * alpha + 255 * (255 - alpha)) / 255) as u8
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::decode;

    /// Seeds are valid unless their names begin with `bad`. For other mutations, set
    /// `PROPTEST_RNG_SEED` and `PROPTEST_CASES`.
    fn seeds() -> Vec<(bool, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/decode");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let seeds = files.map(|file| {
            let is_bad = file.file_name().to_str().unwrap().starts_with("bad");
            (!is_bad, std::fs::read(file.path()).unwrap())
        });
        seeds.collect()
    }

    #[test]
    fn the_seeds_of_the_fuzz_target_are_decoded_if_they_are_valid() {
        let seeds = seeds();
        assert!(!seeds.is_empty());
        for (is_valid, seed) in seeds {
            assert_eq!(decode(&seed).is_ok(), is_valid);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn random_bytes_are_refused_or_read_and_never_panic(
            signature in prop::sample::select(vec![
                &b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\0\x08\0\0\0", b"BM",
            ]),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let _ = decode(&[signature, &*bytes].concat());
        }

        /// Flips bits, removes pieces and duplicates pieces.
        #[test]
        fn a_mutated_seed_is_decoded_or_rejected(
            (_, mut file) in prop::sample::select(seeds()),
            changes in prop::collection::vec((0..3, any::<prop::sample::Index>(), 0..40_usize), 1..5),
        ) {
            for (change, from, length) in changes {
                let from = from.index(file.len() + 1);
                let piece = from..(from + length).min(file.len());
                match change {
                    0 if from < file.len() => file[from] ^= 1 << (length % 8),
                    1 => drop(file.drain(piece)),
                    _ => drop(file.splice(from..from, file[piece].to_vec())),
                }
            }
            let _ = decode(&file);
        }
    }
}
