//! Tokens in calls: one token for many calls, one more attempt after a 401, and typed errors.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use barcode_cloud::api::{self, types::EncodeBarcodeType};
use barcode_cloud::{
    Client, ClientCredentials, DecodeBarcodeType, Error, ImageSource, TokenSource,
};
use futures_util::future::join_all;
use httpmock::{HttpMockResponse, Mock, MockServer};
use serde_json::json;

use crate::raw::RawServer;
use crate::service::{SECRET, client_of, mock_token_endpoint};

/// Mocks a `path` that accepts `token` and responds with 401 to every other token.
async fn mock_accepting<'a>(
    server: &'a MockServer,
    path: &str,
    token: &str,
) -> (Mock<'a>, Mock<'a>) {
    let accepted = server
        .mock_async(|when, then| {
            when.path(path).header("authorization", format!("Bearer {token}"));
            // An image type, because the generate operations check it; the others do not.
            then.status(200)
                .header("content-type", "image/x-any")
                .body(json!({"barcodes": [{"barcodeValue": "found"}]}).to_string());
        })
        .await;
    let rejected = server
        .mock_async(|when, then| {
            when.path(path).header_exists("authorization");
            let error = json!({"requestId": "r-1", "error": {"code": "errorAuthentication", "message": "expired"}});
            then.status(401).json_body(error);
        })
        .await;
    (accepted, rejected)
}

#[tokio::test]
async fn concurrent_first_calls_request_one_token() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    let (accepted, _) = mock_accepting(&server, "/v4.0/barcode/scan-multipart", "token-1").await;
    let client = client_of(&server);
    let calls = (0..64).map(|_| client.scan(b"image".to_vec()).send());
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap()[0].value, "found");
    }
    assert_eq!((tokens.calls_async().await, accepted.calls_async().await), (1, 64));
}

/// Makes the call that uses `route`. An image is uploaded from a path, so that a multipart upload
/// is a stream that must be opened again.
async fn call(client: &Client, route: &str, path: &Path) -> Result<(), Error> {
    let several = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];
    let url = || ImageSource::url("https://images.example/a.png");
    match route {
        "generate-body" => {
            let request = client.generate(EncodeBarcodeType::Qr, "x");
            request.send().await.map(drop)
        }
        "recognize" => client.recognize(url()).send().await.map(drop),
        "recognize-body" => client.recognize(path).types(several).send().await.map(drop),
        "recognize-multipart" => client.recognize(path).send().await.map(drop),
        "scan" => client.scan(url()).send().await.map(drop),
        "scan-multipart" => client.scan(path).send().await.map(drop),
        other => panic!("the facade has no request for {other}"),
    }
}

#[tokio::test]
async fn every_request_is_resent_once_after_a_401() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "image").unwrap();
    for route in [
        "generate-body",
        "recognize",
        "recognize-body",
        "recognize-multipart",
        "scan",
        "scan-multipart",
    ] {
        let server = MockServer::start_async().await;
        let tokens = mock_token_endpoint(&server).await;
        let (accepted, rejected) =
            mock_accepting(&server, &format!("/v4.0/barcode/{route}"), "token-2").await;
        call(&client_of(&server), route, &path).await.unwrap();
        let calls = (
            tokens.calls_async().await,
            rejected.calls_async().await,
            accepted.calls_async().await,
        );
        assert_eq!(calls, (2, 1, 1), "{route}");
    }
}

