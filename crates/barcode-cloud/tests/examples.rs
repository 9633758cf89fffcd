//! Runs every example with a sandbox.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]
#![allow(dead_code, reason = "the tests do not call the `main` functions of the examples")]
#![allow(
    clippy::duplicate_mod,
    reason = "each example is a separate program with its own `support` module"
)]

#[path = "../examples/axum_service.rs"]
mod axum_service;
#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/blocking.rs"]
mod blocking;
#[path = "../examples/errors.rs"]
mod errors;
#[path = "../examples/mocks.rs"]
mod mocks;
#[path = "../examples/quickstart.rs"]
mod quickstart;
#[path = "../examples/support/mod.rs"]
mod support;
#[path = "../examples/testing.rs"]
mod testing;

use barcode_cloud::EncodeBarcodeType;

#[tokio::test(flavor = "multi_thread")]
async fn quickstart_generates_and_recognizes_a_barcode() {
    let (_sandbox, client) = support::sandbox().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hello.png");
    quickstart::run(&client, &file).await.unwrap();
    assert!(std::fs::read(file).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_reads_a_folder_and_continues_after_an_error() {
    let (_sandbox, client) = support::sandbox().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for n in 0..5 {
        let file = folder.path().join(format!("{n}.png"));
        let label = client.generate(EncodeBarcodeType::Code128, n.to_string());
        label.save(file).await.unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "not an image").unwrap();
    assert_eq!(batch::run(&client, folder.path()).await.unwrap(), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_service_returns_an_image_or_reports_an_invalid_request() {
    let (_sandbox, client) = support::sandbox().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, axum_service::service(client)).into_future());
    let get = |data: &str| reqwest::get(format!("http://{address}/qr?data={data}"));
    let response = get("hello").await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/svg+xml");
    assert!(response.text().await.unwrap().contains("<svg"));
    assert_eq!(get("").await.unwrap().status().as_u16(), 400);

    let post = |path, body: reqwest::Body| {
        let request = reqwest::Client::new().post(format!("http://{address}/{path}"));
        request.header("content-type", "application/json").body(body).send()
    };
    let body = r#"{"type": "GS1Code128", "data": "(01)09501101530003(10)ABC"}"#;
    let label = post("labels", body.into()).await.unwrap();
    assert_eq!(label.headers()["content-type"], "image/png");
    let found = post("read", label.bytes().await.unwrap().into()).await.unwrap();
    let found: barcode_cloud::Barcodes = found.json().await.unwrap();
    assert_eq!(found[0].value, "(01)09501101530003(10)ABC");
    assert_eq!(post("read", "no image".into()).await.unwrap().status().as_u16(), 400);
}

/// Returns the web service's response if the barcode service responds to every request with
/// `status`.
async fn response_if_upstream_responds(status: u16) -> reqwest::Response {
    let upstream = httpmock::MockServer::start_async().await;
    upstream
        .mock_async(|when, then| {
            when.any_request();
            then.status(status).header("retry-after", "600");
        })
        .await;
    let tokens = barcode_cloud::TokenSource::static_token("token").allow_insecure_loopback(true);
    let client = barcode_cloud::Client::builder()
        .base_url(upstream.url("/v4.0"))
        .token_source(tokens.build().unwrap())
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, axum_service::service(client)).into_future());
    reqwest::get(format!("http://{address}/qr?data=hello")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_service_does_not_report_a_rate_limit_as_the_callers_error() {
    let limited = response_if_upstream_responds(429).await;
    assert_eq!(limited.status().as_u16(), 503);
    assert_eq!(limited.headers()["retry-after"], "600");
    for status in [401, 403, 404] {
        let response = response_if_upstream_responds(status).await;
        assert_eq!(response.status().as_u16(), 502);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_error_is_handled_differently() {
    let (_sandbox, client) = support::sandbox().await.unwrap();
    let actions = errors::run(&client).await;
    assert!(actions[0].starts_with("rejected with errorInvalidInputData"), "{actions:?}");
    assert!(actions[1].starts_with("not sent, because `data` is invalid"), "{actions:?}");
    assert_eq!(actions[2], "generated, image/png");
}

#[test]
fn blocking_generates_and_scans_barcodes() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(barcode_cloud_sandbox::Sandbox::start()).unwrap();
    let credentials =
        barcode_cloud::ClientCredentials::new(sandbox.client_id(), sandbox.client_secret());
    let builder = barcode_cloud::Client::builder()
        .credentials(credentials.unwrap())
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url());
    let client = builder.build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    blocking::run(&client, folder.path()).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
}
