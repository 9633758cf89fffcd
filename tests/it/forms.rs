//! The form in which each request arrives at the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use barcode_cloud::{
    BarcodeImageFormat, Client, Code128EncodeMode, Code128Options, CodeLocation, Color, Data,
    DecodeBarcodeType, EciEncodings, EncodeBarcodeType, Generate, GraphicsUnit, ImageSource,
    MacroCharacter, MicroQrVersion, Pdf417EncodeMode, Pdf417ErrorLevel, Pdf417Options,
    QrEncodeMode, QrErrorLevel, QrOptions, QrVersion, RectMicroQrVersion, RenderOptions,
};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

use crate::raw::RawServer;
use crate::service::{client_of, mock_token_endpoint, with_static_token};

#[tokio::test]
async fn barcode_data_is_not_sent_in_a_url() {
    let server = RawServer::start_with_barcode().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    for data in [
        Data::from("personal"),
        "personal".repeat(300).into(),
        b"personal".into(),
        Data::hex("706572736f6e616c"),
    ] {
        // The response is JSON and not an image. Only the request matters here.
        let request = client.generate(EncodeBarcodeType::Qr, data);
        request.send().await.unwrap_err();
    }
    let heads = server.heads();
    assert_eq!(heads.len(), 4);
    for head in heads {
        assert!(head.starts_with("POST /v4.0/barcode/generate-body HTTP/1.1\r\n"), "{head}");
    }
}

#[tokio::test]
async fn images_are_sent_as_forms_several_types_as_json_and_urls_as_queries() {
    let server = MockServer::start_async().await;
    let _tokens = mock_token_endpoint(&server).await;
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
    let image = || ImageSource::from(b"image".to_vec());
    let address = || ImageSource::url("https://images.example/a.png");
    let two = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];
    let paths = [
        client.recognize(image()).send().await.unwrap(),
        client.recognize(image()).types(two).send().await.unwrap(),
        client.recognize(address()).send().await.unwrap(),
        client.scan(image()).send().await.unwrap(),
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
        ["recognize-multipart", "recognize-body", "recognize", "scan-multipart", "scan"]
    );
}

