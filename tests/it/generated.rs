//! The nine operations of the document through the generated client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use barcode_cloud::api::types::{
    ApiErrorResponse, DecodeBarcodeType, EncodeBarcodeType, EncodeData, GenerateParams,
    QrErrorLevel, QrParams, RecognitionMode, RecognizeBase64Request, ScanBase64Request,
};
use barcode_cloud::api::{self, ByteStream, FilePart, Hooks, ResponseValue};
use barcode_cloud::{Client, ClientCredentials};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;

use crate::forms::leaves;
use crate::raw::RawServer;
use crate::service::{sandbox, with_static_token};

async fn bytes(response: ResponseValue<ByteStream>) -> Bytes {
    let mut stream = response.into_inner_stream();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.unwrap());
    }
    bytes.freeze()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nine_operations_work_and_agree() {
    let (sandbox, client) = sandbox().await;
    let api = client.api();

    let by_query =
        api.generate().barcode_type("QR").data("nine").qr_error_level(QrErrorLevel::LevelH);
    let by_query = bytes(by_query.send().await.unwrap()).await;
    let mut qr = QrParams::new();
    qr.qr_error_level = Some(QrErrorLevel::LevelH);
    let mut params = GenerateParams::new(EncodeBarcodeType::Qr, EncodeData::new("nine"));
    params.qr_params = Some(qr);
    let by_body = bytes(api.generate_body().body(params).send().await.unwrap()).await;
    let by_form = api.generate_multipart().barcode_type(EncodeBarcodeType::Qr).data("nine");
    let by_form = bytes(by_form.qr_error_level(QrErrorLevel::LevelH).send().await.unwrap()).await;
    assert_eq!(by_query, by_body);
    assert_eq!(by_query, by_form);

    let url = "https://images.example/nine.png";
    sandbox.url_file(url, by_query.clone());
    let base64 = base64(&by_query);
    let streamed = {
        let (first, second) = (by_query.slice(..10), by_query.slice(10..));
        let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(first), Ok(second)]);
        FilePart::stream(reqwest::Body::wrap_stream(chunks), by_query.len() as u64)
    };
    let types = vec![DecodeBarcodeType::Aztec, DecodeBarcodeType::Qr];
    let mut recognize_body = RecognizeBase64Request::new(types, base64.clone());
    recognize_body.recognition_mode = Some(RecognitionMode::Excellent);
    let scan_body = ScanBase64Request::new(base64.clone());
    let responses = [
        api.recognize().barcode_type(DecodeBarcodeType::Qr).file_url(url).send().await.unwrap(),
        api.recognize_base64().body(recognize_body).send().await.unwrap(),
        api.recognize_multipart()
            .barcode_type("mostcommonlyused")
            .file(by_query.clone())
            .send()
            .await
            .unwrap(),
        api.scan().file_url(url).send().await.unwrap(),
        api.scan_base64().body(scan_body).send().await.unwrap(),
        api.scan_multipart().file(streamed).send().await.unwrap(),
    ];
    for response in responses {
        let barcodes = response.into_inner().barcodes.unwrap();
        assert_eq!(barcodes.len(), 1);
        assert_eq!(barcodes[0].barcode_value.as_deref(), Some("nine"));
        assert_eq!(barcodes[0].type_.as_deref(), Some("QR"));
        assert_eq!(barcodes[0].region.as_ref().unwrap().len(), 4);
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Passes every optional field of the four groups to the setter of the same name. The query and the
/// multipart form have the same setters, so this does not compile if one of them lacks a setter.
macro_rules! with_every_option {
    ($request:expr, $params:expr) => {
        with_every_option!($request, $params;
            barcode_image_params: image_format text_location foreground_color background_color units resolution
                image_height image_width rotation_angle;
            qr_params: qr_encode_mode qr_error_level qr_version qr_eci_encoding qr_aspect_ratio micro_qr_version
                rect_micro_qr_version;
            code128_params: code128_encode_mode;
            pdf417_params: pdf417_encode_mode pdf417_error_level pdf417_truncate pdf417_columns pdf417_rows
                pdf417_aspect_ratio pdf417_eci_encoding pdf417_is_reader_initialization pdf417_macro_characters
                pdf417_is_linked pdf417_is_code128_emulation;
        )
    };
    ($request:expr, $params:expr; $($group:ident: $($field:ident)+;)+) => {{
        let params = $params;
        let request = $request
            .barcode_type(params.barcode_type)
            .data(params.encode_data.data)
            .data_type(params.encode_data.data_type.unwrap());
        $(
            let group = params.$group.unwrap();
            $(let request = request.$field(group.$field.unwrap());)+
        )+
        request
    }};
}

/// Parameters with every field set.
fn every_option() -> GenerateParams {
    serde_json::from_value(serde_json::json!({
        "barcodeType": "QR",
        "encodeData": {"dataType": "HexBytes", "data": "6869"},
        "barcodeImageParams": {
            "imageFormat": "Gif", "textLocation": "Above", "foregroundColor": "#FF5733", "backgroundColor": "White",
            "units": "Pixel", "resolution": 300.5, "imageHeight": 20.25, "imageWidth": 40.5, "rotationAngle": 90
        },
        "qrParams": {
            "qrEncodeMode": "Auto", "qrErrorLevel": "LevelQ", "qrVersion": "Version07", "qrECIEncoding": "UTF8",
            "qrAspectRatio": 0.5, "microQRVersion": "M3", "rectMicroQrVersion": "R11x27"
        },
        "code128Params": {"code128EncodeMode": "CodeAB"},
        "pdf417Params": {
            "pdf417EncodeMode": "Auto", "pdf417ErrorLevel": "Level5", "pdf417Truncate": true, "pdf417Columns": 3,
            "pdf417Rows": 10, "pdf417AspectRatio": 3.5, "pdf417ECIEncoding": "UTF8",
            "pdf417IsReaderInitialization": true, "pdf417MacroCharacters": "Macro05", "pdf417IsLinked": false,
            "pdf417IsCode128Emulation": true
        }
    }))
    .unwrap()
}

/// The names and texts of the parts of a multipart form.
fn parts(form: &str) -> BTreeMap<String, String> {
    let (boundary, _) = form.split_once("\r\n").unwrap();
    let parts = form.split(boundary).skip(1).filter(|part| *part != "--\r\n");
    parts
        .map(|part| {
            let (head, text) = part.split_once("\r\n\r\n").unwrap();
            let name = head.split('"').nth(1).unwrap();
            (name.into(), text.strip_suffix("\r\n").unwrap().into())
        })
        .collect()
}

async fn body(mut request: reqwest::Request) -> String {
    let body = request.body_mut().take().unwrap();
    let bytes = body.collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.into()).unwrap()
}

