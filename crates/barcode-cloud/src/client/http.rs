//! Sets the HTTP clients up: the one of calls, and what that of token requests has in common with it.

use std::path::Path;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Proxy, Url};
use secrecy::ExposeSecret as _;

use crate::Config;
use crate::error::ConfigurationError;

/// What all requests go by.
pub(crate) struct Transport {
    user_agent: HeaderValue,
    connect: Duration,
    proxies: Vec<Proxy>,
    certificates: Vec<Certificate>,
}

impl Transport {
    /// These proxies and certificates, and those of `config`.
    pub(crate) fn new(
        config: &Config,
        mut proxies: Vec<Proxy>,
        mut certificates: Vec<Certificate>,
    ) -> Result<Self, ConfigurationError> {
        let user_agent = HeaderValue::from_str(&config.user_agent);
        let user_agent = user_agent.map_err(|_| ConfigurationError::UserAgent)?;
        proxies.extend(proxy(config)?);
        for path in &config.root_certificates {
            certificates.extend(read(path)?);
        }
        Ok(Self {
            user_agent,
            connect: config.timeouts.connect,
            proxies,
            certificates,
        })
    }

    /// What calls and token requests have in common.
    pub(crate) fn common(&self) -> reqwest::ClientBuilder {
        let mut http = reqwest::Client::builder().user_agent(self.user_agent.clone());
        for proxy in &self.proxies {
            http = http.proxy(proxy.clone());
        }
        if self.certificates.is_empty() {
            return http;
        }
        http.tls_certs_merge(self.certificates.iter().cloned())
    }

    /// The client that calls go by, all of them to `base_url`.
    pub(crate) fn for_calls(
        &self,
        base_url: &Url,
        headers: HeaderMap,
    ) -> Result<reqwest::Client, ConfigurationError> {
        let mut http = self.common();
        // Whether a proxy of the system stands before the one address is seen to here, once: reqwest would look it up
        // twice for each call that is not encrypted.
        if self.proxies.is_empty() && is_direct(&Matcher::from_system(), base_url) {
            http = http.no_proxy();
        }
        http.default_headers(headers)
            .connect_timeout(self.connect)
            // The service does not redirect; following would send data to who knows where.
            .redirect(reqwest::redirect::Policy::none())
            // `call::retry` sends again what the server did not look at, too. A maximum of 0, or each request would
            // still be copied for its repetition.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .build()
            .map_err(ConfigurationError::Http)
    }
}

/// Whether none of these proxies stands before this address.
fn is_direct(proxies: &Matcher, address: &Url) -> bool {
    let address: Result<http::Uri, _> = address.as_str().parse();
    address.is_ok_and(|address| proxies.intercept(&address).is_none())
}

fn proxy(config: &Config) -> Result<Option<Proxy>, ConfigurationError> {
    let url = config.proxy.as_ref();
    // It may hold a password: what is wrong with it is not quoted.
    url.map(|url| Proxy::all(url.expose_secret()).map_err(|_| ConfigurationError::Proxy))
        .transpose()
}

fn read(path: &Path) -> Result<Vec<Certificate>, ConfigurationError> {
    let fault = |reason: String| ConfigurationError::Certificate {
        path: path.to_owned(),
        reason,
    };
    let pem = std::fs::read(path).map_err(|error| fault(error.to_string()))?;
    let read = Certificate::from_pem_bundle(&pem).map_err(|_| fault("it is not PEM".to_owned()))?;
    match read.is_empty() {
        true => Err(fault("it holds no certificate".to_owned())),
        false => Ok(read),
    }
}

/// The headers that go with every call.
pub(crate) fn headers(config: &Config) -> Result<HeaderMap, ConfigurationError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let fault = |reason| ConfigurationError::Header {
            name: name.clone(),
            reason,
        };
        let parsed =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault("is no name of a header"))?;
        if parsed == AUTHORIZATION {
            return Err(fault("is set by the client itself"));
        }
        let mut value = HeaderValue::from_str(value.expose_secret())
            .map_err(|_| fault("has a value that no header can carry"))?;
        value.set_sensitive(true);
        headers.insert(parsed, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_direct_where_no_proxy_stands_before_the_service() {
        let proxy = "http://proxy.example:3128";
        let encrypted = || Matcher::builder().https(proxy);
        for (proxies, direct) in [
            (Matcher::builder(), true),
            (Matcher::builder().http(proxy), true),
            (encrypted(), false),
            (Matcher::builder().all(proxy), false),
            (encrypted().no("barcode.example"), true),
            (encrypted().no("other.example"), false),
        ] {
            let address = Url::parse("https://api.barcode.example/v4.0").unwrap();
            let proxies = proxies.build();
            assert_eq!(is_direct(&proxies, &address), direct, "{proxies:?}");
        }
    }
}
