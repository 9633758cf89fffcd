//! From settings to a client: by method, by [`Config`] or from the environment, all checked here.

use std::fmt;
use std::mem::take;
use std::sync::Arc;
use std::time::Duration;

use barcode_cloud_auth::{ClientCredentials, FileCredentials, TokenSource};
use barcode_cloud_client as api;
use reqwest_middleware::Middleware;
use secrecy::SecretString;

use crate::client::credentials::{self, Authority, Environment};
use crate::client::http::{self, Transport};
use crate::client::{MiddlewareChain, Shared};
use crate::error::ConfigurationError;
use crate::{Client, Config, Error, Retry};

/// Builds a [`Client`]; made by [`Client::builder`].
///
/// Each setting is taken from the first of these places that sets it:
///
/// 1. the builder's methods, in whatever order they are called;
/// 2. the [`Config`] given to [`config`](Self::config);
/// 3. the environment, if [`env`](Self::env) is called: the two addresses, and the credentials or a token;
/// 4. the default.
///
/// Where one place has several kinds of credentials, a token is preferred to a file, and a file to a client id and secret.
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
    /// What the methods set, in the order of their calls. They override `config`.
    overrides: Vec<Override>,
    authority: Option<Authority>,
    env: Environment,
    http: Option<reqwest::Client>,
    proxies: Vec<reqwest::Proxy>,
    certificates: Vec<reqwest::Certificate>,
    middleware: MiddlewareChain,
}

/// What one method sets in a configuration.
type Override = Box<dyn FnOnce(&mut Config) + Send + Sync>;

impl ClientBuilder {
    /// Takes the settings of `config`, in place of an earlier one. The builder's other methods override single settings of
    /// it, whether they are called before or after this one.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Records a setting that overrides the configuration.
    fn set(mut self, set: impl FnOnce(&mut Config) + Send + Sync + 'static) -> Self {
        self.overrides.push(Box::new(set));
        self
    }

    /// Moves the settings of the methods into the configuration.
    fn apply_overrides(&mut self) {
        for set in take(&mut self.overrides) {
            set(&mut self.config);
        }
    }

    /// Obtains tokens with these credentials. The secret is sent to the token address and nowhere else.
    pub fn credentials(mut self, credentials: ClientCredentials) -> Self {
        self.authority = Some(Authority::Credentials(credentials));
        self
    }

    /// Takes tokens from a source of the caller's, instead of credentials. Its
    /// [`api_origin`](barcode_cloud_auth::TokenSourceBuilder::api_origin) is the caller's to set.
    pub fn token_source(mut self, source: TokenSource) -> Self {
        self.authority = Some(Authority::Source(source));
        self
    }

    /// Calls the service at this address instead of [`BASE_URL`](crate::api::BASE_URL); for a sandbox or a gateway.
    ///
    /// `https` only, but for loopback addresses. The token is sent to this origin and no other.
    pub fn base_url(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.set(move |config| config.base_url = Some(url))
    }

    /// Obtains tokens at this address instead of [`TOKEN_URL`](crate::api::TOKEN_URL). `https` only, but for loopback
    /// addresses.
    pub fn token_url(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.set(move |config| config.token_url = Some(url))
    }

