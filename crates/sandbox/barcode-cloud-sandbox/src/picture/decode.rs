//! Decodes an image file to shades of grey, within limits: a small file can contain a huge picture.

use std::io::Cursor;

use image::{ImageError, ImageReader, Limits};

use super::png;
use crate::engine::Gray;

/// The maximum length of a side, and the maximum number of pixels.
const LONGEST_SIDE: u32 = 20_000;
const MOST_PIXELS: u64 = 64_000_000;
/// The memory that a decoder may allocate, in bytes.
const MEMORY: u64 = 512 * 1024 * 1024;

/// Decodes a PNG, JPEG, GIF, TIFF or BMP file. The content determines the format. If the file
/// contains several pictures, the first is decoded. `Err` is a message for the client.
pub(crate) fn decode(file: &[u8]) -> Result<Gray, String> {
    let reader = || {
        let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format()?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(LONGEST_SIDE);
        limits.max_image_height = Some(LONGEST_SIDE);
        limits.max_alloc = Some(MEMORY);
        reader.limits(limits);
        Ok::<_, std::io::Error>(reader)
    };
    if file.is_empty() {
        return Err("The file is empty.".to_owned());
    }
    let format = reader().ok().and_then(|reader| reader.format());
    if format.is_none() {
        return Err(
            "The file is not an image in a supported format: Png, Jpeg, Gif, Tiff or Bmp."
                .to_owned(),
        );
    }
    if png::is_png(file) {
        return png::decode(file);
    }
    let problem = |error: ImageError| match error {
        ImageError::Limits(_) => too_large(),
        error => unreadable(&error),
    };
    let (width, height) = reader()
        .map_err(|error| error.to_string())?
        .into_dimensions()
        .map_err(problem)?;
    check_size(width, height)?;
    let picture = reader()
        .map_err(|error| error.to_string())?
        .decode()
        .map_err(problem)?;
    let pixels = if picture.color().has_alpha() {
        let with_alpha = picture.into_luma_alpha8();
        with_alpha
            .pixels()
            .map(|pixel| on_white(pixel.0[0], pixel.0[1]))
            .collect()
    } else {
        picture.into_luma8().into_raw()
    };
    Ok(Gray {
        width,
        height,
        pixels,
    })
}

/// Refuses a picture without pixels, and one with too many.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), String> {
    if width == 0 || height == 0 {
        return Err("The image has no pixels.".to_owned());
    }
    if width > LONGEST_SIDE
        || height > LONGEST_SIDE
        || u64::from(width) * u64::from(height) > MOST_PIXELS
    {
        return Err(too_large());
    }
    Ok(())
}

/// The message for a file that a decoder gave up on.
pub(super) fn unreadable(error: &dyn std::error::Error) -> String {
    let error = error.to_string();
    format!("The image cannot be read: {}.", error.trim_end_matches('.'))
}

pub(super) fn too_large() -> String {
    format!("The image is larger than {LONGEST_SIDE} pixels on a side or {MOST_PIXELS} in total.")
}

/// Blends a shade of some opacity with a white background.
pub(crate) fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    // At most 255 by construction.
    ((value * alpha + 255 * (255 - alpha)) / 255) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn random_bytes_are_refused_or_read_and_never_panic(
            signature in prop::sample::select(vec![
                &b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\0\x08\0\0\0", b"BM",
            ]),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let _ = super::decode(&[signature, &*bytes].concat());
        }
    }
}