/// Decodes a query without the crates that encoded it.
fn decoded(query: &str) -> BTreeMap<String, String> {
    let text = |encoded: &str| {
        let mut bytes = encoded.bytes();
        let mut text = Vec::new();
        while let Some(byte) = bytes.next() {
            let mut digit = || (bytes.next().unwrap() as char).to_digit(16).unwrap() as u8;
            text.push(match byte {
                b'%' => digit() * 16 + digit(),
                b'+' => b' ',
                byte => byte,
            });
        }
        String::from_utf8(text).unwrap()
    };
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (text(name), text(value))).collect()
}

/// Sends `params`, which have every field, in the three forms. Each must have the same values.
async fn assert_alike(params: GenerateParams) {
    let api = api::Client::new("http://127.0.0.1:1/v4.0", Hooks::none());
    let request = api.generate_body().body(params.clone()).request();
    let by_body = leaves(&serde_json::from_str(&body(request.unwrap()).await).unwrap());
    assert_eq!(by_body.len(), 31, "{by_body:?}");

    let request = with_every_option!(api.generate(), params.clone());
    let request = request.request().unwrap();
    let mut by_query = decoded(request.url().query().unwrap());
    let barcode_type = request.url().path_segments().unwrap().next_back();
    by_query.insert("barcodeType".into(), barcode_type.unwrap().into());
    assert_same(&by_query, &by_body);

    let request = with_every_option!(api.generate_multipart(), params);
    assert_same(&parts(&body(request.request().unwrap()).await), &by_body);
}

/// Numbers may be written differently, such as `1` and `1.0`, but must be equal as `f32`.
fn assert_same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) {
    assert!(one.keys().eq(other.keys()), "{one:?} {other:?}");
    const TEXTS: [&str; 3] = ["data", "foregroundColor", "backgroundColor"];
    for (name, value) in one {
        let other = &other[name];
        let same = value == other
            || !TEXTS.contains(&name.as_str())
                && value.parse::<f32>().is_ok_and(|number| other.parse() == Ok(number));
        assert!(same, "{name}: {value:?} {other:?}");
    }
}

#[tokio::test]
async fn every_option_is_sent_with_the_same_value_in_every_form() {
    let mut random = fastrand::Rng::with_seed(15);
    for text in ["6869", "", " ", "a b&c=d+e%20#?/\\\"';", "größe 日本 🦀", "\r\n\r\n--\0"] {
        for _ in 0..50 {
            let mut params = every_option();
            // The data must not be empty, unlike a color.
            params.encode_data.data = format!("x{text}");
            let mut number = |least: f32, most: f32| Some(least + random.f32() * (most - least));
            let image = params.barcode_image_params.as_mut().unwrap();
            image.background_color = Some(text.into());
            image.resolution = number(1.0, 1e5);
            image.image_height = number(-1e30, 1e30);
            image.image_width = number(-1e-30, 1e-30);
            image.rotation_angle = Some(random.i32(..));
            assert_alike(params).await;
        }
    }
}