    /// For a whole call: waiting for its turn, all attempts, the pauses between them. 300 s by default.
    pub fn timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.call = limit)
    }

    /// For one request, from asking for a token to the last byte of the answer. 100 s by default: a large picture has to
    /// go up and be read.
    pub fn attempt_timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.attempt = limit)
    }

    /// For connecting, TLS included. 10 s by default.
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.connect = limit)
    }

    /// Between two pieces of an answer. 30 s by default.
    pub fn idle_timeout(self, limit: Duration) -> Self {
        self.set(move |config| config.timeouts.idle = limit)
    }

    /// When and how often a failed request is sent again.
    pub fn retry(self, retry: Retry) -> Self {
        self.set(move |config| config.retry = retry)
    }

    /// Has at most this many requests under way at a time, those of all clones together; more wait for their turn. No
    /// limit by default; [`build`](Self::build) rejects 0.
    pub fn concurrency(self, requests: usize) -> Self {
        self.set(move |config| config.concurrency = Some(requests))
    }

    /// Sends this many requests a second, evenly spread, those of all clones together; more wait for their turn. No limit
    /// by default; [`build`](Self::build) rejects 0.
    pub fn requests_per_second(self, requests: u32) -> Self {
        self.set(move |config| config.requests_per_second = Some(requests))
    }

    /// Takes no answer of more bytes than this. 64 MiB by default.
    pub fn max_answer_bytes(self, bytes: usize) -> Self {
        self.set(move |config| config.max_answer_bytes = bytes)
    }

    /// Says this in `user-agent` instead of `barcode-cloud/VERSION`.
    pub fn user_agent(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.set(move |config| config.user_agent = text)
    }

    /// Sends a header with every call (not with token requests), for a gateway. Its value is taken for a secret.
    pub fn header(self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.set(move |config| drop(config.headers.insert(name, value)))
    }

    /// Sends all requests, those for tokens too, through this proxy instead of the system's. Several are asked in turn
    /// which requests they take.
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.proxies.push(proxy);
        self
    }

    /// Trusts this root certificate besides the system's, for token requests too.
    pub fn root_certificate(mut self, certificate: reqwest::Certificate) -> Self {
        self.certificates.push(certificate);
        self
    }

    /// Lets traces hold what barcodes say. Not by default: it may be personal.
    pub fn trace_data(self, trace: bool) -> Self {
        self.set(move |config| config.trace_data = trace)
    }

    /// Sends calls with this HTTP client, whose own settings then stand as they are: [`header`](Self::header) does
    /// nothing, and [`user_agent`](Self::user_agent), [`connect_timeout`](Self::connect_timeout), proxies and certificates
    /// set here matter to token requests only, which have a client of their own. What it sends again by itself, no policy of
    /// this client counts.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Adds a [middleware](reqwest_middleware::Middleware), inside of those that were added before.
    ///
    /// It runs around each attempt, within the deadlines and limits of the call, for the calls of
    /// [`Client::api`] too. The request that it sees has no token yet: that is added behind the last middleware. A
    /// middleware may answer without sending, for example from a recording; no token is requested then.
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

    /// Fills in from the environment what nothing else sets; [`Client::from_env`] lists the variables.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] names the variable that is empty, or missing beside another.
    pub fn env(mut self) -> Result<Self, Error> {
        self.env = Environment::read(std::env::var)?;
        Ok(self)
    }

    /// Checks the settings. Needs no runtime and sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where credentials are missing, an address is not one that a token may be sent to, a
    /// proxy, a header or a certificate is none, or no HTTP client can be set up.
    pub fn build(mut self) -> Result<Client, Error> {
        self.apply_overrides();
        not_zero(&self.config)?;
        let base_url = checked(self.service_address())?;
        let (proxies, certificates) = (take(&mut self.proxies), take(&mut self.certificates));
        let transport = Transport::new(&self.config, proxies, certificates)?;
        let tokens = self.tokens(&transport)?;
        let headers = http::headers(&self.config)?;
        let http = match self.http.take() {
            Some(http) => http,
            None => transport.for_calls(&base_url, headers)?,
        };
        Ok(Client::from_shared(Shared::new(
            &self.config,
            &base_url,
            http,
            tokens,
            self.middleware,
        )))
    }

    /// As [`build`](Self::build), a client without async. Feature `blocking`.
    ///
    /// # Errors
    ///
    /// The same, and [`Error::Configuration`] where no thread can be started.
    #[cfg(feature = "blocking")]
    pub fn build_blocking(self) -> Result<crate::blocking::Client, Error> {
        crate::blocking::Client::of(self.build()?)
    }

    fn service_address(&self) -> &str {
        let set = self.config.base_url.as_ref().or(self.env.base_url.as_ref());
        set.map_or(api::BASE_URL, String::as_str)
    }

    fn token_address(&self) -> &str {
        let set = self.config.token_url.as_ref();
        let set = set.or(self.env.token_url.as_ref());
        set.map_or(api::TOKEN_URL, String::as_str)
    }

    /// What proves who calls: by method, by configuration, from the environment.
    fn authority(&self) -> Result<Authority, ConfigurationError> {
        if let Some(authority) = &self.authority {
            return Ok(authority.clone());
        }
        credentials::configured(&self.config)?
            .or_else(|| self.env.authority.clone())
            .ok_or(ConfigurationError::NoCredentials)
    }

    fn tokens(&self, transport: &Transport) -> Result<TokenSource, ConfigurationError> {
        let token_url = self.token_address();
        let source = match self.authority()? {
            Authority::Source(source) => return Ok(source),
            Authority::Token(token) => TokenSource::static_token(token),
            Authority::File(path) => TokenSource::builder(token_url, FileCredentials::new(path)),
            Authority::Credentials(credentials) => TokenSource::builder(token_url, credentials),
        };
        source
            .api_origin(self.service_address())
            // An address on this machine is opt-in enough: nobody else can listen there.
            .allow_insecure_loopback(true)
            .connect_timeout(self.config.timeouts.connect)
            .http(transport.common())
            .build()
            .map_err(ConfigurationError::Auth)
    }
}

