//! Those that are compared. Each sends the same request and reads the whole answer.

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

/// One who sends requests.
pub(crate) trait Subject: Send + Sync + 'static {
    /// What the table calls it.
    const NAME: &'static str;

    /// Sends one request; returns how many bytes the answer has.
    fn call(&self) -> impl Future<Output = usize> + Send;
}

/// `reqwest` with a ready header, as it is unless set otherwise.
pub(crate) struct Bare {
    http: reqwest::Client,
    url: String,
    header: HeaderValue,
}

/// The same over a client that is set up as the facade's: it keeps no copy for a repetition, and looks for no proxy. The
/// least that a call can cost.
pub(crate) struct Lean(Bare);

/// The generated client without a hook.
pub(crate) struct Plain(api::Client);

/// The generated client as the facade hands it out.
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

    /// Takes a picture piece by piece and keeps none.
    pub(crate) async fn download(&self, data: &str) {
        let mut answer = self.request(data).send().await.unwrap();
        while answer.chunk().await.unwrap().is_some() {}
    }

    /// The request that the facade sends.
    fn request(&self, data: &str) -> reqwest::RequestBuilder {
        let body = Body {
            barcode_type: "QR",
            encode_data: EncodeData { data },
        };
        self.http
            .post(&self.url)
            .header(AUTHORIZATION, self.header.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(serde_json::to_vec(&body).unwrap())
    }
}

impl Lean {
    pub(crate) fn new(url: &str) -> Self {
        let lean = transport()
            .no_proxy()
            .retry(reqwest::retry::never().max_retries_per_request(0));
        Self(Bare {
            http: lean.build().unwrap(),
            ..Bare::new(url)
        })
    }
}

impl Plain {
    pub(crate) fn new(url: &str) -> Self {
        let header = (AUTHORIZATION, bearer("canned"));
        let http = transport()
            .default_headers(HeaderMap::from_iter([header]))
            .build()
            .unwrap();
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
        let answer = self.request(DATA).send().await.unwrap();
        let answer = answer.error_for_status().unwrap();
        answer.bytes().await.unwrap().len()
    }
}

impl Subject for Lean {
    const NAME: &'static str = "bare `reqwest`, set up as the facade's";

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
        let picture = self.0.generate(EncodeBarcodeType::Qr, DATA).send().await;
        picture.unwrap().into_bytes().len()
    }
}

async fn generated(api: &api::Client) -> usize {
    let body = types::GenerateParams {
        barcode_type: EncodeBarcodeType::Qr,
        encode_data: types::EncodeData {
            data: DATA.to_owned(),
            data_type: None,
        },
        barcode_image_params: None,
        qr_params: None,
        code128_params: None,
        pdf417_params: None,
    };
    let request = api.generate_body().body(body);
    let answer = request.send().await.map(ResponseValue::into_inner_stream);
    let bytes: BytesMut = answer.unwrap().try_collect().await.unwrap();
    bytes.len()
}

/// A client with default settings, at the server.
pub(crate) fn client(url: &str) -> Client {
    Client::builder()
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .base_url(format!("{url}{BASE_PATH}"))
        .token_url(format!("{url}{TOKEN_PATH}"))
        .build()
        .unwrap()
}

/// The header of a token that came at run time: one of the program's text would be copied for less.
fn bearer(token: &str) -> HeaderValue {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    header.set_sensitive(true);
    header
}

/// `reqwest` as it is unless set otherwise, but that it follows no redirects, as the facade does not.
fn transport() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("barcode-cloud/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
}