/// JSON has no text for these numbers, and a query would lack them.
#[test]
fn a_number_that_is_not_finite_is_refused_in_every_form() {
    let api = api::Client::new("http://127.0.0.1:1/v4.0", Hooks::none());
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut params = every_option();
        params.barcode_image_params.as_mut().unwrap().image_height = Some(value);
        let query = api.generate().barcode_type("QR").data("x");
        let form = api.generate_multipart().barcode_type("QR").data("x");
        for request in [
            query.image_height(value).request(),
            form.image_height(value).request(),
            api.generate_body().body(params).request(),
        ] {
            let text = request.unwrap_err().to_string();
            assert!(text.contains(&format!("imageHeight: {value} cannot be sent")), "{text}");
        }
    }
}

#[test]
fn an_option_out_of_bounds_is_rejected_in_every_form() {
    let api = api::Client::new("http://127.0.0.1:1/v4.0", Hooks::none());
    let params = |group: &str, field: &str, value: f64| {
        let mut params = serde_json::json!({"barcodeType": "QR", "encodeData": {"data": "x"}});
        params[group] = match value.fract() == 0.0 {
            true => serde_json::json!({field: value as i64}),
            false => serde_json::json!({field: value}),
        };
        serde_json::from_value::<GenerateParams>(params).unwrap()
    };
    let query = || api.generate().barcode_type("QR").data("x");
    let multipart = || api.generate_multipart().barcode_type("QR").data("x");
    let body = |group, field, value| api.generate_body().body(params(group, field, value));
    for (field, invalid) in [
        (
            "resolution",
            [
                query().resolution(0.5).request(),
                multipart().resolution(0.5).request(),
                body("barcodeImageParams", "resolution", 0.5).request(),
            ],
        ),
        (
            "qrAspectRatio",
            [
                query().qr_aspect_ratio(1.5).request(),
                multipart().qr_aspect_ratio(1.5).request(),
                body("qrParams", "qrAspectRatio", 1.5).request(),
            ],
        ),
        (
            "pdf417Columns",
            [
                query().pdf417_columns(31).request(),
                multipart().pdf417_columns(31).request(),
                body("pdf417Params", "pdf417Columns", 31.0).request(),
            ],
        ),
    ] {
        for request in invalid {
            let text = request.unwrap_err().to_string();
            assert!(text.contains(field) && text.contains("outside its bounds"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_client_works_alone_and_gets_401_without_a_token() {
    let (sandbox, _) = sandbox().await;
    let client = api::Client::new(sandbox.base_url(), Hooks::none());
    let error = client.generate().barcode_type("QR").data("x").send().await.err().unwrap();
    let api::Error::ErrorResponse(response) = error else { panic!("{error:?}") };
    assert_eq!(response.status(), 401);
    assert_eq!(response.error.code.as_deref(), Some("errorAuthentication"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_invalid_argument_is_named_and_nothing_is_sent() {
    let (_sandbox, client) = sandbox().await;
    let api = client.api();
    let error = api.generate().barcode_type("QR").send().await.err().unwrap();
    assert!(
        matches!(&error, api::Error::InvalidRequest(message) if message == "data was not initialized"),
        "{error}"
    );
    let error = api.generate().barcode_type("QX").data("x").send().await.err().unwrap();
    assert!(
        matches!(&error, api::Error::InvalidRequest(message)
            if message == "conversion to `EncodeBarcodeType` for barcode_type failed"),
        "{error}"
    );
    let error = api.scan_multipart().send().await.err().unwrap();
    assert!(
        matches!(&error, api::Error::InvalidRequest(message) if message == "file was not initialized"),
        "{error}"
    );
}

/// Returns the error of a scan through the generated client, which must end before its deadline.
async fn scan_error(client: &Client) -> api::Error<ApiErrorResponse> {
    let request = client.api().scan().file_url("https://images.example/a");
    let outcome = tokio::time::timeout(Duration::from_secs(60), request.send()).await;
    outcome.expect("the call must end by its deadline").unwrap_err()
}

#[tokio::test]
async fn the_deadline_of_an_attempt_covers_the_response_body() {
    let short = Duration::from_millis(100);
    let silent = RawServer::start(|request| async move {
        let _kept_open = request;
        std::future::pending::<()>().await;
    })
    .await;
    let stalled = RawServer::start(|mut request| async move {
        request.respond_with_half("application/json").await;
        std::future::pending::<()>().await;
    })
    .await;
    for server in [silent, stalled] {
        for builder in [
            with_static_token(&server.base_url()).attempt_timeout(short),
            with_static_token(&server.base_url()).timeout(short),
        ] {
            let error = scan_error(&builder.build().unwrap()).await;
            let text = with_causes(&error);
            assert!(text.contains("took longer than 100ms"), "{text}");
            // A URL can contain barcode data in its query.
            assert!(!text.contains("images.example"), "{text}");
        }
    }
}

/// The `Display` and `Debug` texts of an error and of its causes.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |cause| cause.source())
        .map(|error| format!("{error} {error:?} "))
        .collect()
}

#[tokio::test]
async fn the_deadline_of_a_call_covers_the_wait_for_a_token() {
    let server = RawServer::start(|mut request| async move {
        match request.path().ends_with("/connect/token") {
            true => std::future::pending().await,
            false => request.respond_with_barcode().await,
        }
    })
    .await;
    let client = Client::builder()
        .base_url(server.base_url())
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .token_url(server.base_url().replace("/v4.0", "/connect/token"))
        .timeout(Duration::from_millis(100))
        .build()
        .unwrap();
    let error = scan_error(&client).await;
    assert!(
        matches!(&error, api::Error::Custom(text) if text.starts_with("the call took longer than 100ms")),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_deadline_of_a_call_covers_a_renewal_after_a_401() {
    let tokens = Arc::new(AtomicUsize::new(0));
    let server = RawServer::start(move |mut request| {
        let tokens = tokens.clone();
        async move {
            if !request.path().ends_with("/connect/token") {
                let body = r#"{"requestId":null,"error":{}}"#;
                return request.respond(401, "", "application/json", body).await;
            }
            if tokens.fetch_add(1, Ordering::SeqCst) > 0 {
                std::future::pending::<()>().await;
            }
            let token = r#"{"access_token":"t","expires_in":3600,"token_type":"Bearer"}"#;
            request.respond(200, "", "application/json", token).await;
        }
    })
    .await;
    let client = Client::builder()
        .base_url(server.base_url())
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .token_url(server.base_url().replace("/v4.0", "/connect/token"))
        .timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let error = scan_error(&client).await;
    assert!(
        matches!(&error, api::Error::Custom(text) if text.starts_with("the call took longer than 2s")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_request_is_retried_like_one_of_the_facade() {
    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let body = ScanBase64Request::new("AA==");
    let request = client.api().scan_base64().body(body);
    let found = request.send().await.unwrap().into_inner().barcodes.unwrap();
    assert_eq!(found[0].barcode_value.as_deref(), Some("found"));
    assert_eq!(server.heads().len(), 2);

    // A streamed body can be sent only once, so the first response is returned.
    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let request = client.api().scan_multipart().file(vec![1]);
    let error = request.send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn a_response_holds_its_permit_until_its_body_ends() {
    let server = RawServer::start(|mut request| async move {
        request.respond(200, "", "image/png", "image").await;
    })
    .await;
    let short = Duration::from_millis(50);
    let client = with_static_token(&server.base_url()).concurrency(1).timeout(short);
    let client = client.build().unwrap();
    let generate = || client.api().generate().barcode_type("QR").data("x").send();
    let kept = client.api().generate().barcode_type("QR").data("x");
    let kept = kept.send().await.unwrap();
    let error = generate().await.err().unwrap();
    assert!(
        matches!(&error, api::Error::Custom(text) if text.starts_with("the call took longer than 50ms")),
        "{error:?}"
    );
    assert_eq!(server.heads().len(), 1, "the second request was not sent");
    drop(kept);
    assert_eq!(bytes(generate().await.unwrap()).await, "image");
    assert_eq!(bytes(generate().await.unwrap()).await, "image");
}

#[tokio::test]
async fn a_response_that_is_too_long_is_an_error() {
    let server = RawServer::start_with_barcode().await;
    let client = with_static_token(&server.base_url()).max_response_bytes(9).build();
    let error = scan_error(&client.unwrap()).await;
    let text = with_causes(&error);
    assert!(text.contains("more than 9 bytes"), "{text}");
}

#[test]
fn calls_can_be_spawned_on_any_thread() {
    fn is_send(_: impl Send) {}
    let client = api::Client::new("http://127.0.0.1:1", Hooks::none());
    is_send(client.generate().send());
    is_send(client.scan_multipart().file(vec![1]).send());
    is_send(client.recognize_base64().send());
}

#[test]
fn constants_come_from_document_and_overlay() {
    assert_eq!(api::BASE_URL, "https://api.aspose.cloud/v4.0");
    assert_eq!(api::TOKEN_URL, "https://api.aspose.cloud/connect/token");
    assert_eq!(api::PUBLISHED_TOKEN_URL, "https://id.aspose.cloud/connect/token");
    assert_eq!(api::DOCUMENT_VERSION, "4.0");
}
