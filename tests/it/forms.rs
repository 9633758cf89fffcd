//! Which form of an operation a call takes by itself, seen from the server.

use barcode_cloud::{DecodeBarcodeType, EncodeBarcodeType, Image};
use httpmock::MockServer;

use crate::service::{client_of, tokens};

/// A server that answers one path only, and counts.
async fn only<'a>(
    server: &'a MockServer,
    method: &'static str,
    path: &'static str,
) -> httpmock::Mock<'a> {
    server
        .mock_async(|when, then| {
            when.method(method).path(path);
            then.status(200)
                .header("content-type", "image/png")
                .body("\u{1}");
        })
        .await
}

#[tokio::test]
async fn short_text_goes_by_query_and_the_rest_by_body() {
    let server = MockServer::start_async().await;
    let _tokens = tokens(&server).await;
    let client = client_of(&server);
    let query = only(&server, "GET", "/v4.0/barcode/generate/QR").await;
    let body = only(&server, "POST", "/v4.0/barcode/generate-body").await;

    client
        .generate(EncodeBarcodeType::Qr, "short")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (query.calls_async().await, body.calls_async().await),
        (1, 0)
    );
    client
        .generate(EncodeBarcodeType::Qr, "long".repeat(300))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (query.calls_async().await, body.calls_async().await),
        (1, 1)
    );
    client
        .generate(EncodeBarcodeType::Qr, b"bytes".to_vec())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (query.calls_async().await, body.calls_async().await),
        (1, 2)
    );
}

#[tokio::test]
async fn a_picture_goes_by_form_several_types_by_body_an_address_by_query() {
    let server = MockServer::start_async().await;
    let _tokens = tokens(&server).await;
    let client = client_of(&server);
    for (method, path) in [
        ("POST", "/v4.0/barcode/recognize-multipart"),
        ("POST", "/v4.0/barcode/recognize-body"),
        ("GET", "/v4.0/barcode/recognize"),
        ("POST", "/v4.0/barcode/scan-multipart"),
        ("GET", "/v4.0/barcode/scan"),
    ] {
        server
            .mock_async(|when, then| {
                when.method(method).path(path);
                let body = serde_json::json!({"barcodes": [{"barcodeValue": path, "type": "NewType", "extra": 1}]});
                then.status(200).json_body(body);
            })
            .await;
    }
    let picture = || Image::from(b"picture".to_vec());
    let address = || Image::url("https://pictures.example/a.png");
    let two = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];
    let paths = [
        client.recognize(picture()).send().await.unwrap(),
        client.recognize(picture()).types(two).send().await.unwrap(),
        client.recognize(address()).send().await.unwrap(),
        client.scan(picture()).send().await.unwrap(),
        client.scan(address()).send().await.unwrap(),
    ];
    let paths = paths.map(|found| {
        assert_eq!(
            found[0].barcode_type.to_string(),
            "NewType",
            "a type that the document does not know is kept"
        );
        found[0].value.rsplit('/').next().unwrap().to_owned()
    });
    assert_eq!(
        paths,
        [
            "recognize-multipart",
            "recognize-body",
            "recognize",
            "scan-multipart",
            "scan"
        ]
    );
}

#[tokio::test]
async fn an_upload_has_a_length_and_a_name_and_no_chunks() {
    let server = MockServer::start_async().await;
    let _tokens = tokens(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "the picture's bytes").unwrap();
    let upload = server
        .mock_async(|when, then| {
            when.method("POST")
                .path("/v4.0/barcode/scan-multipart")
                .header_exists("content-length")
                .header_missing("transfer-encoding")
                .header_missing("api-version")
                .header_prefix("user-agent", "barcode-cloud/")
                .body_includes("filename=\"label.png\"")
                .body_includes("the picture's bytes");
            then.status(200)
                .json_body(serde_json::json!({"barcodes": null}));
        })
        .await;
    let found = client_of(&server)
        .scan(path.as_path())
        .send()
        .await
        .unwrap();
    assert_eq!(found, []);
    upload.assert_async().await;
}