#[tokio::test]
async fn a_failed_renewal_after_a_401_is_a_typed_error() {
    let server = MockServer::start_async().await;
    let attempts = Arc::new(AtomicUsize::new(0));
    let count = attempts.clone();
    server
        .mock_async(|when, then| {
            when.path("/connect/token");
            then.respond_with(move |_| match count.fetch_add(1, Ordering::Relaxed) == 0 {
                true => HttpMockResponse::builder()
                    .status(200)
                    .body(json!({"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}).to_string())
                    .build(),
                false => HttpMockResponse::builder().status(503).body("down").build(),
            });
        })
        .await;
    mock_accepting(&server, "/v4.0/barcode/scan", "never").await;
    let begin = Instant::now();
    let error = client_of(&server)
        .scan(ImageSource::url("https://images.example/a.png"))
        .timeout(Duration::from_secs(2))
        .send()
        .await
        .unwrap_err();
    // The token request is retried until the call's own deadline, and its error is returned.
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert!(attempts.load(Ordering::Relaxed) > 2);
    let Error::Auth(auth) = &error else { panic!("{error:?}") };
    assert_eq!(auth.status().unwrap(), 503);
    assert!(error.is_auth() && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn a_short_outage_of_the_token_endpoint_fails_no_call() {
    let server = MockServer::start_async().await;
    let attempts = Arc::new(AtomicUsize::new(0));
    let count = attempts.clone();
    server
        .mock_async(|when, then| {
            when.path("/connect/token");
            then.respond_with(move |_| match count.fetch_add(1, Ordering::Relaxed) == 0 {
                true => HttpMockResponse::builder().status(503).body("down").build(),
                false => HttpMockResponse::builder()
                    .status(200)
                    .body(json!({"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}).to_string())
                    .build(),
            });
        })
        .await;
    mock_accepting(&server, "/v4.0/barcode/scan-multipart", "token-1").await;
    let client = client_of(&server);
    let calls = (0..16).map(|_| client.scan(b"image".to_vec()).send());
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap()[0].value, "found");
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_second_401_does_not_invalidate_the_new_token() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    // The delay makes the 401 arrive after the hold-off of the second token has passed.
    let rejected = server
        .mock_async(|when, then| {
            when.path("/v4.0/barcode/scan-multipart");
            then.status(401).delay(Duration::from_millis(1_200));
        })
        .await;
    let client = client_of(&server);
    let error = client.scan(b"image".to_vec()).send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 401);
    assert_eq!((tokens.calls_async().await, rejected.calls_async().await), (2, 2));
    // The second token is still in use: a call to another route sends it, without another token
    // request.
    let (accepted, _) =
        mock_accepting(&server, "/v4.0/barcode/recognize-multipart", "token-2").await;
    client.recognize(b"image".to_vec()).send().await.unwrap();
    assert_eq!((tokens.calls_async().await, accepted.calls_async().await), (2, 1));
}

#[tokio::test]
async fn a_second_401_is_returned_as_an_error() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    let (_, rejected) = mock_accepting(&server, "/v4.0/barcode/scan-multipart", "never").await;
    let error = client_of(&server).scan(b"image".to_vec()).send().await.unwrap_err();
    assert_eq!(
        (error.status().unwrap().as_u16(), error.code()),
        (401, Some("errorAuthentication"))
    );
    assert!(error.is_auth());
    assert_eq!((tokens.calls_async().await, rejected.calls_async().await), (2, 2));
}

#[tokio::test]
async fn a_rejected_static_token_is_not_sent_again() {
    let server = MockServer::start_async().await;
    let (_, rejected) = mock_accepting(&server, "/v4.0/barcode/scan", "another").await;
    let tokens = TokenSource::static_token("token")
        .api_origin(server.base_url())
        .allow_insecure_loopback(true)
        .build()
        .unwrap();
    let builder = Client::builder().base_url(server.url("/v4.0"));
    let client = builder.token_source(tokens).build().unwrap();
    let error = call(&client, "scan", Path::new("")).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), rejected.calls_async().await), (401, 1));
    let request = client.api().scan().file_url("https://images.example/a");
    assert_eq!(request.send().await.unwrap_err().status().unwrap(), 401);
    assert_eq!(rejected.calls_async().await, 2);
}

#[tokio::test]
async fn a_call_reads_the_cached_token_once() {
    let server = MockServer::start_async().await;
    let _tokens = mock_token_endpoint(&server).await;
    mock_accepting(&server, "/v4.0/barcode/scan-multipart", "token-1").await;
    let client = client_of(&server);
    for served in [0, 1, 2] {
        client.scan(b"image".to_vec()).send().await.unwrap();
        assert_eq!(client.token_source().metrics().served_from_cache, served);
    }
}

#[tokio::test]
async fn waiting_for_a_token_may_exceed_the_attempt_timeout() {
    let server = RawServer::start(|mut request| async move {
        if request.path().ends_with("/connect/token") {
            tokio::time::sleep(Duration::from_millis(600)).await;
            let token = r#"{"access_token":"t","expires_in":3600,"token_type":"Bearer"}"#;
            return request.respond(200, "", "application/json", token).await;
        }
        request.respond_with_barcode().await;
    })
    .await;
    let client = Client::builder()
        .credentials(ClientCredentials::new("id", SECRET).unwrap())
        .base_url(server.base_url())
        .token_url(server.base_url().replace("/v4.0", "/connect/token"))
        .attempt_timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    call(&client, "scan", Path::new("")).await.unwrap();
}

#[tokio::test]
async fn a_403_does_not_invalidate_the_token() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    let forbidden = server
        .mock_async(|when, then| {
            when.path("/v4.0/barcode/scan-multipart");
            then.status(403)
                .json_body(json!({"requestId": null, "error": {"code": "no", "message": "no"}}));
        })
        .await;
    let client = client_of(&server);
    for _ in 0..2 {
        let error = client.scan(b"image".to_vec()).send().await.unwrap_err();
        assert_eq!(error.status().unwrap(), 403);
    }
    assert_eq!((tokens.calls_async().await, forbidden.calls_async().await), (1, 2));
}

#[tokio::test]
async fn a_rejected_secret_is_a_typed_error_and_no_api_request_is_sent() {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.path("/connect/token");
            then.status(400).json_body(json!({"error": "invalid_client"}));
        })
        .await;
    let api = server
        .mock_async(|when, then| {
            when.path_includes("/v4.0");
            then.status(200);
        })
        .await;
    let client = client_of(&server);
    let error = client.generate(EncodeBarcodeType::Qr, "x").send().await.unwrap_err();
    let Error::Auth(auth) = &error else { panic!("{error:?}") };
    assert_eq!(auth.oauth_error(), Some("invalid_client"));
    assert!(error.is_auth() && !error.is_retryable());
    assert!(!format!("{error} {error:?} {client:?}").contains(SECRET), "{error:?}");

    let error = client.api().scan().file_url("https://images.example/a").send().await.unwrap_err();
    assert!(matches!(error, api::Error::Custom(text) if text.contains("invalid_client")));
    assert_eq!(api.calls_async().await, 0);
}

#[tokio::test]
async fn the_generated_client_resends_a_request_that_can_be_cloned_after_a_401() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    mock_accepting(&server, "/v4.0/barcode/scan", "token-2").await;
    let client = client_of(&server);
    let response = client.api().scan().file_url("https://images.example/a").send().await.unwrap();
    assert_eq!(response.barcodes.as_ref().unwrap()[0].barcode_value.as_deref(), Some("found"));
    assert_eq!(tokens.calls_async().await, 2);
}

#[tokio::test]
async fn after_a_401_a_streamed_request_fails_but_its_token_is_replaced() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    // A multipart form is a stream, which cannot be cloned. The next call has a new token.
    mock_accepting(&server, "/v4.0/barcode/scan-multipart", "token-2").await;
    let client = client_of(&server);
    let error = client.api().scan_multipart().file(b"image".to_vec()).send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 401);
    client.api().scan_multipart().file(b"image".to_vec()).send().await.unwrap();
    assert_eq!(tokens.calls_async().await, 2);
}
