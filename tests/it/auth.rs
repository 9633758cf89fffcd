//! The joining of token and call: one token for many calls, one more attempt after a 401, typed
//! errors.

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

use crate::raw::Raw;
use crate::service::{SECRET, client_of, tokens};

/// Answers `path` with 200 for the bearer of `token`, with 401 for every other.
async fn accepts<'a>(server: &'a MockServer, path: &str, token: &str) -> (Mock<'a>, Mock<'a>) {
    let accepted = server
        .mock_async(|when, then| {
            when.path(path)
                .header("authorization", format!("Bearer {token}"));
            // Called a picture, for the operations that draw; the others do not look.
            then.status(200)
                .header("content-type", "image/x-any")
                .body(json!({"barcodes": [{"barcodeValue": "found"}]}).to_string());
        })
        .await;
    let refused = server
        .mock_async(|when, then| {
            when.path(path).header_exists("authorization");
            let error = json!({"requestId": "r-1", "error": {"code": "errorAuthentication", "message": "expired"}});
            then.status(401).json_body(error);
        })
        .await;
    (accepted, refused)
}

#[tokio::test]
async fn many_first_calls_ask_for_one_token() {
    let server = MockServer::start_async().await;
    let tokens = tokens(&server).await;
    let (accepted, _) = accepts(&server, "/v4.0/barcode/scan-multipart", "token-1").await;
    let client = client_of(&server);
    let calls = (0..64).map(|_| client.scan(b"picture".to_vec()).send());
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap()[0].value, "found");
    }
    assert_eq!(
        (tokens.calls_async().await, accepted.calls_async().await),
        (1, 64)
    );
}

/// Makes the call that uses `route`. An image is uploaded from a path, so that a multipart upload
/// is a stream that must be opened again.
async fn call(client: &Client, route: &str, path: &Path) -> Result<(), Error> {
    let several = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];
    let url = || ImageSource::url("https://pictures.example/a.png");
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
        other => panic!("no request of the facade uses {other}"),
    }
}

#[tokio::test]
async fn a_401_is_followed_by_one_more_attempt_in_every_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "picture").unwrap();
    for route in [
        "generate-body",
        "recognize",
        "recognize-body",
        "recognize-multipart",
        "scan",
        "scan-multipart",
    ] {
        let server = MockServer::start_async().await;
        let tokens = tokens(&server).await;
        let (accepted, refused) =
            accepts(&server, &format!("/v4.0/barcode/{route}"), "token-2").await;
        call(&client_of(&server), route, &path).await.unwrap();
        let calls = (
            tokens.calls_async().await,
            refused.calls_async().await,
            accepted.calls_async().await,
        );
        assert_eq!(calls, (2, 1, 1), "{route}");
    }
}

#[tokio::test]
async fn a_renewal_that_fails_after_a_401_is_the_typed_error() {
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
    accepts(&server, "/v4.0/barcode/scan", "never").await;
    let begin = Instant::now();
    let error = client_of(&server)
        .scan(ImageSource::url("https://pictures.example/a.png"))
        .timeout(Duration::from_secs(2))
        .send()
        .await
        .unwrap_err();
    // The token request is retried until the call's own deadline, and its error is returned.
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert!(attempts.load(Ordering::Relaxed) > 2);
    let Error::Auth(auth) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(auth.status().unwrap(), 503);
    assert!(error.is_auth() && error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn a_blip_of_the_token_endpoint_fails_no_call() {
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
    accepts(&server, "/v4.0/barcode/scan-multipart", "token-1").await;
    let client = client_of(&server);
    let calls = (0..16).map(|_| client.scan(b"picture".to_vec()).send());
    for outcome in join_all(calls).await {
        assert_eq!(outcome.unwrap()[0].value, "found");
    }
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_401_of_a_replay_invalidates_nothing() {
    let server = MockServer::start_async().await;
    let tokens = tokens(&server).await;
    // So late that the hold-off of the second token has passed when its 401 arrives.
    let refused = server
        .mock_async(|when, then| {
            when.path("/v4.0/barcode/scan-multipart");
            then.status(401).delay(Duration::from_millis(1_200));
        })
        .await;
    let client = client_of(&server);
    let error = client.scan(b"picture".to_vec()).send().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 401);
    assert_eq!(
        (tokens.calls_async().await, refused.calls_async().await),
        (2, 2)
    );
    // The second token is still in use: another route takes it, without another token request.
    let (accepted, _) = accepts(&server, "/v4.0/barcode/recognize-multipart", "token-2").await;
    client.recognize(b"picture".to_vec()).send().await.unwrap();
    assert_eq!(
        (tokens.calls_async().await, accepted.calls_async().await),
        (2, 1)
    );
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let server = MockServer::start_async().await;
    let tokens = tokens(&server).await;
    let (_, refused) = accepts(&server, "/v4.0/barcode/scan-multipart", "never").await;
    let error = client_of(&server)
        .scan(b"picture".to_vec())
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.status().unwrap().as_u16(), error.code()),
        (401, Some("errorAuthentication"))
    );
    assert!(error.is_auth());
    assert_eq!(
        (tokens.calls_async().await, refused.calls_async().await),
        (2, 2)
    );
}

