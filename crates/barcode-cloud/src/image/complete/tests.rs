//! Truncates images of every format at every length: images that the sandbox generates, and
//! handmade ones for features that the sandbox does not use.

use barcode_cloud_sandbox::Sandbox;
use proptest::prelude::*;

use super::Completeness;
use crate::{BarcodeImageFormat, Client, ClientCredentials, EncodeBarcodeType};

const MEDIA_TYPES: [&str; 6] =
    ["image/bmp", "image/gif", "image/jpeg", "image/png", "image/svg+xml", "image/tiff"];

fn is_complete(media_type: &str, bytes: &[u8]) -> bool {
    let mut completeness = Completeness::of(media_type);
    completeness.push(bytes);
    completeness.is_complete()
}

/// Asserts that the whole image is complete and that no prefix of it is, in one chunk and byte by
/// byte.
fn assert_only_the_whole_is_complete(media_type: &str, bytes: &[u8]) {
    let mut by_byte = Completeness::of(media_type);
    for (length, byte) in bytes.iter().enumerate() {
        let of = bytes.len();
        assert!(!by_byte.is_complete(), "{media_type}: {length} of {of}");
        let at_once = is_complete(media_type, &bytes[..length]);
        assert!(!at_once, "{media_type}: {length} of {of} at once");
        by_byte.push(&[*byte]);
    }
    assert!(by_byte.is_complete(), "{media_type}");
    assert!(is_complete(media_type, bytes), "{media_type} at once");
}

async fn generate(formats: &[BarcodeImageFormat]) -> Vec<crate::Image> {
    let sandbox = Sandbox::start().await.unwrap();
    let credentials = ClientCredentials::new(sandbox.client_id(), sandbox.client_secret());
    let client = Client::builder()
        .credentials(credentials.unwrap())
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url())
        .build()
        .unwrap();
    let mut images = Vec::new();
    for format in formats {
        let request = client.generate(EncodeBarcodeType::Qr, "complete");
        images.push(request.format(*format).send().await.unwrap());
    }
    images
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_images_are_complete_at_their_last_byte() {
    let images = generate(BarcodeImageFormat::ALL).await;
    assert_eq!(images.len(), 5);
    for image in &images {
        // An SVG may end with an empty line.
        let bytes = image.bytes().trim_ascii_end();
        assert_only_the_whole_is_complete(image.media_type(), bytes);
    }
}

#[cfg(feature = "image")]
#[test]
fn images_of_another_encoder_are_complete_at_their_last_byte() {
    use image::ImageFormat;

    for (format, media_type) in [
        (ImageFormat::Bmp, "image/bmp"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Tiff, "image/tiff"),
    ] {
        let pixels = image::RgbImage::from_fn(37, 53, |x, y| {
            image::Rgb([x * 7, y * 5, x * y].map(|value| value as u8))
        });
        let mut file = std::io::Cursor::new(Vec::new());
        pixels.write_to(&mut file, format).unwrap();
        assert_only_the_whole_is_complete(media_type, file.get_ref());
    }
}

#[test]
fn a_thumbnail_and_fill_bytes_do_not_end_a_jpeg() {
    let mut jpeg = b"\xff\xd8".to_vec();
    // A segment of application data that contains a thumbnail with its own end marker.
    jpeg.extend(b"\xff\xe1\x00\x08\xff\xd8\xff\xd9..");
    // Fill bytes before a marker, then a scan's header and pixels with an escaped FF and a restart
    // marker.
    jpeg.extend(b"\xff\xff\xff\xdb\x00\x03.");
    jpeg.extend(b"\xff\xda\x00\x04\xff\xd9pixels\xff\x00more\xff\xd3more\xff\xff");
    // Another scan, as in progressive images.
    jpeg.extend(b"\xc4\x00\x02\xff\xda\x00\x02pixels\xff\xd9");
    assert_only_the_whole_is_complete("image/jpeg", &jpeg);
    jpeg.extend(b"\0\0\0");
    assert!(is_complete("image/jpeg", &jpeg), "padding is ignored");
}

