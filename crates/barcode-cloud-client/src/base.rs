//! The base URL, taken apart once: the URL of a request is a copy of it with a path more. So no call parses it again.

use std::fmt::{self, Write as _};

use progenitor_client::{Error, encode_path};
use reqwest::{Client, Method, Request, Url};

/// The base URL, as it was given and as it was understood.
#[derive(Clone)]
pub(crate) struct Base {
    text: String,
    /// `None` where no request can go to it.
    url: Option<Url>,
}

impl Base {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            url: Url::parse(text).ok().filter(Url::has_host),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Begins the path of a request, behind that of the base.
    pub(crate) fn path(&self) -> Path<'_> {
        let stem = self.url.as_ref().map_or("", Url::path);
        let mut path = String::with_capacity(stem.len() + ROOM);
        path.push_str(stem.trim_end_matches('/'));
        Path { base: self, path }
    }
}

/// Bytes that most paths fit into.
const ROOM: usize = 64;

/// A path that grows.
pub(crate) struct Path<'a> {
    base: &'a Base,
    path: String,
}

impl Path<'_> {
    /// What the document says literally.
    pub(crate) fn literal(mut self, text: &str) -> Self {
        self.path.push_str(text);
        self
    }

    /// A parameter, escaped where it has to be.
    pub(crate) fn parameter(mut self, value: &impl fmt::Display) -> Self {
        let start = self.path.len();
        // Writing into a `String` does not fail.
        let _ = write!(self.path, "{value}");
        let written = &self.path[start..];
        if !written.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let escaped = encode_path(written);
            self.path.truncate(start);
            self.path.push_str(&escaped);
        }
        self
    }

    /// The URL with this path. What the base URL has behind its own path stays behind the whole one.
    pub(crate) fn url(self) -> Result<Url, NoBase> {
        let mut url = self.base.url.clone().ok_or(NoBase)?;
        url.set_path(&self.path);
        Ok(url)
    }
}

/// A request without a body. `RequestBuilder` would move it three times; it makes a header of user info, and is left to
/// it where there is any.
pub(crate) fn request(client: &Client, method: Method, url: Url) -> reqwest::Result<Request> {
    match has_user_info(&url) {
        true => client.request(method, url).build(),
        false => Ok(Request::new(method, url)),
    }
}

/// The base URL is one that no request can go to. What it is may be secret: it is not quoted.
#[derive(Debug)]
pub(crate) struct NoBase;

impl<E> From<NoBase> for Error<E> {
    #[cold]
    fn from(_: NoBase) -> Self {
        let told = "the base URL is none; give one with a scheme and a host, such as `http://localhost:8080/v4.0`";
        Self::InvalidRequest(told.to_owned())
    }
}

/// User info may hold a password, and what is no URL may be anything: neither is shown.
impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.url.as_ref().filter(|url| !has_user_info(url));
        f.write_str(shown.map_or("(not shown)", Url::as_str))
    }
}

fn has_user_info(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::{Client, Method, Url};

    use super::{Base, Error, encode_path, request};

    fn url(base: &str, parameter: &str) -> String {
        let base = Base::new(base);
        let path = base.path().literal("/a/").parameter(&parameter);
        path.literal("/b").url().unwrap().into()
    }

    #[test]
    fn a_path_goes_behind_that_of_the_base_and_before_the_rest() {
        for (base, expected) in [
            ("http://h", "http://h/a/x/b"),
            ("http://h/", "http://h/a/x/b"),
            ("http://h:81/v4.0", "http://h:81/v4.0/a/x/b"),
            ("http://h/v4.0/", "http://h/v4.0/a/x/b"),
            ("http://h/v4.0?key=1#x", "http://h/v4.0/a/x/b?key=1#x"),
            ("https://[::1]/v%204", "https://[::1]/v%204/a/x/b"),
        ] {
            assert_eq!(url(base, "x"), expected, "{base}");
        }
    }

    #[test]
    fn where_no_request_can_go_the_reason_is_told() {
        for base in [
            "",
            "h/v4.0",
            "/v4.0",
            "mailto:a@b",
            "file:///v4.0",
            "http://",
        ] {
            let error: Error<()> = Base::new(base).path().url().unwrap_err().into();
            let told = error.to_string();
            assert!(told.contains("scheme and a host"), "{base}: {told}");
        }
    }

    #[test]
    fn what_may_be_secret_is_not_shown() {
        for (base, shown) in [
            ("http://h/v4.0", "http://h/v4.0"),
            ("http://user:canary@h/v4.0", "(not shown)"),
            ("http://canary@h/v4.0", "(not shown)"),
            ("canary", "(not shown)"),
        ] {
            assert_eq!(format!("{:?}", Base::new(base)), shown);
        }
    }

    #[test]
    fn what_is_special_in_a_path_is_as_in_a_text() {
        for parameter in [
            "",
            ".",
            "..",
            "%2e%2E",
            "a/b?c#d",
            "\0\n\t\u{7f}",
            "a\\b",
            "ä€𝄞",
            "a b+c",
        ] {
            let text = format!("http://h/v4.0/a/{}/b", encode_path(parameter));
            let whole = Url::parse(&text).unwrap();
            assert_eq!(
                url("http://h/v4.0", parameter),
                whole.as_str(),
                "{parameter:?}"
            );
        }
    }

    #[test]
    fn a_request_is_what_reqwest_makes_of_it() {
        let client = Client::new();
        for url in ["http://h/a", "http://user@h/a", "http://user:pass@h/a?b"] {
            let url = Url::parse(url).unwrap();
            let theirs = client.get(url.clone()).build().unwrap();
            let ours = request(&client, Method::GET, url).unwrap();
            assert_eq!(ours.method(), theirs.method());
            assert_eq!(ours.url(), theirs.url());
            assert_eq!(ours.headers(), theirs.headers());
        }
    }

    proptest! {
        /// The same URL as that of the text, whatever a parameter says.
        #[test]
        fn it_is_the_url_that_the_text_has(parameter in "\\PC*") {
            let text = format!("http://h:81/v4.0/a/{}/b", encode_path(&parameter));
            let whole = Url::parse(&text).unwrap();
            prop_assert_eq!(url("http://h:81/v4.0", &parameter), whole.as_str());
        }
    }
}