#[tokio::test]
async fn a_token_that_nothing_can_replace_is_not_sent_twice() {
    let server = MockServer::start_async().await;
    let (_, refused) = accepts(&server, "/v4.0/barcode/scan", "another").await;
    let tokens = TokenSource::static_token("token")
        .api_origin(server.base_url())
        .allow_insecure_loopback(true)
        .build()
        .unwrap();
    let builder = Client::builder().base_url(server.url("/v4.0"));
    let client = builder.token_source(tokens).build().unwrap();
    let error = call(&client, "scan", Path::new("")).await.unwrap_err();
    assert_eq!(
        (
            error.status().unwrap().as_u16(),
            refused.calls_async().await
        ),
        (401, 1)
    );
    let request = client.api().scan().file_url("https://pictures.example/a");
    assert_eq!(request.send().await.unwrap_err().status().unwrap(), 401);
    assert_eq!(refused.calls_async().await, 2);
}

#[tokio::test]
async fn a_call_takes_the_token_from_memory_once() {
    let server = MockServer::start_async().await;
    let _tokens = tokens(&server).await;
    accepts(&server, "/v4.0/barcode/scan-multipart", "token-1").await;
    let client = client_of(&server);
    for served in [0, 1, 2] {
        client.scan(b"picture".to_vec()).send().await.unwrap();
        assert_eq!(client.token_source().metrics().served_from_cache, served);
    }
}

#[tokio::test]
async fn the_wait_for_a_token_may_be_longer_than_an_attempt() {
    let server = Raw::start(|mut request| async move {
        if request.path().ends_with("/connect/token") {
            tokio::time::sleep(Duration::from_millis(600)).await;
            let token = r#"{"access_token":"t","expires_in":3600,"token_type":"Bearer"}"#;
            return request.answer(200, "", "application/json", token).await;
        }
        request.found().await;
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
async fn a_403_costs_no_token() {
    let server = MockServer::start_async().await;
    let tokens = tokens(&server).await;
    let forbidden = server
        .mock_async(|when, then| {
            when.path("/v4.0/barcode/scan-multipart");
            then.status(403)
                .json_body(json!({"requestId": null, "error": {"code": "no", "message": "no"}}));
        })
        .await;
    let client = client_of(&server);
    for _ in 0..2 {
        let error = client.scan(b"picture".to_vec()).send().await.unwrap_err();
        assert_eq!(error.status().unwrap(), 403);
    }
    assert_eq!(
        (tokens.calls_async().await, forbidden.calls_async().await),
        (1, 2)
    );
}

#[tokio::test]
async fn a_refused_secret_is_a_typed_error_and_nothing_is_sent() {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.path("/connect/token");
            then.status(400)
                .json_body(json!({"error": "invalid_client"}));
        })
        .await;
    let api = server
        .mock_async(|when, then| {
            when.path_includes("/v4.0");
            then.status(200);
        })
        .await;
    let client = client_of(&server);
    let error = client
        .generate(EncodeBarcodeType::Qr, "x")
        .send()
        .await
        .unwrap_err();
    let Error::Auth(auth) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(auth.oauth_error(), Some("invalid_client"));
    assert!(error.is_auth() && !error.is_retryable());
    assert!(
        !format!("{error} {error:?} {client:?}").contains(SECRET),
        "{error:?}"
    );

    let error = client
        .api()
        .scan()
        .file_url("https://pictures.example/a")
        .send()
        .await
        .unwrap_err();
    assert!(matches!(error, api::Error::Custom(text) if text.contains("invalid_client")));
    assert_eq!(api.calls_async().await, 0);
}

#[tokio::test]
async fn the_generated_client_repeats_after_a_401_what_can_be_repeated() {
    let server = MockServer::start_async().await;
    let tokens = tokens(&server).await;
    accepts(&server, "/v4.0/barcode/scan", "token-2").await;
    let client = client_of(&server);
    let answer = client
        .api()
        .scan()
        .file_url("https://pictures.example/a")
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.barcodes.as_ref().unwrap()[0]
            .barcode_value
            .as_deref(),
        Some("found")
    );
    assert_eq!(tokens.calls_async().await, 2);
}

#[tokio::test]
async fn the_generated_client_replaces_a_token_after_a_401_for_what_cannot_be_repeated() {
    let server = MockServer::start_async().await;
    let tokens = tokens(&server).await;
    // A form cannot be sent twice from here; the next call has a new token.
    accepts(&server, "/v4.0/barcode/scan-multipart", "token-2").await;
    let client = client_of(&server);
    let error = client
        .api()
        .scan_multipart()
        .file(b"picture".to_vec())
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.status().unwrap(), 401);
    client
        .api()
        .scan_multipart()
        .file(b"picture".to_vec())
        .send()
        .await
        .unwrap();
    assert_eq!(tokens.calls_async().await, 2);
}
