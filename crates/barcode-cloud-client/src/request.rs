//! Builds the request of an operation from its parameters. The generated builders use it.

use std::fmt::Display;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use progenitor_client::{RequestBuilderExt as _, encode_path};
use reqwest::multipart::Form;
use reqwest::{Request, RequestBuilder};
use serde::Serialize;
use serde_json::Value;

use crate::checks::Check;
use crate::{Client, Error, FilePart, Operation};

/// An incomplete request. The methods `path`, `query`, `header`, `field` and `file` add a
/// parameter, whose value may be an error of the builder. The first error is kept, and the methods
/// that complete the request return it. `None` and empty lists are not sent.
pub(crate) struct PartialRequest<'a> {
    client: &'a Client,
    operation: &'static Operation,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    form: Option<Form>,
    error: Option<String>,
}

impl<'a> PartialRequest<'a> {
    pub(crate) fn new(client: &'a Client, operation: &'static Operation) -> Self {
        Self {
            client,
            operation,
            path: operation.path.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            form: None,
            error: None,
        }
    }

    /// Asks for a response in JSON.
    pub(crate) fn accept_json(mut self) -> Self {
        let json = HeaderValue::from_static("application/json");
        self.headers.insert(ACCEPT, json);
        self
    }

    /// Makes the body a form, even if it has no fields.
    pub(crate) fn multipart(mut self) -> Self {
        self.form = Some(Form::new());
        self
    }

    pub(crate) fn path(
        mut self,
        name: &'static str,
        value: Result<impl Serialize + Check, String>,
    ) -> Self {
        let text = self.texts(name, value).join(",");
        // A URL cannot contain these: dots would remove parts of the path, even if encoded.
        if ["", ".", ".."].contains(&text.as_str()) {
            self.fail(format!("{name}: a path parameter cannot be {text:?}"));
        }
        // The encoded value contains no braces, so it cannot be taken for another parameter.
        let encoded = encode_path(&text);
        self.path = self.path.replace(&format!("{{{name}}}"), &encoded);
        self
    }

    /// Adds a query parameter once for each value.
    pub(crate) fn query(
        mut self,
        name: &'static str,
        value: Result<impl Serialize + Check, String>,
    ) -> Self {
        let texts = self.texts(name, value);
        self.query.extend(texts.into_iter().map(|text| (name, text)));
        self
    }

    pub(crate) fn header(
        mut self,
        name: &'static str,
        value: Result<impl Serialize + Check, String>,
    ) -> Self {
        let texts = self.texts(name, value);
        if texts.is_empty() {
            return self;
        }
        match (HeaderName::try_from(name), HeaderValue::try_from(texts.join(","))) {
            (Ok(header), Ok(value)) => {
                self.headers.insert(header, value);
            }
            _ => self.fail(format!("{name}: not a valid header")),
        }
        self
    }

    /// Adds a form field once for each value.
    pub(crate) fn field(
        mut self,
        name: &'static str,
        value: Result<impl Serialize + Check, String>,
    ) -> Self {
        for text in self.texts(name, value) {
            self.form = self.form.map(|form| form.text(name, text));
        }
        self
    }

    pub(crate) fn file(
        mut self,
        name: &'static str,
        file: Result<impl Into<Option<FilePart>>, String>,
    ) -> Self {
        match file.map(Into::into) {
            Ok(Some(file)) => self.form = self.form.map(|form| form.part(name, file.into_part())),
            Ok(None) => {}
            Err(error) => self.fail(error),
        }
        self
    }

    /// Completes the request without a body, or with a form.
    pub(crate) fn build<E>(self) -> Result<Request, Error<E>> {
        Ok(self.start()?.build()?)
    }

    /// Completes the request with a body in JSON, which is built and checked first.
    pub(crate) fn json<T, B, E>(self, body: Result<B, String>) -> Result<Request, Error<E>>
    where
        T: Serialize + Check,
        B: TryInto<T, Error: Display>,
    {
        let body: T = checked(body).map_err(Error::InvalidRequest)?;
        Ok(self.start()?.json(&body).build()?)
    }

    /// Completes the request with a body of the type `application/x-www-form-urlencoded`, which is
    /// built and checked first.
    pub(crate) fn urlencoded<T, B, E>(self, body: Result<B, String>) -> Result<Request, Error<E>>
    where
        T: Serialize + Check,
        B: TryInto<T, Error: Display>,
    {
        let body: T = checked(body).map_err(Error::InvalidRequest)?;
        Ok(self.start()?.form_urlencoded(&body)?.build()?)
    }

    /// Completes the request with a body of the type `application/octet-stream`.
    pub(crate) fn octets<E>(
        self,
        body: Result<reqwest::Body, String>,
    ) -> Result<Request, Error<E>> {
        let body = body.map_err(Error::InvalidRequest)?;
        let request = self.start()?.header(CONTENT_TYPE, "application/octet-stream");
        Ok(request.body(body).build()?)
    }

    fn start<E>(self) -> Result<RequestBuilder, Error<E>> {
        if let Some(error) = self.error {
            return Err(Error::InvalidRequest(error));
        }
        let method = Method::try_from(self.operation.method)
            .map_err(|error| Error::InvalidRequest(error.to_string()))?;
        // The path starts with a slash.
        let base = self.client.baseurl.trim_end_matches('/');
        let url = format!("{base}{}", self.path);
        let mut request = self.client.client.request(method, url).headers(self.headers);
        if !self.query.is_empty() {
            request = request.query(&self.query);
        }
        Ok(match self.form {
            Some(form) => request.multipart(form),
            None => request,
        })
    }

