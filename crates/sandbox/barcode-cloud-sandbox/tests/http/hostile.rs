//! Malformed and hostile input over real sockets: each gets a clear error or a closed connection,
//! and the sandbox keeps running.

use std::time::Duration;

use barcode_cloud_sandbox::Sandbox;
use futures_util::stream;
use reqwest::Body;
use reqwest::multipart::{Form, Part};
use tokio::net::TcpStream;

use crate::caller::{Caller, failure, rejection, send};
use crate::image_headers::{self, FORMATS};
use crate::raw;

async fn still_serves(caller: &Caller) {
    let image = caller.image("QR", &[("data", "still here")]).await;
    caller.assert_reads("QR", "still here", image).await;
}

/// The head of a request whose body the test writes.
fn post(caller: &Caller, path: &str, more: &str) -> String {
    let token = &caller.token;
    format!(
        "POST /v4.0/barcode/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n{more}\r\n\r\n"
    )
}

fn status(response: &str) -> u16 {
    let code = response.strip_prefix("HTTP/1.1 ").and_then(|text| text.get(..3));
    code.unwrap_or_else(|| panic!("no response: {response:.200}")).parse().unwrap()
}

#[tokio::test]
async fn forms_with_wrong_boundaries_are_rejected() {
    let caller = Caller::new().await;
    let part = "Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nx\r\n";
    for (boundary, body) in [
        ("", format!("--b\r\n{part}--b--\r\n")),
        ("; boundary=", format!("--b\r\n{part}--b--\r\n")),
        ("; boundary=b", format!("--c\r\n{part}--c--\r\n")),
        ("; boundary=b", format!("--b\r\n{part}")),
        ("; boundary=b", format!("--b\r\n{part}--b\r\n")),
        ("; boundary=b", "--b--\r\n".to_owned()),
        ("; boundary=b", "--b\r\n\r\nx\r\n--b--\r\n".to_owned()),
        ("; boundary=b", "--b\r\nno header\r\n\r\nx\r\n--b--\r\n".to_owned()),
        ("; boundary=b", format!("--b\r\n{}: x\r\n\r\n", "x".repeat(1_000_000))),
        ("; boundary=b", "--b\r\n".repeat(100_000)),
        ("; boundary=\"b", format!("--b\r\n{part}--b--\r\n")),
    ] {
        let request = caller
            .post("/barcode/scan-multipart")
            .header("content-type", format!("multipart/form-data{boundary}"))
            .body(body.clone());
        let (code, message) = failure(send(request).await, 400).await;
        assert_eq!(code, "errorInvalidInputData", "{body:.100}");
        assert!(message.len() < 1000, "{message:.2000}");
    }
    still_serves(&caller).await;
}

