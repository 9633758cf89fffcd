//! Asks a running sandbox what it supports: one request for each operation, parameter and enumeration value. What it
//! refuses as unsupported is not; what it refuses for the sample's sake is.

use std::collections::{BTreeMap, BTreeSet};

use barcode_cloud_sandbox::Sandbox;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::contract::{Contract, Item};
use crate::Error;

/// What the sandbox supports.
#[derive(Debug, Default)]
pub(super) struct Answers {
    operations: BTreeSet<String>,
    /// The supported values of each parameter; of one that is no enumeration, its sample.
    parameters: BTreeMap<String, BTreeSet<String>>,
    /// The supported values of each enumeration.
    values: BTreeSet<(String, String)>,
}

impl Answers {
    pub(super) fn operation(&self, name: &str) -> bool {
        self.operations.contains(name)
    }

    pub(super) fn parameter(&self, name: &str) -> bool {
        self.parameters
            .get(name)
            .is_some_and(|values| !values.is_empty())
    }

    pub(super) fn value(&self, enumeration: &str, value: &str) -> bool {
        self.values
            .contains(&(enumeration.to_owned(), value.to_owned()))
    }
}

pub(super) fn ask(contract: &Contract) -> Result<Answers, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Probe(error.to_string()))?;
    runtime.block_on(async {
        let probe = Probe::start().await.map_err(Error::Probe)?;
        probe.all(contract).await.map_err(Error::Probe)
    })
}

struct Probe {
    sandbox: Sandbox,
    http: Client,
    token: String,
    /// A picture that every reading request is about.
    picture: Vec<u8>,
}

const URL: &str = "https://pictures.example/probe.png";

