//! The server that is compared with the facts.

use std::io::Cursor;

use anyhow::{Context as _, bail};
use barcode_cloud::reqwest::header::CONTENT_TYPE;
use barcode_cloud::reqwest::multipart::{Form, Part};
use barcode_cloud::reqwest::{Client, Method, RequestBuilder, Response, Url};
use image::{GrayImage, ImageFormat, Luma};
use serde_json::Value;

use super::fact::{Expected, Request, Upload};
use crate::terminal::printable;

/// The side of the image without a barcode, in pixels.
const BLANK: u32 = 100;

pub(super) struct Server {
    pub(super) http: Client,
    pub(super) base_url: Url,
    pub(super) token_url: Url,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// A text that no earlier run sent, so that the failures of runs do not add up.
    pub(super) random: String,
}

impl Server {
    /// Obtains an access token.
    pub(super) async fn token(&self) -> anyhow::Result<String> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
        ];
        let request = self.http.post(self.token_url.clone());
        let response = url_encoded(request, &form).send().await?;
        let status = response.status();
        let body: Option<Value> = serde_json::from_slice(&response.bytes().await?).ok();
        match body.as_ref().and_then(|body| body["access_token"].as_str()) {
            Some(token) => Ok(token.to_owned()),
            None => bail!("the token endpoint issued no token; its response has status {status}"),
        }
    }

    /// Sends a request and returns how its response differs.
    pub(super) async fn differences(
        &self,
        request: &Request,
        expected: &Expected,
        token: &str,
    ) -> anyhow::Result<Vec<String>> {
        let upload = match &request.upload {
            Some(upload) => Some(self.image(upload, token).await?),
            None => None,
        };
        let mut response = self.send(request, upload.clone(), token).await?;
        for _ in 1..request.repeat {
            response = self.send(request, upload.clone(), token).await?;
        }
        compare(response, expected).await
    }

    async fn send(
        &self,
        request: &Request,
        upload: Option<Vec<u8>>,
        token: &str,
    ) -> anyhow::Result<Response> {
        let url = match &request.path {
            Some(path) => self.operation(path, &request.query)?,
            None => self.token_url.clone(),
        };
        let form = request.form.iter().map(|(name, value)| {
            let value = value.replace("{client_id}", &self.client_id);
            let value = value.replace("{client_secret}", &self.client_secret);
            (name.as_str(), value.replace("{random}", &self.random))
        });
        let form: Vec<_> = form.collect();
        let default = if form.is_empty() && upload.is_none() { "GET" } else { "POST" };
        let method = request.method.as_deref().unwrap_or(default);
        let mut sent = self.http.request(Method::from_bytes(method.as_bytes())?, url);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        if request.authorized && request.path.is_some() {
            sent = sent.bearer_auth(token);
        }
        let sent =
            match upload {
                Some(image) => {
                    let file = Form::new().part("file", Part::bytes(image).file_name("image"));
                    let fields = form.into_iter();
                    sent.multipart(fields.fold(file, |multipart, (name, value)| {
                        multipart.text(name.to_owned(), value)
                    }))
                }
                None if form.is_empty() => sent,
                None => url_encoded(sent, &form),
            };
        Ok(sent.send().await?)
    }

    async fn image(&self, upload: &Upload, token: &str) -> anyhow::Result<Vec<u8>> {
        let Upload::Barcode { barcode_type, data } = upload else {
            let mut file = Cursor::new(Vec::new());
            GrayImage::from_pixel(BLANK, BLANK, Luma([255]))
                .write_to(&mut file, ImageFormat::Png)?;
            return Ok(file.into_inner());
        };
        let path = format!("/barcode/generate/{barcode_type}");
        let url = self.operation(&path, [("data", data)])?;
        let response = self.http.get(url).bearer_auth(token).send().await?;
        Ok(response.error_for_status()?.bytes().await?.into())
    }

    fn operation<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &str,
        query: impl IntoIterator<Item = (N, V)>,
    ) -> anyhow::Result<Url> {
        let base_url = self.base_url.as_str().trim_end_matches('/');
        let mut url =
            Url::parse(&format!("{base_url}{path}")).context("the base URL is invalid")?;
        let pairs: Vec<_> = query.into_iter().collect();
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(url)
    }
}

