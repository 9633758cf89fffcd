//! Typed mocks, with which the tests of a service specify the expected requests and the responses.

use barcode_cloud::api::types::{
    ApiError, ApiErrorResponse, BarcodeResponseList, DecodeBarcodeType, EncodeBarcodeType,
    EncodeData, GenerateParams, RecognitionMode,
};
use barcode_cloud::{Barcode, Barcodes, Client, TokenSource, api};
use barcode_cloud_client::mock::MockServerExt as _;
use httpmock::MockServer;

/// A client with a static token. The base URL of a mocked API is the server's root.
fn client(server: &MockServer) -> Client {
    let tokens = TokenSource::static_token("token")
        .api_origin(server.base_url())
        .allow_insecure_loopback(true)
        .build()
        .unwrap();
    Client::builder().token_source(tokens).base_url(server.base_url()).build().unwrap()
}

fn found(value: &str) -> BarcodeResponseList {
    Barcodes::from_iter([Barcode::new(DecodeBarcodeType::Qr, value)]).into()
}

#[tokio::test]
async fn a_generated_image_is_mocked_by_type_and_data() {
    let server = MockServer::start_async().await;
    let params = GenerateParams::new(EncodeBarcodeType::Qr, EncodeData::new("PARCEL-0042"));
    let mock = server.generate_body(|when, then| {
        when.body(&params);
        then.ok("image/svg+xml", b"<svg/>");
    });
    let client = client(&server);
    let image = client.generate(EncodeBarcodeType::Qr, "PARCEL-0042").send().await.unwrap();
    assert_eq!(&image.bytes()[..], b"<svg/>");
    mock.assert();
    let other = client.generate(EncodeBarcodeType::Qr, "another").send().await;
    assert_eq!(other.unwrap_err().status().unwrap(), 404, "the mock matches no other request");
}

#[tokio::test]
async fn a_form_is_mocked_field_by_field() {
    let server = MockServer::start_async().await;
    let mock = server.recognize_multipart(|when, then| {
        when.barcode_type(DecodeBarcodeType::Qr)
            .recognition_mode(RecognitionMode::Fast)
            .recognition_image_kind(None)
            .file(b"\xff\x00picture\r\n\r\nbytes");
        then.ok(&found("hello"));
    });
    let client = client(&server);
    let read = |image: &[u8], kind| {
        let request = client.recognize(image.to_vec()).types([kind]);
        request.mode(RecognitionMode::Fast).send()
    };
    let image = b"\xff\x00picture\r\n\r\nbytes";
    assert_eq!(read(image, DecodeBarcodeType::Qr).await.unwrap()[0].value, "hello");
    mock.assert();
    read(b"other", DecodeBarcodeType::Qr).await.unwrap_err();
    read(image, DecodeBarcodeType::Aztec).await.unwrap_err();

    let mock = server.generate_multipart(|when, then| {
        when.barcode_type(EncodeBarcodeType::Code128).data("x").resolution(96.0);
        let mut error = ApiError::new();
        error.code = Some("no".into());
        let mut response = ApiErrorResponse::new(error);
        response.request_id = Some("r-1".into());
        then.bad_request(&response);
    });
    let request = client
        .api()
        .generate_multipart()
        .barcode_type(EncodeBarcodeType::Code128)
        .data("x")
        .resolution(96.0);
    let api::Error::ErrorResponse(response) = request.send().await.err().unwrap() else {
        panic!("the mock responds with an error of the document");
    };
    assert_eq!(response.request_id.as_deref(), Some("r-1"));
    assert_eq!(response.error.code.as_deref(), Some("no"));
    mock.assert();
}
