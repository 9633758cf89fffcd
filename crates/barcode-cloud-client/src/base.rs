//! The base URL, taken apart once: the URL of a request is a copy of it with a path more. So no call parses it again.

use std::fmt;

use reqwest::Url;

use crate::refusal::Refusal;

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

    /// The URL of `path`, which begins with a slash and is escaped. What the base URL has behind its own path stays
    /// behind the whole one.
    pub(crate) fn at(&self, path: &str) -> Result<Url, Refusal> {
        let base = self.url.as_ref().ok_or(Refusal(
            "the base URL is none; give one with a scheme and a host, such as `http://localhost:8080/v4.0`",
        ))?;
        let stem = base.path().trim_end_matches('/');
        let mut whole = String::with_capacity(stem.len() + path.len());
        whole.push_str(stem);
        whole.push_str(path);
        let mut url = base.clone();
        url.set_path(&whole);
        Ok(url)
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::Url;

    use super::Base;

    fn at(base: &str, path: &str) -> String {
        Base::new(base).at(path).unwrap().into()
    }

    #[test]
    fn a_path_goes_behind_that_of_the_base_and_before_the_rest() {
        for (base, expected) in [
            ("http://h", "http://h/a/b"),
            ("http://h/", "http://h/a/b"),
            ("http://h:81/v4.0", "http://h:81/v4.0/a/b"),
            ("http://h/v4.0/", "http://h/v4.0/a/b"),
            ("http://h/v4.0?key=1#x", "http://h/v4.0/a/b?key=1#x"),
            ("https://[::1]/v%204", "https://[::1]/v%204/a/b"),
        ] {
            assert_eq!(at(base, "/a/b"), expected, "{base}");
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
            let told = Base::new(base).at("/a").unwrap_err();
            assert!(told.0.contains("scheme and a host"), "{base}");
        }
    }

    proptest! {
        /// The same URL as that of the text, whatever stands in an escaped path.
        #[test]
        fn it_is_the_url_that_the_text_has(segment in "\\PC*") {
            let path = format!("/a/{}", progenitor_client::encode_path(&segment));
            let whole = Url::parse(&format!("http://h:81/v4.0{path}")).unwrap();
            prop_assert_eq!(at("http://h:81/v4.0", &path), whole.as_str());
        }
    }
}
