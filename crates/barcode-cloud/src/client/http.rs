//! Builds the HTTP client of API requests, and the settings that it shares with the HTTP client of
//! token requests.

#[cfg(not(any(feature = "rustls", feature = "native-tls")))]
compile_error!("barcode-cloud needs TLS: enable the feature `rustls` or `native-tls`");

use std::path::Path;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Certificate, Identity, Proxy, Url};
use secrecy::ExposeSecret as _;

use crate::config::Config;
use crate::error::ConfigurationError;
use crate::exchange::parse_header;

/// The HTTP settings that apply to both API requests and token requests.
pub(crate) struct Transport {
    user_agent: HeaderValue,
    connect: Duration,
    proxies: Vec<Proxy>,
    certificates: Vec<Certificate>,
    identity: Option<Identity>,
}

impl Transport {
    /// Adds the proxy and the root certificates of `config` to the given ones, and reads its client
    /// certificate unless one is given.
    pub(crate) fn new(
        config: &Config,
        mut proxies: Vec<Proxy>,
        mut certificates: Vec<Certificate>,
        mut identity: Option<Identity>,
    ) -> Result<Self, ConfigurationError> {
        let user_agent = HeaderValue::from_str(&config.user_agent);
        let user_agent = user_agent.map_err(|_| ConfigurationError::UserAgent)?;
        proxies.extend(proxy(config)?);
        for path in &config.root_certificates {
            certificates.extend(read_certificates(path)?);
        }
        if let (None, Some(path)) = (&identity, &config.client_certificate) {
            identity = Some(read_identity(path)?);
        }
        Ok(Self { user_agent, connect: config.timeouts.connect, proxies, certificates, identity })
    }

    /// Returns a builder with the settings that API requests and token requests share.
    pub(crate) fn common(&self) -> reqwest::ClientBuilder {
        let mut http = reqwest::Client::builder().user_agent(self.user_agent.clone());
        for proxy in &self.proxies {
            http = http.proxy(proxy.clone());
        }
        if let Some(identity) = &self.identity {
            http = http.identity(identity.clone());
        }
        // If another crate enables native TLS in reqwest, it would otherwise be used here too.
        #[cfg(feature = "rustls")]
        let http = http.tls_backend_rustls();
        let certificates = self.certificates.iter().cloned();
        #[cfg(feature = "webpki-roots")]
        return http.tls_certs_only(certificates.chain(mozilla_roots()));
        #[cfg(not(feature = "webpki-roots"))]
        match self.certificates.is_empty() {
            true => http,
            false => http.tls_certs_merge(certificates),
        }
    }

    /// Builds the HTTP client of API requests, all of which go to `base_url`.
    pub(crate) fn for_calls(
        &self,
        base_url: &Url,
        headers: HeaderMap,
    ) -> Result<reqwest::Client, ConfigurationError> {
        let mut http = self.common();
        // All requests have the same origin, so the system's proxy settings are checked once.
        // Otherwise reqwest checks them twice for each request over plain HTTP.
        if self.proxies.is_empty() && is_direct(&Matcher::from_system(), base_url) {
            http = http.no_proxy();
        }
        http.default_headers(headers)
            .connect_timeout(self.connect)
            // The service does not redirect. Following a redirect could send data to an unknown
            // host.
            .redirect(reqwest::redirect::Policy::none())
            // `exchange::retry` also resends requests that the server did not process. The maximum
            // of 0 keeps reqwest from cloning each request in case it has to be resent.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .build()
            .map_err(ConfigurationError::Http)
    }
}

/// Returns Mozilla's root certificates.
#[cfg(feature = "webpki-roots")]
fn mozilla_roots() -> impl Iterator<Item = Certificate> {
    // They are valid. One that is not would only not be trusted.
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    roots.filter_map(|root| Certificate::from_der(root).ok())
}

/// Whether requests to this URL go through none of these proxies.
fn is_direct(proxies: &Matcher, url: &Url) -> bool {
    let uri: Result<http::Uri, _> = url.as_str().parse();
    uri.is_ok_and(|uri| proxies.intercept(&uri).is_none())
}

fn proxy(config: &Config) -> Result<Option<Proxy>, ConfigurationError> {
    let url = config.proxy.as_ref();
    // The URL may contain a password, so the error does not quote it.
    url.map(|url| Proxy::all(url.expose_secret()).map_err(|_| ConfigurationError::Proxy))
        .transpose()
}

/// Reads a client certificate and its key.
fn read_identity(path: &Path) -> Result<Identity, ConfigurationError> {
    let invalid =
        |reason: String| ConfigurationError::ClientCertificate { path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|error| invalid(error.to_string()))?;
    #[cfg(feature = "rustls")]
    let identity = Identity::from_pem(&pem);
    #[cfg(not(feature = "rustls"))]
    let identity = {
        // The text of the key must begin with the key, which usually follows the certificate.
        let begin = b"-----BEGIN PRIVATE KEY-----";
        let key = pem.windows(begin.len()).position(|text| text == begin).unwrap_or_default();
        Identity::from_pkcs8_pem(&pem, &pem[key..])
    };
    // The cause may quote the key.
    identity
        .map_err(|_| invalid("the file has no certificate with a PKCS #8 key in PEM".to_owned()))
}

fn read_certificates(path: &Path) -> Result<Vec<Certificate>, ConfigurationError> {
    let invalid =
        |reason: String| ConfigurationError::Certificate { path: path.to_owned(), reason };
    let pem = std::fs::read(path).map_err(|error| invalid(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|_| invalid("the file is not valid PEM".to_owned()))?;
    match certificates.is_empty() {
        true => Err(invalid("the file contains no certificate".to_owned())),
        false => Ok(certificates),
    }
}

/// Returns the headers that are sent with every API request.
pub(crate) fn headers(config: &Config) -> Result<HeaderMap, ConfigurationError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let invalid = |reason| ConfigurationError::Header { name: name.clone(), reason };
        let (name, value) = parse_header(name, value).map_err(invalid)?;
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_direct_if_no_proxy_applies_to_the_service() {
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
            let url = Url::parse("https://api.barcode.example/v4.0").unwrap();
            let proxies = proxies.build();
            assert_eq!(is_direct(&proxies, &url), direct, "{proxies:?}");
        }
    }
}