impl Probe {
    async fn start() -> Result<Self, String> {
        let sandbox = Sandbox::start().await.map_err(|error| error.to_string())?;
        let http = Client::new();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            sandbox.client_id(),
            sandbox.client_secret()
        );
        let request = http
            .post(sandbox.token_url())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let token: Value =
            serde_json::from_slice(&send(request).await?.1).map_err(|error| error.to_string())?;
        let token = token["access_token"]
            .as_str()
            .ok_or("the sandbox gave no token")?
            .to_owned();
        let mut probe = Self {
            sandbox,
            http,
            token,
            picture: Vec::new(),
        };
        probe.picture = send(probe.generate("QR", &[])).await?.1;
        probe.sandbox.url_file(URL, probe.picture.clone());
        Ok(probe)
    }

    async fn all(&self, contract: &Contract) -> Result<Answers, String> {
        let mut answers = Answers::default();
        for operation in &contract.operations {
            if let Some(request) = self.operation(&operation.name)
                && supported(request).await?
            {
                answers.operations.insert(operation.name.clone());
            }
        }
        for parameter in &contract.parameters {
            for value in samples(parameter) {
                if supported(self.parameter(&parameter.name, &value)).await? {
                    answers
                        .parameters
                        .entry(parameter.name.clone())
                        .or_default()
                        .insert(value.clone());
                    if let Some(enumeration) = parameter.schema["$ref"]
                        .as_str()
                        .and_then(|text| text.rsplit('/').next())
                    {
                        answers.values.insert((enumeration.to_owned(), value));
                    }
                }
            }
        }
        // `barcodeType` names two enumerations, one to write and one to read; the second is asked here.
        for decode in contract
            .schemas
            .iter()
            .filter(|schema| schema.name == "DecodeBarcodeType")
        {
            for value in &decode.values {
                if supported(self.recognize(&[("barcodeType", value)])).await? {
                    answers.values.insert((decode.name.clone(), value.clone()));
                }
            }
        }
        Ok(answers)
    }

    /// A plain request of one operation.
    fn operation(&self, id: &str) -> Option<RequestBuilder> {
        let body = |path: &str, body: Value| {
            self.post(path)
                .header("content-type", "application/json")
                .body(body.to_string())
        };
        let base64 = || {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(&self.picture)
        };
        Some(match id {
            "Generate" => self.generate("QR", &[]),
            "GenerateBody" => body(
                "generate-body",
                json!({"barcodeType": "QR", "encodeData": {"data": "x"}}),
            ),
            "GenerateMultipart" => self
                .post("generate-multipart")
                .multipart(Form::new().text("barcodeType", "QR").text("data", "x")),
            "Recognize" => self
                .get("recognize")
                .query(&[("barcodeType", "QR"), ("fileUrl", URL)]),
            "RecognizeBase64" => body(
                "recognize-body",
                json!({"barcodeTypes": ["QR"], "fileBase64": base64()}),
            ),
            "RecognizeMultipart" => self.recognize(&[("barcodeType", "QR")]),
            "Scan" => self.get("scan").query(&[("fileUrl", URL)]),
            "ScanBase64" => body("scan-body", json!({"fileBase64": base64()})),
            "ScanMultipart" => self
                .post("scan-multipart")
                .multipart(Form::new().part("file", self.file())),
            _ => return None,
        })
    }

    /// A request with `value` for the parameter `name`, of a type that the parameter is about.
    fn parameter(&self, name: &str, value: &str) -> RequestBuilder {
        match name {
            "barcodeType" => self.generate(value, &[]),
            "fileUrl" => self.get("scan").query(&[(name, URL)]),
            "file" => self
                .post("scan-multipart")
                .multipart(Form::new().part("file", self.file())),
            "recognitionMode" | "recognitionImageKind" => {
                self.recognize(&[("barcodeType", "QR"), (name, value)])
            }
            _ => {
                let about = [
                    ("code128", "Code128"),
                    ("pdf417", "Pdf417"),
                    ("microQR", "MicroQR"),
                    ("rectMicroQr", "RectMicroQR"),
                ];
                let about = about.into_iter().find(|(group, _)| name.starts_with(group));
                self.generate(
                    about.map_or("QR", |(_, barcode_type)| barcode_type),
                    &[(name, value)],
                )
            }
        }
    }

    fn generate(&self, barcode_type: &str, more: &[(&str, &str)]) -> RequestBuilder {
        let request = self.get(&format!("generate/{barcode_type}")).query(more);
        // Data that is text, base64 and hexadecimal alike.
        if more.iter().any(|(name, _)| *name == "data") {
            request
        } else {
            request.query(&[("data", "abcd1234")])
        }
    }

    fn recognize(&self, fields: &[(&str, &str)]) -> RequestBuilder {
        let form = Form::new().part("file", self.file());
        let form = fields.iter().fold(form, |form, (name, value)| {
            form.text(name.to_string(), value.to_string())
        });
        self.post("recognize-multipart").multipart(form)
    }

    fn file(&self) -> Part {
        Part::bytes(self.picture.clone()).file_name("probe.png")
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.http
            .get(format!("{}/barcode/{path}", self.sandbox.base_url()))
            .bearer_auth(&self.token)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http
            .post(format!("{}/barcode/{path}", self.sandbox.base_url()))
            .bearer_auth(&self.token)
    }
}

/// Each value of an enumeration, or one value that is inside the bounds.
fn samples(parameter: &Item) -> Vec<String> {
    if !parameter.values.is_empty() {
        return parameter.values.clone();
    }
    let schema = &parameter.schema;
    let bound = |key: &str, default: f64| schema[key].as_f64().unwrap_or(default);
    // The middle of the bounds, of what is bounded only by nature a handy size.
    let middle = (bound("minimum", 100.0) + bound("maximum", 260.0).min(260.0)) / 2.0;
    vec![match (schema["type"].as_str(), parameter.name.as_str()) {
        (Some("boolean"), _) => "true".to_owned(),
        (Some("integer"), "rotationAngle") => "90".to_owned(),
        (Some("integer"), _) => (middle as i64).to_string(),
        (Some("number"), _) => middle.to_string(),
        (_, name) if name.ends_with("Color") => "Red".to_owned(),
        _ => "x".to_owned(),
    }]
}

async fn supported(request: RequestBuilder) -> Result<bool, String> {
    let (status, body) = send(request).await?;
    let code = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    Ok(status != 404 && code["error"]["code"] != "errorNotSupportedBySandbox")
}

async fn send(request: RequestBuilder) -> Result<(u16, Vec<u8>), String> {
    let response = request
        .send()
        .await
        .map_err(|error| error.without_url().to_string())?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(|error| error.to_string())?;
    Ok((status, body.to_vec()))
}
