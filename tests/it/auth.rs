//! The joining of token and call: one token for many calls, one more attempt after a 401, typed errors.

use barcode_cloud::api::{self, types::EncodeBarcodeType};
use barcode_cloud::{Error, Form};
use futures_util::future::join_all;
use httpmock::{Mock, MockServer};
use serde_json::json;

use crate::service::{SECRET, client_of, tokens};

/// Answers `path` with 200 for the bearer of `token`, with 401 for every other.
async fn accepts<'a>(
    server: &'a MockServer,
    path: &'static str,
    token: &'static str,
) -> (Mock<'a>, Mock<'a>) {
    let accepted = server
        .mock_async(|when, then| {
            when.path(path)
                .header("authorization", format!("Bearer {token}"));
            then.status(200)
                .json_body(json!({"barcodes": [{"barcodeValue": "found"}]}));
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

#[tokio::test]
async fn a_401_is_followed_by_one_more_attempt_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("label.png");
    std::fs::write(&path, "picture").unwrap();
    for (form, route) in [
        (Form::Multipart, "/v4.0/barcode/scan-multipart"),
        (Form::Body, "/v4.0/barcode/scan-body"),
    ] {
        let server = MockServer::start_async().await;
        let tokens = tokens(&server).await;
        let (accepted, refused) = accepts(&server, route, "token-2").await;
        let client = client_of(&server);
        // From a path, so that a multipart upload is a stream that must be opened again.
        let found = client.scan(path.as_path()).form(form).send().await.unwrap();
        assert_eq!(found[0].value, "found");
        let calls = (
            tokens.calls_async().await,
            refused.calls_async().await,
            accepted.calls_async().await,
        );
        assert_eq!(calls, (2, 1, 1), "{form:?}");
    }
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

    // A form cannot be sent twice from here; the next call has a new token.
    accepts(&server, "/v4.0/barcode/scan-multipart", "token-3").await;
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
    assert_eq!(tokens.calls_async().await, 3);
}
