//! Compressed requests and responses, and chunked bodies.

use std::io::{Read, Write};

use barcode_cloud_sandbox::Sandbox;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::Response;
use serde_json::json;

use crate::caller::{Caller, failure, send};
use crate::raw;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn post(caller: &Caller, encoding: &str, body: Vec<u8>) -> Response {
    caller
        .post("/barcode/generate-body")
        .header("content-type", "application/json")
        .header("content-encoding", encoding)
        .body(body)
        .send()
        .await
        .unwrap()
}

fn body() -> Vec<u8> {
    let body = json!({ "barcodeType": "QR", "encodeData": { "data": "Test" } });
    body.to_string().into_bytes()
}

#[tokio::test]
async fn a_body_in_gzip_is_read() {
    let caller = Caller::new().await;
    let good = caller.image("QR", &[("data", "Test")]).await;
    for (encoding, body) in [("gzip", gzip(&body())), ("identity", body())] {
        let response = post(&caller, encoding, body).await;
        assert_eq!(response.bytes().await.unwrap(), good, "{encoding}");
    }
}

#[tokio::test]
async fn a_body_that_decompresses_beyond_the_limit_is_rejected() {
    let caller = Caller::of(Sandbox::builder().body_limit(1024 * 1024)).await;
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 2 * 1024 * 1024);
    let (code, _) = failure(post(&caller, "gzip", bomb).await, 413).await;
    assert_eq!(code, "errorRequestTooLarge");
}

#[tokio::test]
async fn invalid_gzip_and_other_encodings_are_rejected() {
    let caller = Caller::new().await;
    let good = gzip(&body());
    for broken in [b"{}".to_vec(), good[..good.len() / 2].to_vec(), Vec::new()] {
        let (code, message) = failure(post(&caller, "gzip", broken).await, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        assert!(message.contains("request body"), "{message}");
    }
    for encoding in ["br", "deflate", "zstd", "gzip, gzip", "nonsense"] {
        let (code, message) = failure(post(&caller, encoding, body()).await, 415).await;
        assert_eq!(code, "errorUnsupportedMediaType");
        assert!(message.contains(encoding), "{message}");
    }
}

#[tokio::test]
async fn responses_are_compressed_if_the_client_accepts_it_and_it_helps() {
    let caller = Caller::new().await;
    let svg = "/barcode/generate/QR?data=Test&imageFormat=Svg";
    let plain = send(caller.get(svg)).await;
    assert!(!plain.headers().contains_key("content-encoding"));
    let plain = plain.bytes().await.unwrap();
    let ask = |path: &str| caller.get(path).header("accept-encoding", "gzip").send();
    let zipped = ask(svg).await.unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let zipped = zipped.bytes().await.unwrap();
    assert!(zipped.len() < plain.len() / 2);
    let mut text = Vec::new();
    GzDecoder::new(&zipped[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain);
    let image = ask("/barcode/generate/QR?data=Test").await.unwrap();
    assert!(!image.headers().contains_key("content-encoding"));
    let error = ask("/barcode/generate/QR").await.unwrap();
    assert_eq!(error.headers()["content-encoding"], "gzip");
    assert_eq!(error.status(), 400);
}

#[tokio::test]
async fn a_chunked_body_is_accepted_like_one_with_a_length() {
    let caller = Caller::new().await;
    let body = String::from_utf8(body()).unwrap();
    let chunks: String = body
        .as_bytes()
        .chunks(7)
        .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk)))
        .collect();
    let head = |length: &str| {
        let token = &caller.token;
        format!(
            "POST /v4.0/barcode/generate-body HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\ncontent-type: application/json\r\n{length}\r\n\r\n"
        )
    };
    for request in [
        head("transfer-encoding: chunked") + &chunks + "0\r\n\r\n",
        head(&format!("content-length: {}", body.len())) + &body,
    ] {
        let mut stream = raw::sent(&caller, request.as_bytes()).await;
        let (response, end) = raw::read(&mut stream).await;
        end.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK"), "{response:.100}");
        assert!(response.contains("image/png"), "{response:.500}");
    }
}
