//! Servers for the tests, with clients: a sandbox, or a mock server whose responses a test sets.

use std::sync::atomic::{AtomicUsize, Ordering};

use barcode_cloud::{Client, ClientBuilder, ClientCredentials, TokenSource};
use barcode_cloud_sandbox::Sandbox;
use httpmock::{HttpMockResponse, Mock, MockServer};
use serde_json::json;

/// A secret that must not appear in any text.
pub(crate) const SECRET: &str = "canary-4711";

pub(crate) async fn sandbox() -> (Sandbox, Client) {
    tests::sandbox().await.unwrap()
}

/// A builder of a client for `base_url` with a static token.
pub(crate) fn with_static_token(base_url: &str) -> ClientBuilder {
    let token = TokenSource::static_token("token").allow_insecure_loopback(true);
    Client::builder().base_url(base_url).token_source(token.build().unwrap())
}

/// A client that uses `server` as the API and as the token endpoint.
pub(crate) fn client_of(server: &MockServer) -> Client {
    Client::builder()
        .credentials(ClientCredentials::new("id", SECRET).unwrap())
        .base_url(server.url("/v4.0"))
        .token_url(server.url("/connect/token"))
        .build()
        .unwrap()
}

/// Mocks a token endpoint that issues `token-1`, `token-2`, and so on.
pub(crate) async fn mock_token_endpoint(server: &MockServer) -> Mock<'_> {
    let count = AtomicUsize::new(0);
    server
        .mock_async(|when, then| {
            when.method("POST").path("/connect/token").form_urlencoded_tuple("grant_type", "client_credentials");
            then.respond_with(move |_| {
                let number = count.fetch_add(1, Ordering::Relaxed) + 1;
                let body = json!({"access_token": format!("token-{number}"), "expires_in": 3600, "token_type": "Bearer"});
                HttpMockResponse::builder()
                    .status(200)
                    .header("content-type", "application/json")
                    .body(body.to_string())
                    .build()
            });
        })
        .await
}
