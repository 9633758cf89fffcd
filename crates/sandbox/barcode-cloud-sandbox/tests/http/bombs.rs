//! Small requests that would take much memory or time if they were read without bounds.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Response;
use tokio::io::AsyncWriteExt;

use crate::caller::{Caller, failure, rejection, send};
use crate::raw;

/// Almost the default limit of a body, after decompression.
const MANY: usize = 30_000_000;

fn gzipped(start: &str, repeated: &str, times: usize, end: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let block = repeated.repeat(1000);
    encoder.write_all(start.as_bytes()).unwrap();
    for _ in 0..times / 1000 {
        encoder.write_all(block.as_bytes()).unwrap();
    }
    encoder.write_all(end.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

async fn send_gzipped(caller: &Caller, path: &str, media_type: &str, body: Vec<u8>) -> Response {
    let request = caller
        .post(path)
        .header("content-type", media_type)
        .header("content-encoding", "gzip")
        .body(body);
    send(request).await
}

/// Returns the longest response time of `/health` while `attack` ran. Both share one thread, as in
/// a current-thread runtime.
async fn slowest_health(caller: &Caller, attack: impl Future<Output = ()>) -> Duration {
    let url = format!("{}/health", caller.sandbox.admin_url());
    let mut slowest = Duration::ZERO;
    let watch = async {
        loop {
            let start = Instant::now();
            let response = caller.http.get(&url).send().await.unwrap();
            assert_eq!(response.status(), 200);
            slowest = slowest.max(start.elapsed());
        }
    };
    tokio::select! {
        () = attack => {}
        () = watch => {}
    }
    slowest
}

#[tokio::test]
async fn health_answers_while_bodies_of_many_json_values_are_refused() {
    let caller = Caller::new().await;
    let bomb = gzipped(r#"{"fileBase64":[1"#, ",1", MANY, "]}");
    assert!(bomb.len() < 100 * 1024);
    let one = async || {
        let response =
            send_gzipped(&caller, "/barcode/scan-body", "application/json", bomb.clone()).await;
        let (code, message) = failure(response, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        assert!(message.contains("more than 10000 values"), "{message:.300}");
    };
    let attack = async {
        tokio::join!(one(), one(), one());
    };
    let slowest = slowest_health(&caller, attack).await;
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[tokio::test]
async fn long_lists_of_barcode_types_are_refused() {
    let caller = Caller::new().await;
    let bomb = gzipped(r#"{"barcodeTypes":["QR""#, r#","QR""#, MANY / 3, "]}");
    let response = send_gzipped(&caller, "/barcode/recognize-body", "application/json", bomb).await;
    let message = rejection(response).await;
    assert!(message.contains("more than 10000 values"), "{message:.300}");
}

#[tokio::test]
async fn an_xml_element_of_many_attributes_is_refused() {
    let caller = Caller::new().await;
    let attributes: String = (0..50_000).map(|number| format!(" xmlns:a{number}=''")).collect();
    let request = caller
        .post("/barcode/scan-body")
        .header("content-type", "application/xml")
        .body(format!("<ScanBase64Request{attributes}/>"));
    let message = rejection(send(request).await).await;
    assert!(message.contains("more than 32 attributes"), "{message:.300}");
}

#[tokio::test]
async fn a_form_is_read_up_to_the_first_repeated_field() {
    let caller = Caller::new().await;
    let part = "--b\r\nContent-Disposition: form-data; name=\"barcodeType\"\r\n\r\nQR\r\n";
    let request = caller
        .post("/barcode/generate-multipart")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(part.repeat(10_000) + "--b--\r\n");
    let message = rejection(send(request).await).await;
    let repeated = message.matches("given more than once").count();
    assert_eq!(repeated, 1, "{message:.300}");
}

#[tokio::test]
async fn a_large_upload_takes_only_the_room_of_its_length() {
    let caller = Caller::new().await;
    let length = 2 * 1024 * 1024;
    let head = format!(
        "POST /v4.0/barcode/scan-body HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n",
        caller.token
    );
    // These keep their share of memory until they time out after a minute.
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut stream = raw::sent(&caller, head.as_bytes()).await;
        let part = vec![b' '; length - 1];
        stream.write_all(&part).await.unwrap();
        stalled.push(stream);
    }
    let whole = caller
        .post("/barcode/scan-body")
        .header("content-type", "application/json")
        .body(" ".repeat(length));
    let answered = tokio::time::timeout(Duration::from_secs(30), whole.send()).await;
    failure(answered.unwrap().unwrap(), 400).await;
}

#[tokio::test]
async fn live_logs_beyond_the_bound_are_refused_until_one_ends() {
    let caller = Caller::new().await;
    let url = format!("{}/requests/events", caller.sandbox.admin_url());
    let open = async || caller.http.get(&url).send().await.unwrap();
    let mut feeds = Vec::new();
    for _ in 0..32 {
        let feed = open().await;
        assert_eq!(feed.status(), 200);
        feeds.push(feed);
    }
    let refused = open().await;
    assert_eq!(refused.headers()["retry-after"], "5");
    let (code, message) = failure(refused, 503).await;
    assert_eq!(code, "errorTooManyEventStreams");
    assert!(message.contains("32"), "{message}");
    feeds.clear();
    // The sandbox sees the closed connections when it next runs.
    let reopened = async {
        while open().await.status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), reopened).await.unwrap();
}