#[tokio::test]
async fn a_duplicate_field_is_rejected_in_every_kind_of_body() {
    let caller = Caller::new().await;
    let twice = r#"{"fileBase64":"AA==","fileBase64":"AA=="}"#;
    let request =
        caller.post("/barcode/scan-body").header("content-type", "application/json").body(twice);
    let message = rejection(send(request).await).await;
    assert!(message.contains("fileBase64 is given more than once"), "{message}");
    let form = Form::new()
        .part("file", Part::bytes(vec![1]).file_name("a"))
        .part("file", Part::bytes(vec![2]).file_name("b"));
    let request = caller.post("/barcode/scan-multipart").multipart(form);
    let message = rejection(send(request).await).await;
    assert!(message.contains("given more than once"), "{message}");
    let path = "/barcode/generate/QR?data=1&barcodeType=EAN13";
    let message = rejection(send(caller.get(path)).await).await;
    assert!(message.contains("BarcodeType"), "{message}");
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_rejected_everywhere() {
    let caller = Caller::new().await;
    for path in [
        "/barcode/generate/%FF?data=1",
        "/barcode/generate/QR?data=%FF",
        "/barcode/generate/QR?data=%C0%AF",
        "/barcode/generate/QR?%FF=1&data=1",
    ] {
        failure(send(caller.get(path)).await, 400).await;
    }
    for kind in ["application/json", "application/xml"] {
        let request = caller
            .post("/barcode/scan-body")
            .header("content-type", kind)
            .body(b"{\"fileBase64\":\"\xff\"}".to_vec());
        failure(send(request).await, 400).await;
    }
    let mut request = post(&caller, "scan-body", "content-length: 0\r\nx-odd: ").into_bytes();
    let at = request.len() - 4;
    request.splice(at..at, *b"\xff\xfe");
    let (response, _) = raw::read(&mut raw::sent(&caller, &request).await).await;
    assert_eq!(status(&response), 415);
    assert!(caller.sandbox.requests().iter().any(|request| request.header("x-odd").is_some()));
}

#[tokio::test]
async fn deep_nesting_is_rejected() {
    let caller = Caller::new().await;
    for body in [
        "[".repeat(5_000_000),
        "{\"encodeData\":".repeat(1_000_000),
        format!("{}1{}", "{\"encodeData\":".repeat(100), "}".repeat(100)),
    ] {
        let request = caller
            .post("/barcode/generate-body")
            .header("content-type", "application/json")
            .body(body);
        let message = rejection(send(request).await).await;
        assert!(message.len() < 2000, "{message:.3000}");
    }
    still_serves(&caller).await;
}

#[tokio::test]
async fn empty_and_huge_images_are_rejected_in_each_format() {
    let caller = Caller::new().await;
    for format in FORMATS {
        let valid = caller.scan(image_headers::image(format, 1)).await;
        assert_eq!(valid.status(), 200);
        for side in [0, 30_000, u16::MAX] {
            let response = caller.scan(image_headers::image(format, side)).await;
            let (code, message) = failure(response, 400).await;
            assert_eq!(code, "errorInvalidInputData", "{format:?} {side}");
            assert!(message.contains("'File'"), "{format:?} {side}: {message}");
        }
    }
    still_serves(&caller).await;
}

#[tokio::test]
async fn an_image_truncated_at_any_byte_gets_a_response_in_each_format() {
    let caller = Caller::new().await;
    for format in FORMATS {
        let file = image_headers::image(format, 1);
        for length in (0..file.len()).step_by(file.len().div_ceil(60)) {
            let status = caller.scan(file[..length].to_vec()).await.status();
            assert!([200, 400].contains(&status.as_u16()), "{format:?} {length}: {status}");
        }
    }
}

/// Short enough for a test, and long enough for requests that arrive completely.
const TIMEOUT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_body_that_does_not_arrive_times_out() {
    let caller = Caller::of(Sandbox::builder().read_timeout(TIMEOUT)).await;
    let caller = &caller;
    let given_up = async |path: &str, kind: &str, length: &str| {
        let head = post(caller, path, &format!("content-type: {kind}\r\n{length}"));
        let mut stream = raw::sent(caller, head.as_bytes()).await;
        let (response, _) = raw::read(&mut stream).await;
        assert_eq!(status(&response), 408, "{response}");
        assert!(response.contains("errorRequestTimeout"), "{response}");
    };
    let json = "application/json";
    let form = "multipart/form-data; boundary=b";
    let (length, chunked) = ("content-length: 1000", "transfer-encoding: chunked");
    tokio::join!(
        given_up("scan-body", json, length),
        given_up("scan-body", json, chunked),
        given_up("scan-multipart", form, length),
        given_up("scan-multipart", form, chunked),
    );
    still_serves(caller).await;
}

#[tokio::test]
async fn headers_that_do_not_arrive_time_out() {
    let caller = Caller::of(Sandbox::builder().read_timeout(TIMEOUT)).await;
    let caller = &caller;
    let given_up = async |start: &str| {
        let mut stream = raw::sent(caller, start.as_bytes()).await;
        let (response, _) = raw::read(&mut stream).await;
        assert!(response.is_empty() || status(&response) == 408, "{response}");
    };
    tokio::join!(given_up(""), given_up("GET"), given_up("GET /v4.0/barcode/scan HTTP/1.1\r\nx: "),);
    still_serves(caller).await;
}

#[tokio::test]
async fn a_truncated_body_is_rejected_or_the_connection_closed() {
    let caller = Caller::new().await;
    let head = post(&caller, "scan-body", "content-type: application/json\r\ncontent-length: 1000");
    let mut stream = raw::sent(&caller, head.as_bytes()).await;
    tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
    let (response, _) = raw::read(&mut stream).await;
    assert!(response.is_empty() || status(&response) == 400, "{response}");
    still_serves(&caller).await;
}

#[tokio::test]
async fn a_body_of_100_megabytes_is_rejected_and_the_error_arrives() {
    let caller = Caller::of(Sandbox::builder().body_limit(1024 * 1024)).await;
    let megabyte = bytes::Bytes::from(vec![b'x'; 1_000_000]);
    let body = || {
        let pieces = std::iter::repeat_n(megabyte.clone(), 100);
        Body::wrap_stream(stream::iter(pieces.map(Ok::<_, std::io::Error>)))
    };
    for kind in ["application/json", "application/xml"] {
        let request = caller.post("/barcode/scan-body").header("content-type", kind).body(body());
        let (code, _) = failure(send(request).await, 413).await;
        assert_eq!(code, "errorRequestTooLarge");
    }
    let token = caller.http.post(caller.sandbox.token_url()).body(body());
    assert_eq!(send(token).await.status(), 413);
    let log = serde_json::to_string(&caller.sandbox.requests()).unwrap();
    assert!(log.len() < 100_000, "{} bytes of log", log.len());
    still_serves(&caller).await;
}

#[tokio::test]
async fn manipulated_urls_reveal_nothing() {
    let caller = Caller::new().await;
    let long = format!("/v4.0/{}", "a".repeat(200_000));
    for target in [
        "/../../etc/passwd",
        "/v4.0/barcode/../../../etc/passwd",
        "/v4.0/barcode/generate/..%2f..%2fetc%2fpasswd?data=1",
        "/v4.0/barcode/generate/%00?data=1",
        "/v4.0/barcode/generate/QR%0d%0aSet-Cookie:x?data=1",
        "//v4.0/barcode/scan",
        "/v4.0//barcode/scan",
        "/v4.0/barcode/scan/",
        "/V4.0/barcode/scan",
        "/v4.0/barcode/scan;x=1",
        "/_sandbox/../v4.0/barcode/scan",
        "/_sandbox/faults/..%2f..",
        "/_sandbox/%2e%2e/v4.0",
        "/v4.0/barcode/scan?fileUrl=file:///etc/passwd",
        "/v4.0/barcode/scan?fileUrl=http://127.0.0.1/_sandbox/health",
        "http://example.com/etc/passwd",
        "*",
        &long,
        "/v4.0/barcode/generate/QR?data=1&data=%",
        "/v4.0/barcode/generate/QR?&&&===",
    ] {
        let token = &caller.token;
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        let mut stream = raw::sent(&caller, request.as_bytes()).await;
        let (response, _) = raw::read(&mut stream).await;
        let status = status(&response);
        assert!((400..500).contains(&status), "{target:.100}: {response:.300}");
        assert!(!response.contains("root:"), "{target:.100}: {response}");
        let head = response.split("\r\n\r\n").next().unwrap();
        assert!(!head.to_lowercase().contains("set-cookie"), "{head}");
    }
    still_serves(&caller).await;
}

#[tokio::test]
async fn input_that_is_not_http_is_rejected_or_the_connection_closed() {
    let caller = Caller::new().await;
    let many: String = (0..1000).map(|number| format!("x-{number}: 1\r\n")).collect();
    let large = format!("x: {}\r\n", "y".repeat(2_000_000));
    for request in [
        b"GARBAGE\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(10),
        vec![0; 10_000],
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_vec(),
        raw::get(&caller, "/barcode/scan", &many),
        raw::get(&caller, "/barcode/scan", &large),
        (post(&caller, "scan-body", "transfer-encoding: chunked") + "zz\r\n").into_bytes(),
        (post(&caller, "scan-body", "transfer-encoding: chunked") + "ffffffffffffffffff\r\n")
            .into_bytes(),
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", caller.sandbox.port())).await.unwrap();
        // The sandbox may close the connection before it has read everything.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &request).await;
        let _ = tokio::io::AsyncWriteExt::shutdown(&mut stream).await;
        let (response, _) = raw::read(&mut stream).await;
        let shown = String::from_utf8_lossy(&request);
        assert!(
            response.is_empty() || (400..500).contains(&status(&response)),
            "{shown:.100}: {response:.300}"
        );
    }
    still_serves(&caller).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_and_the_others_served() {
    let caller = Caller::of(Sandbox::builder().max_connections(8)).await;
    // The HTTP client holds one of the connections.
    still_serves(&caller).await;
    let mut held = Vec::new();
    for _ in 0..7 {
        held.push(raw::sent(&caller, b"").await);
    }
    for _ in 0..200 {
        let mut stream = raw::sent(&caller, b"").await;
        let (response, _) = raw::read(&mut stream).await;
        assert_eq!(response, "");
    }
    still_serves(&caller).await;
    let request = raw::get(&caller, "/barcode/generate/QR?data=1&imageFormat=Svg", "");
    let mut last = held.pop().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut last, &request).await.unwrap();
    assert_eq!(status(&raw::read(&mut last).await.0), 200);
    // Another connection can take its place.
    let mut next = raw::sent(&caller, &request).await;
    assert_eq!(status(&raw::read(&mut next).await.0), 200);
}

#[tokio::test]
async fn large_bodies_beyond_the_limit_wait_and_all_get_a_response() {
    let caller = Caller::new().await;
    let image = caller.image("QR", &[("data", "Test")]).await;
    let mut file = std::io::Cursor::new(Vec::new());
    let small = image::load_from_memory(&image).unwrap().into_rgb8();
    let mut large = image::RgbImage::from_pixel(700, 700, image::Rgb([255; 3]));
    image::imageops::replace(&mut large, &small, 300, 300);
    large.write_to(&mut file, image::ImageFormat::Bmp).unwrap();
    let file = file.into_inner();
    assert!(file.len() > 1024 * 1024);
    let calls = (0..20).map(|_| caller.recognize("QR", file.clone()));
    for found in futures_util::future::join_all(calls).await {
        assert_eq!(found, [("QR".to_owned(), "Test".to_owned())]);
    }
}