/// Checks that no limit is zero, with which no request could ever be sent.
fn not_zero(config: &Config) -> Result<(), ConfigurationError> {
    let setting = match config {
        Config {
            concurrency: Some(0),
            ..
        } => "concurrency",
        Config {
            requests_per_second: Some(0),
            ..
        } => "requests_per_second",
        _ => return Ok(()),
    };
    Err(ConfigurationError::Zero { setting })
}

/// The base URL, if that is what it is. It may be anything by mistake, a secret too: it is not shown.
fn checked(base_url: &str) -> Result<reqwest::Url, ConfigurationError> {
    let url = reqwest::Url::parse(base_url)
        .map_err(|_| ConfigurationError::BaseUrl("is not an absolute URL"))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigurationError::BaseUrl("has a query or a fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigurationError::BaseUrl("has a user or a password"));
    }
    Ok(url)
}

/// A proxy may hold a password, credentials a secret: they are not shown.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::env::VarError;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::Timeouts;
    use crate::client::credentials::{ACCESS_TOKEN, BASE_URL, CLIENT_ID, CLIENT_SECRET, TOKEN_URL};

    fn built(config: serde_json::Value) -> Result<Client, Error> {
        let mut all = serde_json::json!({"client_id": "id", "client_secret": "canary"});
        let fields = all.as_object_mut().unwrap();
        fields.extend(config.as_object().unwrap().clone());
        Client::from_config(serde_json::from_value(all).unwrap())
    }

    #[test]
    fn a_client_is_built_of_a_configuration_without_a_runtime() {
        let client = built(serde_json::json!({
            "proxy": "http://user:canary@127.0.0.1:3128",
            "headers": {"x-gateway-key": "canary"},
            "concurrency": 2,
            "requests_per_second": 50,
        }));
        assert!(!format!("{:?}", client.unwrap()).contains("canary"));
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not_shown() {
        for (config, says) in [
            (
                serde_json::json!({"proxy": "canary://["}),
                "the proxy is not a URL",
            ),
            (
                serde_json::json!({"headers": {"a b": "canary"}}),
                "the header `a b` is no name",
            ),
            (
                serde_json::json!({"headers": {"Authorization": "canary"}}),
                "is set by the client itself",
            ),
            (
                serde_json::json!({"headers": {"x-key": "canary\n"}}),
                "has a value that no header can carry",
            ),
            (
                serde_json::json!({"root_certificates": ["/no/such.pem"]}),
                "/no/such.pem",
            ),
            (
                serde_json::json!({"root_certificates": ["Cargo.toml"]}),
                "it holds no certificate",
            ),
            (
                serde_json::json!({"client_secret": null}),
                "`client_secret` is missing beside `client_id`",
            ),
            (
                serde_json::json!({"client_id": null, "client_secret": null}),
                "or the environment (`env`) with BARCODE_CLOUD_CLIENT_ID and",
            ),
            (
                serde_json::json!({"user_agent": "canary\n"}),
                "`user_agent` has a character",
            ),
            (
                serde_json::json!({"base_url": "http://canary.example/v4.0"}),
                "https",
            ),
            (
                serde_json::json!({"base_url": "canary"}),
                "the base URL is not an absolute URL: write it as https://host/v4.0",
            ),
            (
                serde_json::json!({"base_url": "https://service.example/v4.0?key=canary"}),
                "the base URL has a query or a fragment: write",
            ),
            (
                serde_json::json!({"base_url": "https://user:canary@service.example/v4.0"}),
                "the base URL has a user or a password: write",
            ),
            (
                serde_json::json!({"concurrency": 0}),
                "`concurrency` is 0, so no request could ever be sent: set",
            ),
            (
                serde_json::json!({"requests_per_second": 0}),
                "`requests_per_second` is 0",
            ),
        ] {
            let error = built(config).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(says) && !text.contains("canary"), "{text}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }

    fn environment(set: &'static [(&str, &str)]) -> Result<Environment, ConfigurationError> {
        Environment::read(|name| {
            let found = set.iter().find(|(set, _)| *set == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .ok_or(VarError::NotPresent)
        })
    }

    #[test]
    fn the_environment_fills_in_what_nothing_else_sets() {
        let all = [
            (ACCESS_TOKEN, "env"),
            (BASE_URL, "https://env.example/v4.0"),
            (TOKEN_URL, "https://env.example/token"),
        ];
        let all: &'static [_] = Box::leak(Box::new(all));
        let mut builder = Client::builder();
        builder.env = environment(all).unwrap();
        assert!(matches!(builder.authority(), Ok(Authority::Token(_))));
        assert_eq!(builder.service_address(), "https://env.example/v4.0");
        let config = serde_json::json!({
            "base_url": "https://config.example/v4.0", "client_id": "id", "client_secret": "s",
        });
        builder = builder.config(serde_json::from_value(config).unwrap());
        assert!(matches!(builder.authority(), Ok(Authority::Credentials(_))));
        assert_eq!(builder.service_address(), "https://config.example/v4.0");
        assert_eq!(builder.token_address(), "https://env.example/token");
        builder = builder.base_url("https://method.example/v4.0");
        builder.apply_overrides();
        assert_eq!(builder.service_address(), "https://method.example/v4.0");
    }

    #[test]
    fn a_limit_of_zero_is_an_error_by_method_too() {
        let credentials = ClientCredentials::new("id", "secret").unwrap();
        let builder = || Client::builder().credentials(credentials.clone());
        for (builder, named) in [
            (builder().concurrency(0), "concurrency"),
            (builder().requests_per_second(0), "requests_per_second"),
        ] {
            let error = builder.build().unwrap_err();
            let Error::Configuration(ConfigurationError::Zero { setting }) = error else {
                panic!("{error:?}");
            };
            assert_eq!(setting, named);
        }
        assert!(
            builder()
                .concurrency(1)
                .requests_per_second(1)
                .build()
                .is_ok()
        );
    }

    #[test]
    fn methods_stand_above_a_configuration_in_any_order() {
        let second = Duration::from_secs(1);
        let of_config = || "config".to_owned().into();
        let config = || Config {
            base_url: Some("https://config.example/v4.0".into()),
            token_url: Some("https://config.example/token".into()),
            user_agent: "config".into(),
            headers: [("a".into(), of_config()), ("b".into(), of_config())].into(),
            max_answer_bytes: 7,
            ..Config::default()
        };
        let methods = |builder: ClientBuilder| {
            builder
                .base_url("https://method.example/v4.0")
                .token_url("https://method.example/token")
                .timeout(second)
                .attempt_timeout(second)
                .connect_timeout(second)
                .idle_timeout(second)
                .retry(Retry::none())
                .concurrency(2)
                .requests_per_second(3)
                .user_agent("method")
                .header("b", "method".to_owned())
                .trace_data(true)
        };
        for mut builder in [
            methods(Client::builder().config(config())),
            methods(Client::builder()).config(config()),
            // The last of several configurations counts.
            methods(Client::builder().config(Config::default())).config(config()),
        ] {
            builder.apply_overrides();
            let config = builder.config;
            assert_eq!(config.base_url.unwrap(), "https://method.example/v4.0");
            assert_eq!(config.token_url.unwrap(), "https://method.example/token");
            let Timeouts {
                connect,
                attempt,
                call,
                idle,
            } = config.timeouts;
            assert_eq!([connect, attempt, call, idle], [second; 4]);
            assert_eq!(config.retry, Retry::none());
            assert_eq!(
                (config.concurrency, config.requests_per_second),
                (Some(2), Some(3))
            );
            assert_eq!(config.user_agent, "method");
            let headers = config.headers.values().map(ExposeSecret::expose_secret);
            assert_eq!(headers.collect::<Vec<_>>(), ["config", "method"]);
            assert!(config.trace_data);
            // Set by the configuration alone.
            assert_eq!(config.max_answer_bytes, 7);
        }
    }

    #[test]
    fn addresses_alone_are_enough_of_an_environment_and_half_of_the_credentials_are_not() {
        assert!(environment(&[(BASE_URL, "https://x.example")]).is_ok());
        for (set, says) in [
            (
                &[(CLIENT_ID, "id")][..],
                "`BARCODE_CLOUD_CLIENT_SECRET` is missing",
            ),
            (
                &[(CLIENT_SECRET, "canary")],
                "`BARCODE_CLOUD_CLIENT_ID` is missing",
            ),
            (&[(ACCESS_TOKEN, "")], "BARCODE_CLOUD_ACCESS_TOKEN is empty"),
        ] {
            let text = environment(set).err().unwrap().to_string();
            assert!(text.contains(says) && !text.contains("canary"), "{text}");
        }
    }
}
