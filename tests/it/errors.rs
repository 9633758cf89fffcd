//! Invalid and unusual responses of a server or a proxy. An error has the status, code, message and
//! request id of the response if they can be read, and the body as text if not.

use barcode_cloud::api::types::EncodeBarcodeType;
use barcode_cloud::{Client, Error};
use httpmock::MockServer;

use crate::raw::RawServer;
use crate::service::{client_of, mock_token_endpoint, with_static_token};

/// Returns the error of a scan whose response has `status`, `media_type` and `body`.
async fn scan(status: u16, media_type: &str, body: &str) -> Error {
    let server = MockServer::start_async().await;
    let client = client_with_response(&server, status, media_type, body).await;
    client.scan(b"image".to_vec()).send().await.unwrap_err()
}

async fn client_with_response(
    server: &MockServer,
    status: u16,
    media_type: &str,
    body: &str,
) -> Client {
    mock_token_endpoint(server).await;
    server
        .mock_async(|when, then| {
            when.path_includes("/v4.0/barcode");
            then.status(status)
                .header("content-type", media_type)
                .header("x-request-id", "from-header")
                .body(body);
        })
        .await;
    client_of(server)
}

#[tokio::test]
async fn an_unusual_error_body_still_has_code_message_and_request_id() {
    let odd = [
        // A date in an unknown format, and a field that is not in the document.
        r#"{"requestId":"r-1","error":{"code":"c","message":"m","dateTime":"tomorrow","extra":[1]}}"#,
        // One field is missing and another one is null.
        r#"{"requestId":"r-1","error":{"code":"c","message":"m","description":null}}"#,
        // A field of another type.
        r#"{"requestId":"r-1","error":{"code":"c","message":"m","innerError":"text"}}"#,
    ];
    for body in odd {
        let error = scan(400, "application/json", body).await;
        let summary =
            (error.status().unwrap().as_u16(), error.code(), error.message(), error.request_id());
        assert_eq!(summary, (400, Some("c"), Some("m"), Some("r-1")), "{body}");
    }
    let error = scan(400, "application/json", r#"{"error":{"code":null}}"#).await;
    assert_eq!((error.code(), error.request_id()), (None, Some("from-header")));
}

#[tokio::test]
async fn an_error_body_that_is_not_json_is_kept_as_text() {
    for (status, media_type, body) in [
        (502, "text/html", "<html>bad gateway</html>"),
        (400, "application/json", "<html>bad request</html>"),
        (500, "text/plain", "out of order"),
    ] {
        let error = scan(status, media_type, body).await;
        let Error::Api(api) = &error else { panic!("{error:?}") };
        assert_eq!((api.status.as_u16(), api.body.as_deref()), (status, Some(body)));
        assert_eq!(error.request_id(), Some("from-header"));
        assert_eq!(error.is_retryable(), status >= 500);
        assert_eq!(error.to_string().lines().count(), 1);
    }
}

#[tokio::test]
async fn a_200_with_an_undocumented_body_is_an_invalid_response() {
    for body in ["<html>log in</html>", r#"{"barcodes":[{"#, ""] {
        let error = scan(200, "text/html", body).await;
        let Error::InvalidResponse(response) = &error else { panic!("{error:?}") };
        assert_eq!(response.body(), body);
        let summary = (error.status().unwrap().as_u16(), error.request_id());
        assert_eq!(summary, (200, Some("from-header")), "{error:?}");
        assert!(body.is_empty() || !format!("{error:?}").contains(body), "{error:?}");
        assert!(error.to_string().contains("check that the base URL"), "{error}");
    }
    for (media_type, body) in [("text/html", "<html>log in</html>"), ("image/png", "")] {
        let server = MockServer::start_async().await;
        let client = client_with_response(&server, 200, media_type, body).await;
        let error = client.generate(EncodeBarcodeType::Qr, "x").send().await.unwrap_err();
        assert!(matches!(error, Error::InvalidResponse(_)), "{error:?}");
        let summary = (error.status().unwrap().as_u16(), error.request_id());
        assert_eq!(summary, (200, Some("from-header")), "{error:?}");
    }
}

#[tokio::test]
async fn the_error_for_a_response_that_is_too_long_has_status_and_request_id() {
    let server = RawServer::start_with_barcode().await;
    let client = with_static_token(&server.base_url()).max_response_bytes(9).build();
    let client = client.unwrap();
    let image = barcode_cloud::ImageSource::url("https://images.example/a.png");
    let error = client.scan(image).send().await.unwrap_err();
    let summary = (error.status().unwrap().as_u16(), error.request_id());
    assert_eq!(summary, (200, Some("r-1")), "{error:?}");
}

#[tokio::test]
async fn only_a_list_without_barcodes_means_that_nothing_was_found() {
    for body in [
        "{}",
        r#"{"error":{"code":"c","message":"m"}}"#,
        r#"{"Barcodes":[]}"#,
        "[]",
        "[null]",
        "[[]]",
    ] {
        let error = scan(200, "application/json", body).await;
        let Error::InvalidResponse(response) = &error else { panic!("{body}: {error:?}") };
        assert_eq!(response.body(), body);
        assert_eq!(error.status().unwrap(), 200);
    }
    let error = anyhow::Error::from(scan(200, "application/json", "{}").await);
    assert_eq!(error.root_cause().to_string(), "the member `barcodes` is missing");
    // The property is required, but may be null.
    for body in [r#"{"barcodes":[]}"#, r#"{"barcodes":null,"more":1}"#] {
        let server = MockServer::start_async().await;
        let client = client_with_response(&server, 200, "application/json", body).await;
        let found = client.scan(b"image".to_vec()).send().await.unwrap();
        assert!(found.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start_async().await;
    mock_token_endpoint(&server).await;
    let elsewhere = server
        .mock_async(|when, then| {
            when.path("/elsewhere");
            then.status(200);
        })
        .await;
    let to = server.url("/elsewhere");
    server
        .mock_async(|when, then| {
            when.path_includes("/v4.0/barcode");
            then.status(307).header("location", &to);
        })
        .await;
    let error = client_of(&server).scan(b"image".to_vec()).send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert_eq!(elsewhere.calls_async().await, 0);
}

#[tokio::test]
async fn the_error_for_an_unreachable_service_does_not_contain_the_data() {
    let (address, tokens_server) = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        (listener.local_addr().unwrap(), MockServer::start_async().await)
    };
    mock_token_endpoint(&tokens_server).await;
    let client = Client::builder()
        .credentials(barcode_cloud::ClientCredentials::new("id", "secret").unwrap())
        .base_url(format!("http://{address}/v4.0"))
        .token_url(tokens_server.url("/connect/token"))
        .build()
        .unwrap();
    let error = client.generate(EncodeBarcodeType::Qr, "personal-data").send().await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }) && error.is_retryable(), "{error:?}");
    assert!(error.to_string().starts_with("cannot connect to the service"), "{error}");
    assert!(!format!("{error:?}").contains("personal-data"), "{error:?}");
}

#[tokio::test]
async fn control_characters_in_a_message_of_the_service_are_escaped() {
    let body =
        r#"{"requestId":"r\n1","error":{"code":"c\u001b[31m","message":"bad\nINFO forged"}}"#;
    let text = scan(400, "application/json", body).await.to_string();
    assert!(!text.chars().any(char::is_control), "{text}");
    assert!(text.contains("bad\\nINFO forged"), "{text}");
}

#[tokio::test]
async fn a_url_that_is_too_long_is_a_client_error() {
    let client = with_static_token("http://127.0.0.1:9/v4.0").build().unwrap();
    let url = format!("https://images.example/{}", "x".repeat(70_000));
    let error = client.scan(barcode_cloud::ImageSource::url(url)).send().await.unwrap_err();
    assert!(error.is_client_error() && !error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn an_undocumented_success_is_not_a_client_error() {
    let error = scan(204, "text/plain", "").await;
    assert!(matches!(error, Error::InvalidResponse(_)), "{error:?}");
    assert!(error.to_string().contains("204 No Content") && !error.is_client_error(), "{error}");
}
