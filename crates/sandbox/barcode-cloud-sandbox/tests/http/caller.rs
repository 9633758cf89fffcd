//! A sandbox and a client that holds a token for it.

use barcode_cloud_sandbox::{Builder, Sandbox};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

pub(crate) struct Caller {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
    pub(crate) token: String,
}

impl Caller {
    pub(crate) async fn new() -> Self {
        Self::of(Sandbox::builder()).await
    }

    pub(crate) async fn of(builder: Builder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
        let token = ask_token(&http, sandbox.token_url(), id, secret).await;
        let token = json(token).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        Self {
            sandbox,
            http,
            token,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(&self.token)
    }

    /// Generates by query.
    pub(crate) async fn generate(&self, kind: &str, query: &[(&str, &str)]) -> Response {
        let path = format!("/barcode/generate/{kind}");
        self.get(&path).query(query).send().await.unwrap()
    }

    /// Generates an image, which must succeed.
    pub(crate) async fn picture(&self, kind: &str, query: &[(&str, &str)]) -> Vec<u8> {
        let response = self.generate(kind, query).await;
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        assert_eq!(
            status,
            200,
            "{kind} {query:?}: {}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.into()
    }

    /// The barcodes of a picture: type and value of each.
    pub(crate) async fn recognize(&self, kind: &str, file: Vec<u8>) -> Vec<(String, String)> {
        let form = reqwest::multipart::Form::new()
            .text("barcodeType", kind.to_owned())
            .part(
                "file",
                reqwest::multipart::Part::bytes(file).file_name("picture"),
            );
        let response = self
            .post("/barcode/recognize-multipart")
            .multipart(form)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        barcodes(&json(response).await)
    }
}

pub(crate) async fn ask_token(http: &Client, url: &str, id: &str, secret: &str) -> Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    http.post(url).form(&form).send().await.unwrap()
}

pub(crate) async fn json(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

pub(crate) fn barcodes(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    body["barcodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|barcode| (text(&barcode["type"]), text(&barcode["barcodeValue"])))
        .collect()
}

/// Asserts that a response is an error with the documented schema. Returns its code and message.
pub(crate) async fn failure(response: Response, status: u16) -> (String, String) {
    let got = response.status();
    let header = response.headers().get("x-request-id").cloned();
    let body = json(response).await;
    assert_eq!(got, status, "{body}");
    let id = body["requestId"].as_str().unwrap();
    assert_eq!(header.unwrap(), id);
    let error = &body["error"];
    assert!(
        error["description"]
            .as_str()
            .is_some_and(|description| description.starts_with("Operation Failed."))
    );
    assert!(chrono::DateTime::parse_from_rfc3339(error["dateTime"].as_str().unwrap()).is_ok());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&error["code"]), text(&error["message"]))
}
