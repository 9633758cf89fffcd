//! Builds a client. Merges the settings of the builder's methods, a [`Config`] and the environment,
//! and validates them.

use std::fmt;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "token-store")]
use barcode_cloud_auth::TokenStore;
use barcode_cloud_auth::{ClientCredentials, FileCredentials, TokenSource, env_var};
use barcode_cloud_client as api;
use reqwest_middleware::Middleware;
use secrecy::SecretString;

use super::Client;
use super::credentials::{self, CredentialSource, Environment};
use super::http::{self, Transport};
use crate::config::{Config, Retry};
use crate::error::{ConfigurationError, Error};
use crate::exchange::{MiddlewareChain, Shared};
use crate::rate::RateLimiter;

/// A builder for a [`Client`], returned by [`Client::builder`].
///
/// Each setting is taken from the first of these sources that sets it:
///
/// 1. the builder's methods, whether they are called before or after [`config`](Self::config);
/// 2. the [`Config`] passed to [`config`](Self::config);
/// 3. the environment, if [`env`](Self::env) is called: the base URL, the token URL, and the
///    credentials or a token;
/// 4. the default.
///
/// If one source has several kinds of credentials, a token takes precedence over a credentials
/// file, and a file over a client id and secret.
///
/// ```
/// use std::time::Duration;
/// use barcode_cloud::{Client, ClientCredentials, Retry};
///
/// let client = Client::builder()
///     .credentials(ClientCredentials::new("id", "secret")?)
///     .timeout(Duration::from_secs(20))
///     .retry(Retry::default().attempts(5))
///     .concurrency(32)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Default)]
pub struct ClientBuilder {
    config: Config,
    /// The settings made by methods, in call order. They override `config`.
    overrides: Vec<Override>,
    credentials: Option<CredentialSource>,
    #[cfg(feature = "token-store")]
    token_store: Option<Arc<dyn TokenStore>>,
    env: Environment,
    http: Option<reqwest::Client>,
    proxies: Vec<reqwest::Proxy>,
    certificates: Vec<reqwest::Certificate>,
    identity: Option<reqwest::Identity>,
    middleware: MiddlewareChain,
    rate_limiter: Option<Arc<dyn RateLimiter>>,
    #[cfg(feature = "image-cache")]
    image_cache: Option<Arc<dyn crate::cache::ImageCache>>,
}

impl Config {
    /// Converts the configuration into a builder, whose methods override its settings.
    ///
    /// ```
    /// use barcode_cloud::{Config, TokenSource};
    ///
    /// let mut config = Config::default();
    /// config.concurrency = Some(8);
    /// let tokens = TokenSource::static_token("eyJhbGciOi").build()?;
    /// let client = config.into_builder().token_source(tokens).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_builder(self) -> ClientBuilder {
        ClientBuilder::default().config(self)
    }
}

/// Applies the setting of one method to a configuration.
type Override = Box<dyn FnOnce(&mut Config) + Send + Sync>;

impl ClientBuilder {
    /// Uses the settings of `config`, which replaces an earlier one.
    ///
    /// The builder's other methods override its individual settings, whether they are called before
    /// or after this one.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Records a setting that overrides that of the configuration.
    fn set(mut self, set: impl FnOnce(&mut Config) + Send + Sync + 'static) -> Self {
        self.overrides.push(Box::new(set));
        self
    }

    /// Applies the settings made by methods to the configuration.
    fn apply_overrides(&mut self) {
        for set in take(&mut self.overrides) {
            set(&mut self.config);
        }
    }

    /// Sets the credentials that tokens are obtained with. The secret is sent only to the token
    /// endpoint.
    ///
    /// Credentials other than a client id and a secret, such as a private key (feature
    /// `private-key-jwt`), belong to a [`token_source`](Self::token_source).
    pub fn credentials(mut self, credentials: ClientCredentials) -> Self {
        self.credentials = Some(CredentialSource::Credentials(credentials));
        self
    }