    /// Returns the texts of `value`. If there is an error, keeps it and returns no text.
    fn texts(&mut self, name: &str, value: Result<impl Serialize + Check, String>) -> Vec<String> {
        let texts = value.and_then(|value| {
            value.check(name)?;
            texts(name, &value)
        });
        texts.unwrap_or_else(|error| {
            self.fail(error);
            Vec::new()
        })
    }

    /// Keeps `error`, unless there is an earlier one.
    fn fail(&mut self, error: String) {
        self.error.get_or_insert(error);
    }
}

/// Returns the body that `builder` builds, if its properties are within their bounds.
fn checked<T: Check, B: TryInto<T, Error: Display>>(
    builder: Result<B, String>,
) -> Result<T, String> {
    let body = builder?.try_into().map_err(|error| error.to_string())?;
    body.check("body")?;
    Ok(body)
}

/// Returns the texts of a parameter: none for null, one for each item of a list, and one for any
/// other value.
pub(crate) fn texts(name: &str, value: &impl Serialize) -> Result<Vec<String>, String> {
    // Going through JSON text keeps the shortest form of an `f32`, which would otherwise become an
    // `f64` with more digits.
    let json = serde_json::to_string(value).and_then(|json| serde_json::from_str(&json));
    let items = match json.map_err(|error| format!("{name}: {error}"))? {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        value => vec![value],
    };
    items.into_iter().map(|item| text(name, item)).collect()
}

fn text(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => number.to_string(),
            None => number.to_string(),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(format!(
            "{name}: only texts, numbers, booleans and lists of these can be sent here"
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{PartialRequest, texts};
    use crate::{Client, Error, FilePart, Hooks, Operation};

    const FIND: Operation = Operation { id: "find", method: "GET", path: "/a/{x}/{y}" };

    fn client() -> Client {
        Client::new("http://h/v4/", Hooks::none())
    }

    #[test]
    fn parameters_are_sent_as_text() {
        let client = client();
        let request = PartialRequest::new(&client, &FIND)
            .accept_json()
            .path("x", Ok("{y} /ü".to_owned()))
            .path("y", Ok(vec![1, 2]))
            .query("q", Ok(Some("a b&=+%ü".to_owned())))
            .query("empty", Ok(String::new()))
            .query("none", Ok(None::<i32>))
            .query("list", Ok(vec![0.1_f32, 300.0]))
            .header("x-list", Ok(vec![true, false]))
            .header("x-none", Ok(None::<i32>));
        let request = request.build::<()>().unwrap();
        let url = "http://h/v4/a/%7By%7D%20%2F%C3%BC/1,2?q=a+b%26%3D%2B%25%C3%BC&empty=&list=0.1&list=300";
        assert_eq!(request.url().as_str(), url);
        assert_eq!(request.headers()["x-list"], "true,false");
        assert_eq!(request.headers()["accept"], "application/json");
        assert_eq!(request.headers().len(), 2);
    }

    #[test]
    fn the_first_error_is_returned() {
        let client = client();
        let partial = || PartialRequest::new(&client, &FIND);
        let invalid = || Err::<i32, _>("q was not initialized".to_owned());
        let text = |text: &str| Ok(text.to_owned());
        for (partial, expected) in [
            (partial().query("q", invalid()).header("x", text("\n")), "q was not initialized"),
            (partial().header("x-y", text("\n")).query("q", invalid()), "x-y: not a valid header"),
            (partial().header("x y", text("z")), "x y: not a valid header"),
            (partial().path("x", Ok(None::<i32>)), "x: a path parameter cannot be \"\""),
            (partial().path("x", text("..")), "x: a path parameter cannot be \"..\""),
            (partial().query("q", Ok(f32::NAN)), "q: NaN cannot be sent"),
            (partial().query("o", Ok(json!({}))), "o: only texts"),
            (partial().field("f", Ok(vec![vec![1]])), "f: only texts"),
            (partial().file("f", Err::<FilePart, _>("no file".to_owned())), "no file"),
        ] {
            match partial.build::<()>() {
                Err(Error::InvalidRequest(text)) => assert!(text.starts_with(expected), "{text}"),
                other => panic!("{expected}: {other:?}"),
            }
        }
        let outcome = partial().json::<i32, i32, ()>(invalid());
        assert!(matches!(outcome, Err(Error::InvalidRequest(_))));
    }

    #[test]
    fn each_kind_of_body_has_its_media_type() {
        let client = client();
        let partial = || PartialRequest::new(&client, &FIND);
        let file = || Ok(FilePart::from(b"bytes".to_vec()));
        let form = partial().multipart().field("a", Ok(vec![1, 2])).file("f", file());
        for (request, expected) in [
            (partial().json::<Vec<i32>, Vec<i32>, ()>(Ok(vec![1])), "application/json"),
            (
                partial().urlencoded::<Map<_, _>, Map<_, _>, ()>(Ok(Map::new())),
                "application/x-www-form-urlencoded",
            ),
            (partial().octets(Ok("x".into())), "application/octet-stream"),
            (form.build(), "multipart/form-data; boundary="),
            (partial().multipart().build(), "multipart/form-data; boundary="),
        ] {
            let request = request.unwrap();
            let media_type = request.headers()["content-type"].to_str().unwrap();
            assert!(media_type.starts_with(expected), "{media_type}");
        }
    }

    #[test]
    fn a_number_is_written_as_short_as_possible() {
        for (value, expected) in [
            (texts("n", &0.1_f32), "0.1"),
            (texts("n", &96.0_f32), "96"),
            (texts("n", &16_777_216_f32), "16777216"),
            (texts("n", &-0.25_f64), "-0.25"),
            (texts("n", &u64::MAX), "18446744073709551615"),
        ] {
            assert_eq!(value.unwrap(), [expected]);
        }
    }
}
