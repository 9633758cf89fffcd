//! The settings of a single call, and the metadata of its result.

use std::time::Duration;

use barcode_cloud::{
    Barcode, BarcodeType, Barcodes, Config, DecodeBarcodeType, Error, ErrorKind, Image,
    ImageSource, Retry,
};
use serde_json::json;

use crate::raw::{RawServer, Request};
use crate::service::with_static_token;

fn image() -> ImageSource {
    ImageSource::url("https://images.example/a.png")
}

#[tokio::test]
async fn a_result_has_the_headers_of_its_response_and_the_number_of_attempts() {
    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let found = client.scan(image()).await.unwrap();
    let metadata = found.metadata();
    assert_eq!(metadata.status(), 200);
    assert_eq!(metadata.request_id(), Some("r-1"));
    assert_eq!(metadata.attempts(), 2);
    assert_eq!(metadata.headers()["content-type"], "application/json");

    let image = |mut request: Request| async move {
        request.respond(200, "x-cost: 1\r\n", "image/webp", "x").await;
    };
    let server = RawServer::start(image).await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let generate = || client.generate(barcode_cloud::EncodeBarcodeType::Qr, "x");
    let image = generate().await.unwrap();
    assert_eq!(image, Image::new("x", "image/webp"));
    assert_eq!(image.metadata().headers()["x-cost"], "1");
    let stream = generate().stream().await.unwrap();
    assert_eq!(stream.metadata().request_id(), Some("r-1"));
}

#[tokio::test]
async fn the_headers_of_a_call_replace_those_of_the_client() {
    let server = RawServer::start_with_barcode().await;
    let client =
        with_static_token(&server.base_url()).header("x-tenant", "all").header("x-gateway", "key");
    let client = client.build().unwrap();
    client.scan(image()).header("x-tenant", "one").await.unwrap();
    client.scan(image()).await.unwrap();
    let heads = server.heads();
    assert!(heads[0].contains("x-tenant: one\r\n") && heads[0].contains("x-gateway: key\r\n"));
    assert!(!heads[0].contains("x-tenant: all") && heads[1].contains("x-tenant: all\r\n"));

    let error = client.scan(image()).header("authorization", "Bearer x").await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn the_retry_policy_of_a_call_replaces_that_of_the_client() {
    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let error = client.scan(image()).retry(Retry::none()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.may_have_been_billed());
    assert_eq!(server.heads().len(), 1);

    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).retry(Retry::none());
    let client = client.build().unwrap();
    client.scan(image()).retry(Retry::default()).await.unwrap();
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn the_timeout_of_a_call_overrides_the_attempt_timeout_of_the_client() {
    let silence = |request: Request| async move {
        std::future::pending::<()>().await;
        drop(request);
    };
    let server = RawServer::start(silence).await;
    let limit = Duration::from_millis;
    let client = with_static_token(&server.base_url()).attempt_timeout(limit(50));
    let client = client.retry(Retry::none()).build().unwrap();
    for (call, attempt, expected) in
        [(None, None, 50), (Some(100), None, 100), (Some(100), Some(40), 40), (Some(20), None, 20)]
    {
        let mut request = client.scan(image());
        if let Some(call) = call {
            request = request.timeout(limit(call));
        }
        if let Some(attempt) = attempt {
            request = request.attempt_timeout(limit(attempt));
        }
        let Err(Error::Timeout { limit: passed, .. }) = request.await else {
            panic!("{call:?} {attempt:?}: the call must time out");
        };
        assert_eq!(passed, limit(expected), "{call:?} {attempt:?}");
    }
}

#[test]
fn results_are_serialized_with_the_names_of_their_types() {
    let mut barcode = Barcode::new(DecodeBarcodeType::Qr, "Hello");
    barcode.checksum = Some("7".to_owned());
    let other = Barcode::new(BarcodeType::from("NewCode".to_owned()), "x");
    let barcodes = Barcodes::from_iter([barcode, other]);
    let shown = format!("{barcodes:?}");
    assert!(shown.contains("value_chars: 5") && !shown.contains("Hello"), "{shown}");
    let text = serde_json::to_value(&barcodes).unwrap();
    let expected = json!([
        {"value": "Hello", "type": "QR", "region": [], "checksum": "7"},
        {"value": "x", "type": "NewCode", "region": []},
    ]);
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_value::<Barcodes>(text).unwrap(), barcodes);
}

#[test]
fn a_configuration_written_in_code_becomes_a_builder() {
    let mut config = Config::default();
    config.base_url = Some("http://127.0.0.1:9/v4.0".to_owned());
    config.client_id = Some("id".to_owned());
    config.client_secret = Some("secret".into());
    config.concurrency = Some(0);
    let error = config.clone().into_builder().build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    config.into_builder().concurrency(4).build().unwrap();
}