    /// Sets the source of tokens, instead of credentials.
    ///
    /// Set the source's own [`api_origin`](barcode_cloud_auth::TokenSourceBuilder::api_origin):
    /// this client does not change it.
    ///
    /// ```
    /// # #[cfg(feature = "private-key-jwt")] {
    /// use barcode_cloud::auth::{PrivateKeyJwt, SigningAlgorithm};
    /// use barcode_cloud::{Client, TokenSource};
    ///
    /// let key = "/run/secrets/barcode-key.pem";
    /// let credentials = PrivateKeyJwt::from_file("my-client", SigningAlgorithm::Es256, key);
    /// let source = TokenSource::builder("https://login.example.com/token", credentials)
    ///     .api_origin("https://barcode.example.com")
    ///     .build()?;
    /// let client = Client::builder()
    ///     .token_source(source)
    ///     .base_url("https://barcode.example.com/v4.0")
    ///     .build()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn token_source(mut self, source: TokenSource) -> Self {
        self.credentials = Some(CredentialSource::Source(source));
        self
    }

    /// Shares tokens, and the limit of refused token requests, with all processes that use the same
    /// store. See
    /// [`TokenSourceBuilder::store`](barcode_cloud_auth::TokenSourceBuilder::store), which has the
    /// same effect on a [`token_source`](Self::token_source).
    ///
    /// ```
    /// use barcode_cloud::auth::MemoryTokenStore;
    /// use barcode_cloud::{Client, ClientCredentials};
    ///
    /// let client = Client::builder()
    ///     .credentials(ClientCredentials::new("id", "secret")?)
    ///     .token_store(MemoryTokenStore::new())
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "token-store")]
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.token_store = Some(Arc::new(store));
        self
    }

    /// Sets the base URL of the service, such as that of a sandbox or a gateway.
    /// [`BASE_URL`](crate::api::BASE_URL) by default.
    ///
    /// It must use `https`, except for loopback addresses. The token is sent to the origin of this
    /// URL and to no other.
    pub fn base_url(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.set(move |config| config.base_url = Some(url))
    }

    /// Sets the URL of the token endpoint. [`TOKEN_URL`](crate::api::TOKEN_URL) by default.
    ///
    /// It must use `https`, except for loopback addresses.
    pub fn token_url(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.set(move |config| config.token_url = Some(url))
    }

    /// Limits a whole call: waiting for a permit, all attempts, and the pauses between them. 300 s
    /// by default.
    pub fn timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.call = limit)
    }

    /// Limits one attempt, from obtaining a token to the last byte of the response.
    ///
    /// 100 s by default, because a large image takes time to upload and to read.
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.attempt = limit)
    }

    /// Limits connecting, including the TLS handshake. 10 s by default.
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.connect = limit)
    }

    /// Limits the time between two chunks of a response body. 30 s by default.
    pub fn idle_timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.idle = limit)
    }

    /// Sets when and how often a failed request is resent.
    pub fn retry(self, retry: Retry) -> Self {
        self.set(move |config| config.retry = retry)
    }

    /// Limits the number of requests in flight, over all clones of the client; further requests
    /// wait for a permit.
    ///
    /// No limit by default; [`build`](Self::build) rejects 0.
    pub fn concurrency(self, requests: usize) -> Self {
        self.set(move |config| config.concurrency = Some(requests))
    }

    /// Limits the number of requests per second, over all clones of the client. Requests are evenly
    /// spread; further ones wait for a permit.
    ///
    /// No limit by default; [`build`](Self::build) rejects 0.
    pub fn requests_per_second(self, requests: u32) -> Self {
        self.set(move |config| config.requests_per_second = Some(requests))
    }

    /// Sets a rate limiter, such as one that all processes of a fleet share. It applies in addition
    /// to [`concurrency`](Self::concurrency) and
    /// [`requests_per_second`](Self::requests_per_second), and limits each attempt.
    ///
    /// A call waits for it within its deadline. None by default.
    pub fn rate_limiter(mut self, limiter: impl RateLimiter) -> Self {
        self.rate_limiter = Some(Arc::new(limiter));
        self
    }

    /// Stores generated images, so that equal requests are billed once. Requires the feature
    /// `image-cache`.
    ///
    /// [`Generate::send`](crate::Generate::send) uses the cache. Requests that are streamed, saved
    /// or verified do not, nor do the calls of [`Client::api`](crate::Client::api). Requests are
    /// equal if they have the same parameters; headers do not count. While a request is in
    /// progress, equal ones wait for its image. If it fails, the next one is sent, so no request
    /// gets the error of another one.
    ///
    /// If the cache fails, images are generated, which is logged once until it works again. Errors
    /// and incomplete images are never stored. [`Image::origin`](crate::Image::origin) says where
    /// an image comes from.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), barcode_cloud::Error> {
    /// use std::time::Duration;
    ///
    /// use barcode_cloud::cache::MemoryCache;
    /// use barcode_cloud::{Client, EncodeBarcodeType, ImageOrigin};
    ///
    /// let client = Client::builder()
    ///     .env()?
    ///     .image_cache(MemoryCache::new(64 << 20, Duration::from_secs(3600)))
    ///     .build()?;
    /// client.generate(EncodeBarcodeType::Qr, "https://example.com").send().await?;
    /// let again = client.generate(EncodeBarcodeType::Qr, "https://example.com").send().await?;
    /// assert_eq!(again.origin(), ImageOrigin::Cache);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "image-cache")]
    pub fn image_cache(mut self, cache: impl crate::cache::ImageCache) -> Self {
        self.image_cache = Some(Arc::new(cache));
        self
    }

    /// Limits the size of a response body in bytes. 64 MiB by default.
    pub fn max_response_bytes(self, bytes: usize) -> Self {
        self.set(move |config| config.max_response_bytes = bytes)
    }

    /// Sets the value of the `user-agent` header. `barcode-cloud/VERSION` by default.
    pub fn user_agent(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.set(move |config| config.user_agent = text)
    }

    /// Adds a header to every API request, for example one that a gateway requires. It is not added
    /// to token requests.
    ///
    /// The value is treated as a secret.
    pub fn header(self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.set(move |config| drop(config.headers.insert(name, value)))
    }

    /// Sends all requests, including token requests, through this proxy instead of the system's.
    ///
    /// If several proxies are added, a request uses the first one that applies to it.
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.proxies.push(proxy);
        self
    }

    /// Trusts this root certificate in addition to the system's, for token requests too.
    pub fn root_certificate(mut self, certificate: reqwest::Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Presents this client certificate to servers that require mutual TLS, for token requests too.
    ///
    /// ```no_run
    /// use barcode_cloud::{Client, reqwest};
    ///
    /// # #[cfg(feature = "rustls")] {
    /// // A PEM file with the certificate and its PKCS #8 key.
    /// let pem = std::fs::read("/run/secrets/client.pem")?;
    /// let identity = reqwest::Identity::from_pem(&pem)?;
    /// let client = Client::builder().env()?.identity(identity).build()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn identity(mut self, identity: reqwest::Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Sets whether traces include the data of barcodes. `false` by default, because the data may
    /// be personal.
    pub fn trace_data(self, trace: bool) -> Self {
        self.set(move |config| config.trace_data = trace)
    }

    /// Sends API requests with this HTTP client. Token requests use a separate HTTP client.
    ///
    /// The settings of the given HTTP client are not changed. [`header`](Self::header) therefore
    /// has no effect, and [`user_agent`](Self::user_agent),
    /// [`connect_timeout`](Self::connect_timeout), proxies and certificates apply to token requests
    /// only. The retry policy does not count requests that the given HTTP client retries itself.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Adds a [middleware](reqwest_middleware::Middleware) inside those that were added before.
    ///
    /// A middleware runs around each attempt, within the deadlines and limits of the call. It also
    /// applies to the calls of [`Client::api`]. The request that it receives has no token yet: the
    /// token is added after the last middleware. A middleware may return a response without sending
    /// the request, for example a recorded one. No token is requested in that case.
    ///
    /// ```
    /// use barcode_cloud::{Client, ClientCredentials, middleware};
    ///
    /// struct Tenant;
    ///
    /// #[middleware::async_trait]
    /// impl middleware::Middleware for Tenant {
    ///     async fn handle(
    ///         &self,
    ///         mut request: middleware::Request,
    ///         extensions: &mut middleware::Extensions,
    ///         next: middleware::Next<'_>,
    ///     ) -> middleware::Result<middleware::Response> {
    ///         request.headers_mut().insert("x-tenant", "labels".parse().unwrap());
    ///         next.run(request, extensions).await
    ///     }
    /// }
    ///
    /// # fn example(credentials: ClientCredentials) -> Result<(), barcode_cloud::Error> {
    /// let client = Client::builder().credentials(credentials).middleware(Tenant).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.middleware.push(Arc::new(middleware));
        self
    }

    /// Reads settings from environment variables, for use where neither a method nor a [`Config`]
    /// sets them. [`Client::from_env`] lists the variables.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if a variable is empty or not UTF-8, if only one of the client id
    /// and secret is set, or if the credentials are invalid.
    pub fn env(mut self) -> Result<Self, Error> {
        self.env = Environment::read(env_var)?;
        Ok(self)
    }

    /// Validates the settings and builds the client. This requires no runtime and sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if
    ///
    /// - credentials are missing;
    /// - a URL is invalid, or uses plain `http` with a host that is not a loopback address;
    /// - a proxy, a header, the user agent or a certificate file is invalid;
    /// - a limit is 0;
    /// - the HTTP client cannot be created.
    pub fn build(mut self) -> Result<Client, Error> {
        self.apply_overrides();
        validate_limits(&self.config)?;
        let base_url = parse_base_url(self.base_url_text())?;
        let (proxies, certificates) = (take(&mut self.proxies), take(&mut self.certificates));
        let identity = self.identity.take();
        let transport = Transport::new(&self.config, proxies, certificates, identity)?;
        let tokens = self.tokens(&transport)?;
        let headers = http::headers(&self.config)?;
        let http = match self.http.take() {
            Some(http) => http,
            None => transport.for_calls(&base_url, headers)?,
        };
        let shared =
            Shared::new(&self.config, &base_url, http, tokens, self.middleware, self.rate_limiter);
        #[cfg(feature = "image-cache")]
        let shared =
            Shared { images: self.image_cache.map(crate::cache::SharedCache::new), ..shared };
        Ok(Client(Arc::new(shared)))
    }

    fn base_url_text(&self) -> &str {
        let url = self.config.base_url.as_ref().or(self.env.base_url.as_ref());
        url.map_or(api::BASE_URL, String::as_str)
    }

    fn token_url_text(&self) -> &str {
        let url = self.config.token_url.as_ref();
        let url = url.or(self.env.token_url.as_ref());
        url.map_or(api::TOKEN_URL, String::as_str)
    }

    /// Returns the credentials of the first source that has any: methods, configuration,
    /// environment.
    fn credential_source(&self) -> Result<CredentialSource, ConfigurationError> {
        if let Some(credentials) = &self.credentials {
            return Ok(credentials.clone());
        }
        credentials::from_config(&self.config)?
            .or_else(|| self.env.credentials.clone())
            .ok_or(ConfigurationError::NoCredentials)
    }

    fn tokens(&self, transport: &Transport) -> Result<TokenSource, ConfigurationError> {
        let token_url = self.token_url_text();
        let source = match self.credential_source()? {
            CredentialSource::Source(source) => return Ok(source),
            CredentialSource::Token(token) => TokenSource::static_token(token),
            CredentialSource::File(path) => {
                TokenSource::builder(token_url, FileCredentials::new(path))
            }
            CredentialSource::Credentials(credentials) => {
                TokenSource::builder(token_url, credentials)
            }
        };
        #[cfg(feature = "token-store")]
        let source = match &self.token_store {
            Some(store) => source.store(Arc::clone(store)),
            None => source,
        };
        source
            .api_origin(self.base_url_text())
            // Setting a loopback URL is already an explicit choice, and its traffic does not leave
            // this machine.
            .allow_insecure_loopback(true)
            .connect_timeout(self.config.timeouts.connect)
            .http(transport.common())
            .build()
            .map_err(ConfigurationError::Auth)
    }
}

/// Rejects limits of zero, with which no request could ever be sent.
fn validate_limits(config: &Config) -> Result<(), ConfigurationError> {
    let setting = match config {
        Config { concurrency: Some(0), .. } => "concurrency",
        Config { requests_per_second: Some(0), .. } => "requests_per_second",
        _ => return Ok(()),
    };
    Err(ConfigurationError::Zero { setting })
}

/// Parses the base URL. The errors do not show it, because a secret may have been set as the URL by
/// mistake.
fn parse_base_url(base_url: &str) -> Result<reqwest::Url, ConfigurationError> {
    let url = reqwest::Url::parse(base_url)
        .map_err(|_| ConfigurationError::BaseUrl("is not an absolute URL"))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigurationError::BaseUrl("has a query or a fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigurationError::BaseUrl("has a user name or a password"));
    }
    Ok(url)
}

/// Shows neither the proxies nor the credentials, because they may contain secrets.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
