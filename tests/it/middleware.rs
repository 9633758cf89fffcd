//! Middleware around the attempts of a call: the requests that it gets, what it can do, and the
//! errors that it causes.

use std::sync::{Arc, Mutex};

use barcode_cloud::middleware::{
    Error as MiddlewareError, Extensions, Middleware, Next, Request, Response, Result, async_trait,
};
use barcode_cloud::{Client, ClientCredentials, Error, ImageSource, api};
use httpmock::MockServer;
use serde_json::json;

use crate::raw::{FOUND, RawServer};
use crate::service::{mock_token_endpoint, with_static_token};

/// Records its name, and whether the request has a token, for each request.
#[derive(Clone)]
struct Recorder {
    name: &'static str,
    recorded: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Middleware for Recorder {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let has_token = request.headers().contains_key("authorization");
        let note = format!("{} {has_token}", self.name);
        self.recorded.lock().unwrap().push(note);
        let name = self.name.parse().unwrap();
        request.headers_mut().insert("x-last-middleware", name);
        next.run(request, extensions).await
    }
}

/// Responds to every request without sending it.
struct Canned;

#[async_trait]
impl Middleware for Canned {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        let response = http::Response::builder().header("content-type", "application/json");
        Ok(response.body(FOUND).unwrap().into())
    }
}

/// Fails every request without sending it.
struct Broken;

#[async_trait]
impl Middleware for Broken {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        Err(MiddlewareError::middleware(std::io::Error::other("no recording")))
    }
}

fn image() -> ImageSource {
    ImageSource::url("https://images.example/a.png")
}

/// A client that can reach neither the service nor a token endpoint.
fn offline() -> barcode_cloud::ClientBuilder {
    Client::builder()
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .base_url("http://127.0.0.1:9/v4.0")
        .token_url("http://127.0.0.1:9/connect/token")
}

#[tokio::test]
async fn each_attempt_passes_the_middleware_in_order_and_without_the_token() {
    let server = MockServer::start_async().await;
    let tokens = mock_token_endpoint(&server).await;
    let accepted = server
        .mock_async(|when, then| {
            when.path("/v4.0/barcode/scan")
                .header("authorization", "Bearer token-2")
                .header("x-last-middleware", "inner");
            then.status(200).body(FOUND);
        })
        .await;
    server
        .mock_async(|when, then| {
            when.path("/v4.0/barcode/scan");
            then.status(401)
                .json_body(json!({"requestId": null, "error": {"code": "c", "message": "m"}}));
        })
        .await;
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let recorder = |name| Recorder { name, recorded: recorded.clone() };
    let client = Client::builder()
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .base_url(server.url("/v4.0"))
        .token_url(server.url("/connect/token"))
        .middleware(recorder("outer"))
        .middleware(recorder("inner"))
        .build()
        .unwrap();
    client.scan(image()).send().await.unwrap();
    accepted.assert_async().await;
    assert_eq!(tokens.calls_async().await, 2, "the rejected token was replaced");
    let twice = ["outer false", "inner false", "outer false", "inner false"];
    assert_eq!(*recorded.lock().unwrap(), twice);
}

#[tokio::test]
async fn a_middleware_can_respond_without_a_token_and_without_a_network() {
    let client = offline().middleware(Canned).build().unwrap();
    let found = client.scan(image()).send().await.unwrap();
    assert_eq!(found[0].value, "found");
    let request = client.api().scan().file_url("https://images.example/a");
    let found = request.send().await.unwrap().into_inner();
    let value = found.barcodes.unwrap()[0].barcode_value.clone();
    assert_eq!(value.as_deref(), Some("found"));
}

#[tokio::test]
async fn a_failing_middleware_is_a_typed_error_with_its_cause() {
    let client = offline().middleware(Broken).build().unwrap();
    let error = client.scan(image()).send().await.unwrap_err();
    let Error::Middleware(cause) = &error else { panic!("{error:?}") };
    assert_eq!(cause.to_string(), "no recording");
    assert!(!error.is_retryable() && !error.is_client_error());
    let request = client.api().scan().file_url("https://images.example/a");
    let error = request.send().await.unwrap_err();
    assert!(matches!(&error, api::Error::Custom(text) if text.contains("middleware")), "{error:?}");
}

#[tokio::test]
async fn a_failing_token_request_behind_middleware_is_still_typed() {
    let client = offline().middleware(Recorder { name: "only", recorded: Arc::default() });
    let client = client.timeout(std::time::Duration::from_secs(1)).build().unwrap();
    let error = client.scan(image()).send().await.unwrap_err();
    assert!(matches!(error, Error::Auth(_)), "{error:?}");
}

#[tokio::test]
async fn a_broken_connection_behind_middleware_is_still_a_transport_error() {
    let server = RawServer::start(|request| async move {
        request.stream.set_zero_linger().unwrap();
    })
    .await;
    let client = with_static_token(&server.base_url())
        .middleware(Recorder { name: "only", recorded: Arc::default() });
    let error = client.build().unwrap().scan(image()).send().await.unwrap_err();
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    assert_eq!(server.heads().len(), 1, "a lost response is not resent");
}
