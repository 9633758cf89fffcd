//! The nine operations through the generated client, as the document has them.

use barcode_cloud::api::types::{
    DecodeBarcodeType, EncodeBarcodeType, EncodeData, GenerateParams, QrErrorLevel, QrParams,
    RecognitionMode, RecognizeBase64Request, ScanBase64Request,
};
use barcode_cloud::api::{self, ByteStream, FilePart, Hooks, ResponseValue};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::service::sandbox;

async fn bytes(answer: ResponseValue<ByteStream>) -> Bytes {
    let mut stream = answer.into_inner_stream();
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

    let by_query = api
        .generate()
        .barcode_type("QR")
        .data("nine")
        .qr_error_level(QrErrorLevel::LevelH);
    let by_query = bytes(by_query.send().await.unwrap()).await;
    let params = GenerateParams {
        barcode_type: EncodeBarcodeType::Qr,
        encode_data: EncodeData {
            data: "nine".into(),
            data_type: None,
        },
        barcode_image_params: None,
        qr_params: Some(QrParams {
            qr_error_level: Some(QrErrorLevel::LevelH),
            ..QrParams::default()
        }),
        code128_params: None,
        pdf417_params: None,
    };
    let by_body = bytes(api.generate_body().body(params).send().await.unwrap()).await;
    let by_form = api
        .generate_multipart()
        .barcode_type(EncodeBarcodeType::Qr)
        .data("nine");
    let by_form = bytes(
        by_form
            .qr_error_level(QrErrorLevel::LevelH)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(by_query, by_body);
    assert_eq!(by_query, by_form);

    let url = "https://pictures.example/nine.png";
    sandbox.url_file(url, by_query.clone());
    let base64 = base64(&by_query);
    let streamed = {
        let (first, second) = (by_query.slice(..10), by_query.slice(10..));
        let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(first), Ok(second)]);
        FilePart::stream(reqwest::Body::wrap_stream(chunks), by_query.len() as u64)
    };
    let recognize_body = RecognizeBase64Request {
        barcode_types: vec![DecodeBarcodeType::Aztec, DecodeBarcodeType::Qr],
        file_base64: base64.clone(),
        recognition_mode: Some(RecognitionMode::Excellent),
        recognition_image_kind: None,
    };
    let scan_body = ScanBase64Request {
        file_base64: base64.clone(),
    };
    let answers = [
        api.recognize()
            .barcode_type(DecodeBarcodeType::Qr)
            .file_url(url)
            .send()
            .await
            .unwrap(),
        api.recognize_base64()
            .body(recognize_body)
            .send()
            .await
            .unwrap(),
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
    for answer in answers {
        let barcodes = answer.into_inner().barcodes.unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn it_works_alone_and_is_refused_without_a_token() {
    let (sandbox, _) = sandbox().await;
    let client = api::Client::new(sandbox.base_url(), Hooks::none());
    let error = client
        .generate()
        .barcode_type("QR")
        .data("x")
        .send()
        .await
        .err()
        .unwrap();
    let api::Error::ErrorResponse(answer) = error else {
        panic!("{error:?}")
    };
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.error.code.as_deref(), Some("errorAuthentication"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_that_is_missing_or_wrong_is_named_and_nothing_is_sent() {
    let (_sandbox, client) = sandbox().await;
    let api = client.api();
    let error = api
        .generate()
        .barcode_type("QR")
        .send()
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&error, api::Error::InvalidRequest(said) if said == "data was not initialized"),
        "{error}"
    );
    let error = api
        .generate()
        .barcode_type("QX")
        .data("x")
        .send()
        .await
        .err()
        .unwrap();
    assert!(
        matches!(&error, api::Error::InvalidRequest(said)
            if said == "barcodeType: the value cannot be converted to its type"),
        "{error}"
    );
    let error = api.scan_multipart().send().await.err().unwrap();
    assert!(
        matches!(&error, api::Error::InvalidRequest(said) if said == "file was not initialized"),
        "{error}"
    );
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
    assert_eq!(
        api::PUBLISHED_TOKEN_URL,
        "https://id.aspose.cloud/connect/token"
    );
    assert_eq!(api::DOCUMENT_VERSION, "4.0");
}
