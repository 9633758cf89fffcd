//! Decides which URLs a secret or a token may be sent to.

use url::{Position, Url};

use crate::error::{Error, ErrorKind};

/// Parses the URL of the token endpoint. It must use `https`, or `http` on loopback if that is
/// allowed, and have no user name, password or fragment (RFC 6749 section 3.2).
pub(crate) fn token_url(text: &str, allow_insecure_loopback: bool) -> Result<Url, Error> {
    let url = address("token URL", text, allow_insecure_loopback)?;
    if url.fragment().is_some() {
        return Err(wrong("the token URL has a fragment: remove the # and the text after it"));
    }
    Ok(url)
}

/// The origin that tokens may be sent to.
#[derive(Debug, Clone)]
pub(crate) struct ApiOrigin {
    /// If it is `None`, every `https` URL is allowed.
    url: Option<Url>,
    allow_insecure_loopback: bool,
}

impl ApiOrigin {
    pub(crate) fn new(text: Option<&str>, allow_insecure_loopback: bool) -> Result<Self, Error> {
        let read = |text| address("API origin", text, allow_insecure_loopback);
        Ok(Self { url: text.map(read).transpose()?, allow_insecure_loopback })
    }

    /// Checks that a token may be sent to `target`, which must have a scheme and a host.
    #[cfg(feature = "tower")]
    pub(crate) fn check_uri(&self, target: &http::Uri) -> Result<(), Error> {
        let url = Url::parse(&target.to_string());
        let relative = "the request has no absolute URI: give it a scheme and a host";
        self.check(&url.map_err(|_| foreign(relative))?)
    }

    /// Checks that a token may be sent to `target`. It does not use `Url::origin`, which allocates.
    pub(crate) fn check(&self, target: &Url) -> Result<(), Error> {
        let Some(url) = &self.url else {
            return match is_safe(target, self.allow_insecure_loopback) {
                true => Ok(()),
                false => Err(foreign("the request is not encrypted: use an https URL")),
            };
        };
        // Equal origins are almost always written in the same way. Otherwise their parts are
        // compared.
        if url[..Position::BeforePath] == target[..Position::BeforePath] {
            return Ok(());
        }
        let same = url.scheme() == target.scheme()
            && url.host() == target.host()
            && url.port_or_known_default() == target.port_or_known_default();
        match same {
            true => Ok(()),
            false => Err(foreign(format!(
                "the request goes to {}, but the token is only for {}: correct the URL or the API origin",
                target.origin().ascii_serialization(),
                url.origin().ascii_serialization(),
            ))),
        }
    }
}

fn address(what: &str, text: &str, allow_insecure_loopback: bool) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|source| {
        let message = format!("the {what} is not an absolute URL: write it as https://host/path");
        Error::permanent(ErrorKind::Configuration, message).source(source).build()
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(format!(
            "the {what} has a user name or a password: remove the part before the @"
        )));
    }
    if !is_safe(&url, allow_insecure_loopback) {
        return Err(wrong(format!(
            "the {what} is not https: use https (http is allowed for loopback only, with `allow_insecure_loopback`)"
        )));
    }
    Ok(url)
}

fn is_safe(url: &Url, allow_insecure_loopback: bool) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => allow_insecure_loopback && is_loopback(url),
        _ => false,
    }
}

/// Whether the host is a loopback address or `localhost`, which resolves to one (RFC 6761 section
/// 6.3).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::Configuration, message).build()
}

fn foreign(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::ForeignOrigin, message).build()
}