#[test]
fn an_svg_ends_with_its_root_element() {
    for svg in [
        "<svg/>",
        "\u{feff}<?xml version='1.0'?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" [<!ENTITY a \">\">]>\n\
         <!-- <svg></svg> --><svg a='/>'><svg></svg><g b=\"it's\"/><![CDATA[</svg>]]><!----></svg>",
        "<s:svg xmlns:s='x'><?pi </s:svg>?>t&#xe9;xt</s:svg >",
    ] {
        assert_only_the_whole_is_complete("image/svg+xml", svg.as_bytes());
        let trailing = format!("{svg}\r\n<!-- drawn by -->\n<?pi?>\n");
        assert!(is_complete("image/svg+xml", trailing.as_bytes()), "{svg}");
        for other in ["<svg/>", "text", "</svg>"] {
            let followed = format!("{svg}{other}");
            assert!(!is_complete("image/svg+xml", followed.as_bytes()), "{followed}");
        }
    }
    assert!(is_complete("image/svg+xml", b"\xff\xfe<\0"), "UTF-16 is not checked");
}

/// Returns a TIFF of two strips, in which the directory precedes the arrays of offsets and lengths,
/// and these precede the strips.
fn tiff_with_its_directory_first(number: fn(u32) -> [u8; 4], short: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let (arrays, strips) = (8 + 2 + 2 * 12 + 4, 8 + 2 + 2 * 12 + 4 + 2 * 8);
    let mut tiff = match short(1) {
        [1, _] => b"II*\0".to_vec(),
        _ => b"MM\0*".to_vec(),
    };
    tiff.extend(number(8));
    tiff.extend(short(2));
    for (tag, offset) in [(273, arrays), (279, arrays + 8)] {
        tiff.extend(short(tag));
        tiff.extend(short(4));
        tiff.extend(number(2));
        tiff.extend(number(offset));
    }
    tiff.extend(number(0));
    // The offsets of the strips, in reverse order, and their lengths.
    for value in [strips + 5, strips, 7, 5] {
        tiff.extend(number(value));
    }
    tiff.extend(b"firstsecond!");
    tiff
}

#[test]
fn a_tiff_ends_with_the_last_byte_that_it_refers_to() {
    let little = tiff_with_its_directory_first(u32::to_le_bytes, u16::to_le_bytes);
    assert_only_the_whole_is_complete("image/tiff", &little);
    let big = tiff_with_its_directory_first(u32::to_be_bytes, u16::to_be_bytes);
    assert_only_the_whole_is_complete("image/tiff", &big);
}

#[test]
fn a_tiff_whose_directories_form_a_cycle_does_not_cause_an_endless_loop() {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend(b"\0\x01\x03\0\x01\0\0\0\x01\0\0\0");
    tiff.extend(8u32.to_le_bytes());
    assert_only_the_whole_is_complete("image/tiff", &tiff);
}

#[test]
fn other_bytes_are_not_an_image_and_other_formats_are_not_checked() {
    for media_type in MEDIA_TYPES {
        for bytes in [&b""[..], b"<html><p>log in</html>", b"{\"barcodes\":[]}"] {
            assert!(!is_complete(media_type, bytes), "{media_type}");
        }
    }
    assert!(is_complete("image/webp", b"RIFF"));
    assert!(!is_complete("Image/PNG", b"\x89PNG"));
}

/// The first bytes of a file of each format.
const BEGINNINGS: [&[u8]; 6] =
    [b"BM", b"GIF89a", b"\xff\xd8", b"\x89PNG\r\n\x1a\n\0\0\0\0IHDR", b"<svg>", b"II*\0\x08\0\0\0"];

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), split in 0usize..300) {
        for (media_type, beginning) in MEDIA_TYPES.into_iter().zip(BEGINNINGS) {
            let bytes = [beginning, &bytes].concat();
            let (first, rest) = bytes.split_at(split.min(bytes.len()));
            let mut completeness = Completeness::of(media_type);
            completeness.push(first);
            completeness.push(rest);
            let at_once = is_complete(media_type, &bytes);
            // Ranges of a TIFF that are in an earlier chunk are not read.
            if media_type != "image/tiff" {
                prop_assert_eq!(completeness.is_complete(), at_once);
            }
        }
    }

    #[test]
    fn no_svg_causes_a_panic(svg in "(<[/!?a-z-]{0,3}[a-z\"'>\\[\\] -]{0,4}){0,40}") {
        is_complete("image/svg+xml", svg.as_bytes());
    }
}
