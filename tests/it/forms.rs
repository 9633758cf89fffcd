//! Which form of an operation a call takes by itself, seen from the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use barcode_cloud::{
    BarcodeImageFormat, Client, Code128EncodeMode, Code128Options, CodeLocation, Color,
    DecodeBarcodeType, EciEncodings, EncodeBarcodeType, Form, Generate, GraphicsUnit, ImageSource,
    MacroCharacter, MicroQrVersion, Pdf417EncodeMode, Pdf417ErrorLevel, Pdf417Options,
    QrEncodeMode, QrErrorLevel, QrOptions, QrVersion, RectMicroQrVersion, RenderOptions,
};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

use crate::raw::Raw;
use crate::service::{client_of, fixed, tokens};

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
    let picture = || ImageSource::from(b"picture".to_vec());
    let address = || ImageSource::url("https://pictures.example/a.png");
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

/// Every option of the document, each with a type that it means something to.
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
        generate(EncodeBarcodeType::Qr)
            .render(image)
            .qr(qr.version(QrVersion::Version07)),
        generate(EncodeBarcodeType::MicroQr).qr(QrOptions::new().micro_version(MicroQrVersion::M3)),
        generate(EncodeBarcodeType::RectMicroQr)
            .qr(QrOptions::new().rect_micro_version(RectMicroQrVersion::R11x27)),
        generate(EncodeBarcodeType::Code128).code128(code128),
        generate(EncodeBarcodeType::MicroPdf417).pdf417(pdf417),
    ]
}

/// The fields of a request, by name, whichever form it came in.
fn sent_fields(request: &HttpMockRequest) -> BTreeMap<String, String> {
    if request.uri().path().ends_with("generate-body") {
        return leaves(&serde_json::from_slice(request.body_ref()).unwrap());
    }
    if request.uri().path().ends_with("generate-multipart") {
        let body = request.body_string();
        let parts = body.split("; name=\"").skip(1);
        return parts
            .map(|part| {
                let (name, rest) = part.split_once("\"\r\n\r\n").unwrap();
                (name.into(), rest.split("\r\n").next().unwrap().into())
            })
            .collect();
    }
    let mut fields: BTreeMap<_, _> = request.query_params().into_iter().collect();
    let uri = request.uri();
    let barcode_type = uri.path().rsplit('/').next().unwrap();
    fields.insert("barcodeType".into(), barcode_type.into());
    fields
}

fn leaves(value: &serde_json::Value) -> BTreeMap<String, String> {
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
async fn an_option_out_of_its_bounds_is_refused_in_every_form_before_anything_is_sent() {
    let server = Raw::finding().await;
    let client = fixed(&server.base_url()).build().unwrap();
    let generate = |barcode_type| client.generate(barcode_type, "x");
    for form in [Form::Query, Form::Body, Form::Multipart] {
        for (request, field) in [
            (
                generate(EncodeBarcodeType::Qr).render(RenderOptions::new().resolution(0.5)),
                "resolution",
            ),
            (
                generate(EncodeBarcodeType::Qr).qr(QrOptions::new().aspect_ratio(1.5)),
                "qrAspectRatio",
            ),
            (
                generate(EncodeBarcodeType::Pdf417).pdf417(Pdf417Options::new().columns(31)),
                "pdf417Columns",
            ),
            (
                generate(EncodeBarcodeType::Pdf417).pdf417(Pdf417Options::new().rows(91)),
                "pdf417Rows",
            ),
        ] {
            let error = request.form(form).send().await.unwrap_err();
            assert!(error.is_client_error(), "{form:?} {field}: {error:?}");
            let text = error.to_string();
            assert!(
                text.contains(field) && text.contains("outside its bounds"),
                "{form:?} {field}: {text}"
            );
        }
    }
    assert_eq!(server.heads(), [""; 0]);
}

#[tokio::test]
async fn every_option_arrives_in_every_form() {
    let server = MockServer::start_async().await;
    let _tokens = tokens(&server).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    server
        .mock_async(|when, then| {
            when.path_includes("/v4.0/barcode/generate");
            then.respond_with(move |request| {
                sink.lock().unwrap().push(sent_fields(request));
                HttpMockResponse::builder()
                    .status(200)
                    .header("content-type", "image/gif")
                    .body("GIF8")
                    .build()
            });
        })
        .await;
    let client = client_of(&server);
    for form in [Form::Query, Form::Body, Form::Multipart] {
        for request in every_option(&client) {
            request.form(form).send().await.unwrap();
        }
    }
    let seen = seen.lock().unwrap();
    let names: BTreeSet<_> = seen[..5].iter().flat_map(BTreeMap::keys).collect();
    assert_eq!(names.len(), 31, "{names:?}");
    assert_eq!(seen[0]["dataType"], "Base64Bytes");
    assert_eq!(seen[0]["backgroundColor"], "#F0F8FF");
    assert_eq!(seen[..5], seen[5..10]);
    assert_eq!(seen[..5], seen[10..]);
}
