//! The tower layer in front of a scripted API.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use barcode_cloud_auth::{
    BearerTokenLayer, Error, ErrorKind, IssuedToken, TokenEndpoint, TokenFuture, TokenRequest,
    TokenSource,
};
use http::{Request, Response, StatusCode, Version};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

/// Issues `token-1`, `token-2` and so on, up to `last`.
#[derive(Debug)]
struct Numbered {
    issued: Mutex<usize>,
    last: usize,
}

impl TokenEndpoint for Numbered {
    fn fetch<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        let mut issued = self.issued.lock().unwrap();
        *issued += 1;
        let number = *issued;
        Box::pin(async move {
            if number > self.last {
                return Err(Error::permanent(ErrorKind::Refused, "no more").build().into());
            }
            let lifetime = std::time::Duration::from_secs(3600);
            Ok(IssuedToken::new(format!("token-{number}"), lifetime)?)
        })
    }
}

fn source(last: usize) -> TokenSource {
    let issued = Mutex::new(0);
    TokenSource::from_endpoint(Numbered { issued, last })
        .api_origin("https://api.example.com/v1")
        .build()
        .unwrap()
}

/// Responds with the statuses in turn, and records the requests.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    statuses: VecDeque<u16>,
    requests: Vec<Request<String>>,
}

impl Api {
    fn responding(statuses: &[u16]) -> Self {
        let api = Self::default();
        api.0.lock().unwrap().statuses.extend(statuses);
        api
    }

    fn service(
        &self,
    ) -> impl Service<Request<String>, Response = Response<u16>, Error = BoxError, Future: Send>
    + Clone
    + Send
    + 'static {
        let api = self.clone();
        service_fn(move |request: Request<String>| {
            let mut state = api.0.lock().unwrap();
            state.requests.push(request);
            let status = state.statuses.pop_front().unwrap();
            let response = Response::builder().status(status).body(status).unwrap();
            async { Ok::<_, BoxError>(response) }
        })
    }

    /// The tokens of the requests.
    fn tokens(&self) -> Vec<String> {
        let requests = &self.0.lock().unwrap().requests;
        let token = |request: &Request<String>| {
            let header = &request.headers()["authorization"];
            assert!(header.is_sensitive());
            header.to_str().unwrap().replace("Bearer ", "")
        };
        requests.iter().map(token).collect()
    }
}

fn request(uri: &str) -> Request<String> {
    Request::put(uri)
        .version(Version::HTTP_2)
        .header("x-kept", "yes")
        .header("authorization", "replaced")
        .extension(7_u8)
        .body("body".to_owned())
        .unwrap()
}

const URI: &str = "https://api.example.com/v1/forecast?city=Oslo";

#[tokio::test]
async fn a_request_gets_a_token_and_is_resent_once_after_a_401() {
    for (statuses, tokens) in [
        (&[200][..], &["token-1"][..]),
        (&[403], &["token-1"]),
        (&[503], &["token-1"]),
        (&[401, 200], &["token-1", "token-2"]),
        (&[401, 401], &["token-1", "token-2"]),
    ] {
        let api = Api::responding(statuses);
        let service = BearerTokenLayer::new(source(9)).layer(api.service());
        let response = service.oneshot(request(URI)).await.unwrap();
        assert_eq!(response.status().as_u16(), *statuses.last().unwrap());
        assert_eq!(api.tokens(), tokens, "{statuses:?}");
        for sent in &api.0.lock().unwrap().requests {
            assert_eq!((sent.method().as_str(), sent.version()), ("PUT", Version::HTTP_2));
            assert_eq!((sent.uri(), sent.body().as_str()), (&URI.parse().unwrap(), "body"));
            assert_eq!(sent.headers()["x-kept"], "yes");
            assert_eq!(sent.extensions().get(), Some(&7_u8));
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_copied_is_not_resent_but_its_token_is_replaced() {
    let api = Api::responding(&[401, 200]);
    let layer = BearerTokenLayer::with_clone_body(source(9), |_| None);
    assert!(format!("{layer:?}").contains("TokenSource"), "{layer:?}");
    let mut service = layer.layer(api.service());
    for status in [401, 200] {
        let response = service.ready().await.unwrap().call(request(URI)).await;
        assert_eq!(response.unwrap().status().as_u16(), status);
    }
    assert_eq!(api.tokens(), ["token-1", "token-2"]);
}

#[tokio::test]
async fn a_request_is_not_resent_with_the_same_token() {
    let api = Api::responding(&[401]);
    let fixed = TokenSource::static_token("token-1").build().unwrap();
    let service = BearerTokenLayer::new(fixed).layer(api.service());
    let response = service.oneshot(request(URI)).await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(api.tokens(), ["token-1"]);
}

#[tokio::test]
async fn a_failure_to_get_another_token_is_the_error_of_the_call() {
    let api = Api::responding(&[401]);
    let service = BearerTokenLayer::new(source(1)).layer(api.service());
    let error = service.oneshot(request(URI)).await.unwrap_err();
    assert_eq!(error.downcast::<Error>().unwrap().to_string(), "no more");
    assert_eq!(api.tokens(), ["token-1"]);
}

#[tokio::test]
async fn a_request_to_another_origin_is_not_sent() {
    for uri in [
        "http://api.example.com/v1/forecast",
        "https://api.example.com:8443/v1/forecast",
        "https://api.example.com.evil.example/v1/forecast",
        "https://api.example.com@evil.example/v1/forecast",
        "/v1/forecast",
        "api.example.com:443",
        "*",
    ] {
        let api = Api::responding(&[200]);
        let service = BearerTokenLayer::new(source(9)).layer(api.service());
        let error = service.oneshot(request(uri)).await.unwrap_err();
        let error = error.downcast::<Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::ForeignOrigin, "{uri}");
        assert!(api.tokens().is_empty());
    }
}

/// Ready once for each time that it was polled.
struct Reserving<S> {
    inner: S,
    ready: bool,
}

impl<S: Clone> Clone for Reserving<S> {
    fn clone(&self) -> Self {
        let inner = self.inner.clone();
        Self { inner, ready: false }
    }
}

impl<S: Service<Request<String>>> Service<Request<String>> for Reserving<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.ready = true;
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<String>) -> S::Future {
        assert!(std::mem::take(&mut self.ready), "the service was not ready");
        self.inner.call(request)
    }
}

#[tokio::test]
async fn the_inner_service_is_called_only_when_it_is_ready() {
    let api = Api::responding(&[401, 200, 200]);
    let inner = Reserving { inner: api.service(), ready: false };
    let mut service = BearerTokenLayer::new(source(9)).layer(inner);
    for _ in 0..2 {
        let response = service.ready().await.unwrap().call(request(URI)).await;
        assert_eq!(response.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(api.tokens(), ["token-1", "token-2", "token-2"]);
}
