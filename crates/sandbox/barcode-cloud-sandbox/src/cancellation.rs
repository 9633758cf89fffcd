//! Tests over real sockets: a long read ends when its client disconnects and when the sandbox
//! stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::Sandbox;
use crate::state::State;

const URL: &str = "https://example.com/dots.png";
/// Longer than any step of a read, and much shorter than the whole read.
const SOON: Duration = Duration::from_secs(10);

/// A small file with many pixels: a dot every 24 pixels.
fn dots() -> Vec<u8> {
    let side = 8000;
    let mut rows = vec![255_u8; side / 8 * side];
    for row in rows.chunks_mut(side / 8).step_by(24) {
        row.iter_mut().step_by(3).for_each(|byte| *byte = 127);
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&rows).unwrap();
    writer.finish().unwrap();
    file
}

/// A sandbox that may search an image for an hour, and a request whose image it is searching.
async fn reading() -> (Sandbox, JoinHandle<reqwest::Result<reqwest::Response>>) {
    let mut builder = Sandbox::builder();
    builder.recognition_time = Duration::from_secs(3600);
    let sandbox = builder.url_file(URL, dots()).start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let credentials = [
        ("grant_type", "client_credentials"),
        ("client_id", sandbox.client_id()),
        ("client_secret", sandbox.client_secret()),
    ];
    let token = http.post(sandbox.token_url()).form(&credentials).send();
    let token: serde_json::Value = token.await.unwrap().json().await.unwrap();
    let request = http
        .get(format!("{}/barcode/recognize", sandbox.base_url()))
        .query(&[
            ("barcodeType", "MostCommonlyUsed"),
            ("recognitionMode", "Excellent"),
            ("fileUrl", URL),
        ])
        .bearer_auth(token["access_token"].as_str().unwrap())
        .send();
    let request = tokio::spawn(request);
    while sandbox.state.workers.are_idle() {
        assert!(!request.is_finished());
        tokio::task::yield_now().await;
    }
    (sandbox, request)
}

async fn ends_soon(state: &State) {
    let idle = tokio::time::timeout(SOON, state.workers.idle());
    assert!(idle.await.is_ok(), "the read is still in progress");
}

#[tokio::test]
async fn a_read_ends_when_its_client_disconnects() {
    let (sandbox, request) = reading().await;
    request.abort();
    ends_soon(&sandbox.state).await;
}

#[tokio::test]
async fn stopping_takes_at_most_ten_seconds_and_ends_reads_in_progress() {
    let (sandbox, request) = reading().await;
    let state = Arc::clone(&sandbox.state);
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    let stop = tokio::spawn(sandbox.stop());
    while !stop.is_finished() {
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    assert!(before.elapsed() < Duration::from_secs(10));
    tokio::time::resume();
    assert!(request.await.unwrap().is_err());
    ends_soon(&state).await;
}
