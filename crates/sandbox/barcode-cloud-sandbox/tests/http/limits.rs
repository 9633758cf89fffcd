//! Files and bodies that are broken, hostile or very large.

use std::io::Cursor;
use std::time::{Duration, Instant};

use barcode_cloud_sandbox::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageFormat, Luma, RgbImage};
use serde_json::json;

use crate::caller::{Caller, barcodes, failure, json as body, rejection, send};
use crate::image_headers::FORMATS;

async fn file_rejection(caller: &Caller, file: Vec<u8>) -> String {
    let (code, message) = failure(caller.scan(file).await, 400).await;
    assert_eq!(code, "errorInvalidInputData");
    assert!(message.starts_with("Error: Field name: 'File' errors: "), "{message}");
    message
}

#[tokio::test]
async fn a_file_that_is_not_an_image_is_rejected_as_such() {
    let caller = Caller::new().await;
    assert!(file_rejection(&caller, Vec::new()).await.contains("empty"));
    for file in
        ["Dear reader, this is a text.", "<svg xmlns='http://www.w3.org/2000/svg'/>", "\0\0\0"]
    {
        let message = file_rejection(&caller, file.into()).await;
        assert!(message.contains("Png, Jpeg, Gif, Tiff or Bmp"), "{message}");
    }
    let body = json!({ "fileBase64": STANDARD.encode("text") });
    let response = caller.post_json("/barcode/scan-body", &body).await;
    assert!(rejection(response).await.contains("'FileBase64'"));
}

#[tokio::test]
async fn truncated_and_corrupt_files_of_each_format_get_a_response() {
    let caller = Caller::new().await;
    let image = caller.image("QR", &[("data", "Test")]).await;
    let image = image::load_from_memory(&image).unwrap().into_rgb8();
    for format in FORMATS {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, format).unwrap();
        let file = file.into_inner();
        for length in [4, 10, 30, file.len() / 2, file.len() - 10] {
            let status = caller.scan(file[..length].to_vec()).await.status();
            assert!([200, 400].contains(&status.as_u16()), "{format:?} {length}: {status}");
        }
        for seed in 0..40_usize {
            let mut garbled = file.clone();
            for step in 0..8 {
                let at = 8 + (seed * 7919 + step * 104_729) % (garbled.len() - 8);
                garbled[at] ^= 1 << (seed % 8);
            }
            let status = caller.scan(garbled).await.status();
            assert!([200, 400].contains(&status.as_u16()), "{format:?} {seed}: {status}");
        }
    }
}

/// A small PNG file whose header claims a size.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c]).unwrap();
    drop(writer);
    file
}

#[tokio::test]
async fn images_whose_headers_claim_too_many_pixels_are_rejected() {
    let caller = Caller::new().await;
    for (width, height) in [(30_000, 30_000), (1, 2_000_000_000), (20_000, 20_000)] {
        let message = file_rejection(&caller, bomb(width, height)).await;
        assert!(message.contains("larger than"), "{message}");
    }
}

#[tokio::test]
async fn a_file_of_25_mib_is_read() {
    let caller = Caller::new().await;
    let small = image::load_from_memory(&caller.image("QR", &[("data", "Test")]).await).unwrap();
    let mut large = RgbImage::from_pixel(3000, 3000, image::Rgb([255, 255, 255]));
    image::imageops::replace(&mut large, &small.into_rgb8(), 1500, 1500);
    let mut file = Cursor::new(Vec::new());
    large.write_to(&mut file, ImageFormat::Bmp).unwrap();
    let file = file.into_inner();
    assert!(file.len() > 25 * 1024 * 1024);
    caller.assert_reads("QR", "Test", file.clone()).await;
    // The document limits base64 data of recognize requests to 28,730,982 characters.
    let body = json!({ "barcodeTypes": ["QR"], "fileBase64": STANDARD.encode(&file) });
    let response = caller.post_json("/barcode/recognize-body", &body).await;
    assert!(rejection(response).await.contains("between 1 and 28730982 characters"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_rejected_and_the_error_arrives() {
    let caller = Caller::of(Sandbox::builder().body_limit(100_000)).await;
    let large = vec![b'x'; 20 * 1024 * 1024];
    let (code, _) = failure(caller.scan(large.clone()).await, 413).await;
    assert_eq!(code, "errorRequestTooLarge");
    let json = caller.post("/barcode/scan-body").header("content-type", "application/json");
    let response = json.body(large.clone()).send().await.unwrap();
    assert_eq!(failure(response, 413).await.0, "errorRequestTooLarge");
    // The 401 for a missing token also arrives while the body is still being sent.
    let url = caller.url("/barcode/scan-body");
    let response = caller.http.post(url).body(large.clone()).send().await.unwrap();
    assert_eq!(failure(response, 401).await.0, "errorAuthentication");
    let token = caller.http.post(caller.sandbox.token_url()).body(large).send().await.unwrap();
    assert_eq!(token.status(), 413);
}

/// A PNG file of 85 KB with 8000 x 8000 pixels and a dot at every 24th pixel.
fn dots() -> Vec<u8> {
    let side = 8000;
    let dots = GrayImage::from_fn(side, side, |x, y| {
        Luma([if x % 24 == 0 && y % 24 == 0 { 0 } else { 255 }])
    });
    let mut file = Cursor::new(Vec::new());
    dots.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

/// The README states this limit. A warning in the log says that the search ended early.
#[tokio::test]
async fn an_image_that_takes_long_to_search_gets_a_response_within_ten_seconds() {
    let caller = Caller::new().await;
    caller.sandbox.url_file("https://example.com/dots.png", dots());
    let path = "/barcode/recognize?barcodeType=MostCommonlyUsed&recognitionMode=Excellent\
                &fileUrl=https://example.com/dots.png";
    let before = Instant::now();
    let response = send(caller.get(path)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(barcodes(&body(response).await), []);
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    let log = caller.sandbox.requests();
    let warning = log.last().unwrap().warning.as_deref().unwrap();
    assert!(warning.contains("not searched completely"), "{warning}");
}

#[tokio::test]
async fn an_image_that_is_searched_completely_has_no_warning() {
    let caller = Caller::new().await;
    let image = caller.image("QR", &[("data", "Test")]).await;
    assert_eq!(caller.recognize("QR", image).await.len(), 1);
    assert_eq!(caller.sandbox.requests().last().unwrap().warning, None);
}
