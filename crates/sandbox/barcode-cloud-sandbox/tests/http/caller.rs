//! A sandbox and a client that holds a token for it.

use barcode_cloud_sandbox::{Builder, Sandbox};
use reqwest::multipart::{Form, Part};
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde_json::Value;

pub(crate) struct Caller {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
    pub(crate) token: String,
    /// The origin that requests are sent to.
    origin: String,
}

impl Caller {
    pub(crate) async fn new() -> Self {
        Self::of(Sandbox::builder()).await
    }

    pub(crate) async fn of(builder: Builder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let origin = sandbox.page_url().trim_end_matches('/').to_owned();
        Self::at(origin, sandbox).await
    }

    /// Calls the sandbox at the address that it listens on, whatever its public URL is.
    pub(crate) async fn listening_locally(builder: Builder) -> Self {
        let sandbox = builder.start().await.unwrap();
        Self::at(format!("http://127.0.0.1:{}", sandbox.port()), sandbox).await
    }

    async fn at(origin: String, sandbox: Sandbox) -> Self {
        let http = Client::builder().no_proxy();
        let http = match sandbox.ca_certificate() {
            Some(pem) => http.tls_certs_only([Certificate::from_pem(pem.as_bytes()).unwrap()]),
            None => http,
        };
        let http = http.build().unwrap();
        let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
        let token = ask_token(&http, &format!("{origin}/connect/token"), id, secret).await;
        let token = json(token).await["access_token"].as_str().unwrap().to_owned();
        Self { sandbox, http, token, origin }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/v4.0{path}", self.origin)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Response {
        send(self.post(path).json(body)).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: Form) -> Response {
        send(self.post(path).multipart(form)).await
    }

    /// Generates a barcode with a GET request.
    pub(crate) async fn generate(&self, kind: &str, query: &[(&str, &str)]) -> Response {
        let path = format!("/barcode/generate/{kind}");
        send(self.get(&path).query(query)).await
    }

    /// Generates an image, which must succeed.
    pub(crate) async fn image(&self, kind: &str, query: &[(&str, &str)]) -> Vec<u8> {
        let response = self.generate(kind, query).await;
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(status, 200, "{kind} {query:?}: {text}");
        bytes.into()
    }

    /// Reads an image of one type of barcode. Returns the type and the value of each barcode.
    pub(crate) async fn recognize(&self, kind: &str, file: Vec<u8>) -> Vec<(String, String)> {
        let form = file_form(file).text("barcodeType", kind.to_owned());
        let response = self.post_form("/barcode/recognize-multipart", form).await;
        assert_eq!(response.status(), 200);
        barcodes(&json(response).await)
    }

    /// Asserts that an image contains one barcode.
    pub(crate) async fn assert_reads(&self, kind: &str, value: &str, file: Vec<u8>) {
        let found = self.recognize(kind, file).await;
        assert_eq!(found, [(kind.to_owned(), value.to_owned())]);
    }

    pub(crate) async fn scan(&self, file: Vec<u8>) -> Response {
        self.post_form("/barcode/scan-multipart", file_form(file)).await
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

/// A form with an image file.
pub(crate) fn file_form(file: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(file).file_name("image"))
}

/// The cells of a table with one row in each line.
pub(crate) fn rows<const N: usize>(table: &str) -> impl Iterator<Item = [&str; N]> {
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        cells.try_into().unwrap()
    })
}

pub(crate) async fn ask_token(http: &Client, url: &str, id: &str, secret: &str) -> Response {
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    send(http.post(url).form(&form)).await
}

pub(crate) async fn json(response: Response) -> Value {
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

pub(crate) fn barcodes(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let barcodes = body["barcodes"].as_array().unwrap().iter();
    let pairs = barcodes.map(|barcode| (text(&barcode["type"]), text(&barcode["barcodeValue"])));
    pairs.collect()
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
    let description = error["description"].as_str().unwrap();
    assert!(description.starts_with("Operation Failed."));
    assert!(chrono::DateTime::parse_from_rfc3339(error["dateTime"].as_str().unwrap()).is_ok());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&error["code"]), text(&error["message"]))
}

/// The message of an error with status 400.
pub(crate) async fn rejection(response: Response) -> String {
    let (_, message) = failure(response, 400).await;
    message
}
