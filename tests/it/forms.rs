//! Which form of an operation a call takes by itself, seen from the server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use barcode_cloud::api::types::{
    BarcodeImageFormat, BarcodeImageParams, Code128EncodeMode, Code128Params, CodeLocation,
    EciEncodings, GraphicsUnit, MacroCharacter, MicroQrVersion, Pdf417EncodeMode, Pdf417ErrorLevel,
    Pdf417Params, QrEncodeMode, QrErrorLevel, QrParams, QrVersion, RectMicroQrVersion,
};
use barcode_cloud::{DecodeBarcodeType, EncodeBarcodeType, Form, Image};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

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

/// Every option there is. No `..`: a new one fails to compile here, and is then missing in no form.
fn every_option() -> (BarcodeImageParams, QrParams, Code128Params, Pdf417Params) {
    let image = BarcodeImageParams {
        image_format: Some(BarcodeImageFormat::Gif),
        text_location: Some(CodeLocation::Above),
        foreground_color: Some("#FF5733".into()),
        background_color: Some("Alice & Blue".into()),
        units: Some(GraphicsUnit::Millimeter),
        resolution: Some(300.5),
        image_height: Some(20.25),
        image_width: Some(40.5),
        rotation_angle: Some(-90),
    };
    let qr = QrParams {
        qr_encode_mode: Some(QrEncodeMode::Eci),
        qr_error_level: Some(QrErrorLevel::LevelQ),
        qr_version: Some(QrVersion::Version07),
        qr_eci_encoding: Some(EciEncodings::Utf8),
        qr_aspect_ratio: Some(0.5),
        micro_qr_version: Some(MicroQrVersion::M3),
        rect_micro_qr_version: Some(RectMicroQrVersion::R11x27),
    };
    let code128 = Code128Params {
        code128_encode_mode: Some(Code128EncodeMode::CodeAb),
    };
    let pdf417 = Pdf417Params {
        pdf417_encode_mode: Some(Pdf417EncodeMode::Extended),
        pdf417_error_level: Some(Pdf417ErrorLevel::Level5),
        pdf417_truncate: Some(true),
        pdf417_columns: Some(3),
        pdf417_rows: Some(10),
        pdf417_aspect_ratio: Some(3.5),
        pdf417_eci_encoding: Some(EciEncodings::Win1252),
        pdf417_is_reader_initialization: Some(true),
        pdf417_macro_characters: Some(MacroCharacter::Macro05),
        pdf417_is_linked: Some(false),
        pdf417_is_code128_emulation: Some(true),
    };
    (image, qr, code128, pdf417)
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
    let (image, qr, code128, pdf417) = every_option();
    for form in [Form::Query, Form::Body, Form::Multipart] {
        client
            .generate(EncodeBarcodeType::Qr, b"bytes".to_vec())
            .image(image.clone())
            .qr(qr.clone())
            .code128(code128.clone())
            .pdf417(pdf417.clone())
            .form(form)
            .send()
            .await
            .unwrap();
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].len(), 31, "{:?}", seen[0]);
    assert_eq!(seen[0]["dataType"], "Base64Bytes");
    assert_eq!(seen[0]["backgroundColor"], "Alice & Blue");
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}