#[tokio::test]
async fn an_upload_has_a_content_length_and_a_constant_file_name() {
    let server = MockServer::start_async().await;
    let _tokens = mock_token_endpoint(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jane_doe_passport.PNG");
    std::fs::write(&path, "the image's bytes").unwrap();
    let upload = server
        .mock_async(|when, then| {
            when.method("POST")
                .path("/v4.0/barcode/scan-multipart")
                .header_exists("content-length")
                .header_missing("transfer-encoding")
                .header_missing("api-version")
                .header_prefix("user-agent", "barcode-cloud/")
                .body_includes("filename=\"image.png\"")
                .body_includes("the image's bytes");
            then.status(200).json_body(serde_json::json!({"barcodes": null}));
        })
        .await;
    let found = client_of(&server).scan(path.as_path()).send().await.unwrap();
    assert!(found.is_empty());
    upload.assert_async().await;
}

/// Every option of the document, each with a barcode type that it applies to.
fn every_option(client: &Client) -> [Generate; 5] {
    let image = RenderOptions::new()
        .format(BarcodeImageFormat::Gif)
        .text(CodeLocation::Above)
        .foreground(Color::rgb(0xff, 0x57, 0x33))
        .background("AliceBlue".parse().unwrap())
        .units(GraphicsUnit::Millimeter)
        .resolution(300.5)
        .height(20.25)
        .width(40.5)
        .rotation(-90);
    let qr = QrOptions::new()
        .encode_mode(QrEncodeMode::Eci)
        .error_level(QrErrorLevel::LevelQ)
        .eci_encoding(EciEncodings::Utf8)
        .aspect_ratio(0.5);
    let code128 = Code128Options::new().encode_mode(Code128EncodeMode::CodeAb);
    let pdf417 = Pdf417Options::new()
        .encode_mode(Pdf417EncodeMode::Extended)
        .error_level(Pdf417ErrorLevel::Level5)
        .truncate(true)
        .columns(3)
        .rows(10)
        .aspect_ratio(3.5)
        .eci_encoding(EciEncodings::Win1252)
        .reader_initialization(true)
        .macro_characters(MacroCharacter::Macro05)
        .linked(false)
        .code128_emulation(true);
    let generate = |barcode_type| client.generate(barcode_type, b"bytes".to_vec());
    [
        generate(EncodeBarcodeType::Qr).render(image).qr(qr.version(QrVersion::Version07)),
        generate(EncodeBarcodeType::MicroQr).qr(QrOptions::new().micro_version(MicroQrVersion::M3)),
        generate(EncodeBarcodeType::RectMicroQr)
            .qr(QrOptions::new().rect_micro_version(RectMicroQrVersion::R11x27)),
        generate(EncodeBarcodeType::Code128).code128(code128),
        generate(EncodeBarcodeType::MicroPdf417).pdf417(pdf417),
    ]
}

/// The fields of a request's JSON body, by name.
fn sent_fields(request: &HttpMockRequest) -> BTreeMap<String, String> {
    assert_eq!(request.uri().path(), "/v4.0/barcode/generate-body");
    leaves(&serde_json::from_slice(request.body_ref()).unwrap())
}

/// The names and values of the leaves of a JSON body.
pub(crate) fn leaves(value: &serde_json::Value) -> BTreeMap<String, String> {
    let fields = value.as_object().unwrap().iter();
    fields
        .flat_map(|(name, value)| match value {
            serde_json::Value::Object(_) => leaves(value),
            serde_json::Value::String(text) => [(name.clone(), text.clone())].into(),
            other => [(name.clone(), other.to_string())].into(),
        })
        .collect()
}

#[tokio::test]
async fn an_option_out_of_bounds_is_rejected_before_a_request_is_sent() {
    let server = RawServer::start_with_barcode().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let generate = |barcode_type| client.generate(barcode_type, "x");
    for (request, field) in [
        (
            generate(EncodeBarcodeType::Qr).render(RenderOptions::new().resolution(0.5)),
            "render.resolution",
        ),
        (generate(EncodeBarcodeType::Qr).qr(QrOptions::new().aspect_ratio(1.5)), "qr.aspect_ratio"),
        (
            generate(EncodeBarcodeType::Pdf417).pdf417(Pdf417Options::new().columns(31)),
            "pdf417.columns",
        ),
        (generate(EncodeBarcodeType::Pdf417).pdf417(Pdf417Options::new().rows(91)), "pdf417.rows"),
    ] {
        let error = request.send().await.unwrap_err();
        assert!(error.is_client_error(), "{field}: {error:?}");
        let text = error.to_string();
        assert!(text.contains(field) && text.contains("outside its bounds"), "{field}: {text}");
    }
    assert_eq!(server.heads(), [""; 0]);
}

#[tokio::test]
async fn every_option_is_sent() {
    let server = MockServer::start_async().await;
    let _tokens = mock_token_endpoint(&server).await;
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&recorded);
    server
        .mock_async(|when, then| {
            when.path_includes("/v4.0/barcode/generate");
            then.respond_with(move |request| {
                sink.lock().unwrap().push(sent_fields(request));
                HttpMockResponse::builder()
                    .status(200)
                    .header("content-type", "image/x-any")
                    .body("GIF8")
                    .build()
            });
        })
        .await;
    let client = client_of(&server);
    for request in every_option(&client) {
        request.send().await.unwrap();
    }
    let recorded = recorded.lock().unwrap();
    let names: BTreeSet<_> = recorded.iter().flat_map(BTreeMap::keys).collect();
    assert_eq!(names.len(), 31, "{names:?}");
    assert_eq!(recorded[0]["dataType"], "Base64Bytes");
    assert_eq!(recorded[0]["backgroundColor"], "#F0F8FF");
}
