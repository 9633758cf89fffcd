//! The clients that are compared. Each sends the same request and reads the whole response.

use barcode_cloud::api::{self, Hooks, ResponseValue, types};
use barcode_cloud::{Client, ClientCredentials, EncodeBarcodeType};
use bytes::BytesMut;
use futures_util::TryStreamExt as _;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use serde::Serialize;

use crate::server::{BASE_PATH, TOKEN_PATH};

const DATA: &str = "Hello, world";

/// The body of the request that all of them send.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    barcode_type: &'static str,
    encode_data: EncodeData<'a>,
}

#[derive(Serialize)]
struct EncodeData<'a> {
    data: &'a str,
}

/// A client that is measured.
pub(crate) trait Subject: Send + Sync + 'static {
    /// The name in the table.
    const NAME: &'static str;

    /// Sends one request. Returns the length of the response body in bytes.
    fn call(&self) -> impl Future<Output = usize> + Send;
}

/// `reqwest` with its default settings and a fixed `Authorization` header.
pub(crate) struct Bare {
    http: reqwest::Client,
    url: String,
    header: HeaderValue,
}

/// `reqwest` with the settings of the facade's HTTP client: it does not clone requests for retries,
/// and does not look up proxies. This is the lowest possible cost of a call.
pub(crate) struct Lean(Bare);

/// The generated client without a hook.
pub(crate) struct Plain(api::Client);

/// The generated client that the facade returns.
pub(crate) struct Api(Client);

/// The facade.
pub(crate) struct Facade(Client);

impl Bare {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            http: transport().build().unwrap(),
            url: format!("{url}{BASE_PATH}/barcode/generate-body"),
            header: bearer("canned"),
        }
    }

    /// Downloads an image and drops each chunk immediately.
    pub(crate) async fn download(&self, data: &str) {
        let mut response = self.request(data).send().await.unwrap();
        while response.chunk().await.unwrap().is_some() {}
    }

    /// Builds the same request as the facade.
    fn request(&self, data: &str) -> reqwest::RequestBuilder {
        let body = Body { barcode_type: "QR", encode_data: EncodeData { data } };
        self.http
            .post(&self.url)
            .header(AUTHORIZATION, self.header.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(serde_json::to_vec(&body).unwrap())
    }
}

impl Lean {
    pub(crate) fn new(url: &str) -> Self {
        let lean = transport().no_proxy().retry(reqwest::retry::never().max_retries_per_request(0));
        Self(Bare { http: lean.build().unwrap(), ..Bare::new(url) })
    }
}

impl Plain {
    pub(crate) fn new(url: &str) -> Self {
        let header = (AUTHORIZATION, bearer("canned"));
        let http = transport().default_headers(HeaderMap::from_iter([header])).build().unwrap();
        let url = format!("{url}{BASE_PATH}");
        Self(api::Client::new_with_client(&url, http, Hooks::none()))
    }
}

impl Api {
    pub(crate) fn new(url: &str) -> Self {
        Self(client(url))
    }
}

impl Facade {
    pub(crate) fn new(url: &str) -> Self {
        Self(client(url))
    }
}

impl Subject for Bare {
    const NAME: &'static str = "bare reqwest";

    async fn call(&self) -> usize {
        let response = self.request(DATA).send().await.unwrap();
        let response = response.error_for_status().unwrap();
        response.bytes().await.unwrap().len()
    }
}

impl Subject for Lean {
    const NAME: &'static str = "bare `reqwest` with the facade's settings";

    async fn call(&self) -> usize {
        self.0.call().await
    }
}

impl Subject for Plain {
    const NAME: &'static str = "generated client, no hook";

    async fn call(&self) -> usize {
        generated(&self.0).await
    }
}

impl Subject for Api {
    const NAME: &'static str = "generated client, `client.api()`";

    async fn call(&self) -> usize {
        generated(self.0.api()).await
    }
}

impl Subject for Facade {
    const NAME: &'static str = "facade";

    async fn call(&self) -> usize {
        let image = self.0.generate(EncodeBarcodeType::Qr, DATA).send().await;
        image.unwrap().into_bytes().len()
    }
}

async fn generated(api: &api::Client) -> usize {
    let data = types::EncodeData::new(DATA);
    let body = types::GenerateParams::new(EncodeBarcodeType::Qr, data);
    let request = api.generate_body().body(body);
    let response = request.send().await.map(ResponseValue::into_inner_stream);
    let bytes: BytesMut = response.unwrap().try_collect().await.unwrap();
    bytes.len()
}

/// Builds a client of the server with default settings.
pub(crate) fn client(url: &str) -> Client {
    Client::builder()
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .base_url(format!("{url}{BASE_PATH}"))
        .token_url(format!("{url}{TOKEN_PATH}"))
        .build()
        .unwrap()
}

/// Returns a header value that is allocated at run time, like that of a real token. Cloning a
/// static value would be cheaper.
fn bearer(token: &str) -> HeaderValue {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    header.set_sensitive(true);
    header
}

/// Returns a `reqwest` builder with default settings, except that it follows no redirects, like the
/// facade.
fn transport() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("barcode-cloud/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
}