fn url_encoded<V: AsRef<str>>(request: RequestBuilder, form: &[(&str, V)]) -> RequestBuilder {
    // The query of a URL is encoded in the same way.
    let body = Url::parse_with_params("form:", form).ok();
    let body = body.and_then(|url| Some(url.query()?.to_owned())).unwrap_or_default();
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

/// Whether two values are equal, except that each number may differ by `tolerance`.
fn is_near(value: &Value, wanted: &Value, tolerance: f64) -> bool {
    match (value, wanted) {
        (Value::Number(value), Value::Number(wanted)) => value
            .as_f64()
            .zip(wanted.as_f64())
            .is_some_and(|(value, wanted)| (value - wanted).abs() <= tolerance),
        (Value::Array(values), Value::Array(wanted)) => {
            let mut pairs = values.iter().zip(wanted);
            values.len() == wanted.len()
                && pairs.all(|(value, wanted)| is_near(value, wanted, tolerance))
        }
        (Value::Object(values), Value::Object(wanted)) => {
            let mut wanted_members = wanted.iter();
            values.len() == wanted.len()
                && wanted_members.all(|(name, wanted)| {
                    values.get(name).is_some_and(|value| is_near(value, wanted, tolerance))
                })
        }
        _ => value == wanted,
    }
}

async fn compare(response: Response, expected: &Expected) -> anyhow::Result<Vec<String>> {
    let mut differences = Vec::new();
    let status = response.status().as_u16();
    if status != expected.status {
        differences.push(format!("status {status} instead of {}", expected.status));
    }
    for (name, wanted) in &expected.headers {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        let value = value.unwrap_or("none").split(';').next().unwrap_or_default().trim();
        if value != wanted {
            differences.push(format!("{name} {value} instead of {wanted}"));
        }
    }
    let body = response.bytes().await?;
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    for (pointer, wanted) in &expected.json {
        let value = json.pointer(pointer).unwrap_or(&Value::Null);
        if !is_near(value, wanted, expected.tolerance) {
            differences.push(format!("{pointer} {value} instead of {wanted}"));
        }
    }
    for pointer in &expected.present {
        if json.pointer(pointer).is_none_or(Value::is_null) {
            differences.push(format!("{pointer} is missing"));
        }
    }
    if let Some(wanted) = &expected.text {
        let text = String::from_utf8_lossy(&body).to_lowercase();
        if !text.contains(&wanted.to_lowercase()) {
            differences.push(format!("the body does not contain {wanted}"));
        }
    }
    if let Some(wanted) = expected.size {
        let size = image::load_from_memory(&body).map(|image| (image.width(), image.height()));
        if size.as_ref().ok() != Some(&wanted) {
            let size =
                size.map_or("no image".to_owned(), |(width, height)| format!("{width} x {height}"));
            differences.push(format!("{size} instead of {} x {} pixels", wanted.0, wanted.1));
        }
    }
    Ok(differences.iter().map(|difference| printable(difference)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_may_differ_by_the_tolerance_and_everything_else_is_equal() {
        let wanted = json!([{ "x": 7, "name": "a" }]);
        for (value, expected) in [
            (json!([{ "x": 7, "name": "a" }]), true),
            (json!([{ "x": 8.0, "name": "a" }]), true),
            (json!([{ "x": 9, "name": "a" }]), false),
            (json!([{ "x": "7", "name": "a" }]), false),
            (json!([{ "x": 7, "name": "b" }]), false),
            (json!([{ "x": 7 }]), false),
            (json!([{ "x": 7, "name": "a" }, 1]), false),
            (json!(null), false),
        ] {
            assert_eq!(is_near(&value, &wanted, 1.0), expected, "{value}");
        }
    }
}
