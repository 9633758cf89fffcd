//! The settings of a token source, and their validation.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::cache::Cache;
use crate::credentials::{ClientCredentials, CredentialsProvider};
use crate::endpoint::{HttpEndpoint, HttpSettings};
use crate::error::{Error, ErrorKind};
use crate::fetcher::{Deadlines, Fetcher};
#[cfg(feature = "token-store")]
use crate::fleet::Fleet;
use crate::metrics::Counters;
use crate::origin::{self, ApiOrigin};
use crate::schedule::Schedule;
use crate::source::{TokenSource, Work};
#[cfg(feature = "token-store")]
use crate::store::TokenStore;
use crate::token::static_token;
use crate::token_endpoint::TokenEndpoint;

/// Longer limits are reduced to this, so that sums of instants do not overflow.
const MAX_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How the client authenticates to the token endpoint
/// ([RFC 6749 section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
///
/// Servers differ. If one style is rejected, the other is not tried automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthStyle {
    /// The id and the secret are fields of the form (`client_secret_post`), which OAuth 2.1
    /// requires servers to support.
    #[default]
    Post,
    /// The id and the secret are in an `Authorization: Basic` header (`client_secret_basic`).
    Basic,
}

/// A builder for a [`TokenSource`], returned by [`TokenSource::builder`] and
/// [`TokenSource::static_token`].
///
/// Time limits above 24 h are reduced to 24 h.
///
/// ```
/// use std::time::Duration;
/// use barcode_cloud_auth::{AuthStyle, EnvCredentials, TokenSource};
///
/// let provider = EnvCredentials::new("WEATHER_CLIENT_ID", "WEATHER_CLIENT_SECRET");
/// let source = TokenSource::builder("https://login.example.com/token", provider)
///     .api_origin("https://api.example.com")
///     .auth_style(AuthStyle::Basic)
///     .scope("forecast.read")
///     .caller_wait(Duration::from_secs(5))
///     .build()?;
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[must_use]
pub struct TokenSourceBuilder {
    kind: Kind,
    provider: Arc<dyn CredentialsProvider>,
    api_origin: Option<String>,
    allow_insecure_loopback: bool,
    http: HttpSettings,
    deadlines: Deadlines,
    caller_wait: Duration,
    schedule: Schedule,
    #[cfg(feature = "token-store")]
    store: Option<Arc<dyn TokenStore>>,
}

enum Kind {
    Static(SecretString),
    Http { token_url: String },
    Custom(Arc<dyn TokenEndpoint>),
}

impl Kind {
    /// Returns the token endpoint, and its URL if it is the built-in one.
    fn endpoint(
        self,
        http: HttpSettings,
        allow_insecure_loopback: bool,
    ) -> Result<(Arc<dyn TokenEndpoint>, Option<Url>), Error> {
        match self {
            Self::Http { token_url } => {
                let url = origin::token_url(&token_url, allow_insecure_loopback)?;
                let endpoint = HttpEndpoint::new(http, url.clone())?;
                Ok((Arc::new(endpoint), Some(url)))
            }
            Self::Custom(endpoint) => Ok((endpoint, None)),
            Self::Static(_) => {
                let message = "a static token has no token endpoint: use TokenSource::builder";
                Err(Error::permanent(ErrorKind::Configuration, message).build())
            }
        }
    }
}

impl TokenSourceBuilder {
    pub(crate) fn fetched(token_url: String, provider: Arc<dyn CredentialsProvider>) -> Self {
        Self { provider, ..Self::new(Kind::Http { token_url }) }
    }

    pub(crate) fn custom(endpoint: Arc<dyn TokenEndpoint>) -> Self {
        Self::new(Kind::Custom(endpoint))
    }

    pub(crate) fn fixed(token: SecretString) -> Self {
        Self::new(Kind::Static(token))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            provider: Arc::new(ClientCredentials::anonymous()),
            api_origin: None,
            allow_insecure_loopback: false,
            http: HttpSettings {
                client: reqwest::Client::builder(),
                auth_style: AuthStyle::default(),
                scope: None,
                parameters: Vec::new(),
                connect_timeout: Duration::from_secs(3),
            },
            deadlines: Deadlines {
                attempt: Duration::from_secs(10),
                fetch: Duration::from_secs(30),
            },
            caller_wait: Duration::from_secs(35),
            schedule: Schedule::default(),
            #[cfg(feature = "token-store")]
            store: None,
        }
    }

    /// Sets the credentials that a [`TokenEndpoint`] of your own gets with each request. The
    /// provider is called for each fetch. Credentials that the endpoint rejects several times are
    /// no longer used.
    pub fn credentials(mut self, provider: impl CredentialsProvider) -> Self {
        self.provider = Arc::new(provider);
        self
    }

    /// Sets the origin of the API: [`TokenSource::authorize`] rejects requests with another scheme,
    /// host or port. A path in the URL is ignored.
    ///
    /// By default, all `https` requests are authorized.
    pub fn api_origin(mut self, url: impl Into<String>) -> Self {
        self.api_origin = Some(url.into());
        self
    }

    /// Sets whether `http` URLs of `localhost`, 127.0.0.0/8 and ::1 are allowed, for an emulator or
    /// a test. `false` by default. Requests to such URLs use no proxy.
    pub fn allow_insecure_loopback(mut self, allow: bool) -> Self {
        self.allow_insecure_loopback = allow;
        self
    }

    /// Sets the HTTP settings of token requests, such as a proxy, root certificates and the user
    /// agent.
    ///
    /// Redirects, retries, idle connections, HTTP/2 and verbose logs are always disabled.
    pub fn http(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http.client = http;
        self
    }

    /// Sets how the client authenticates. [`AuthStyle::Post`] by default.
    pub fn auth_style(mut self, style: AuthStyle) -> Self {
        self.http.auth_style = style;
        self
    }

    /// Sets the requested scope, or several scopes separated by spaces
    /// ([RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)). By default no
    /// scope is requested.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.http.scope = Some(scope.into());
        self
    }

    /// Adds a parameter to the form of each token request, such as `audience`, or `resource`
    /// ([RFC 8707](https://www.rfc-editor.org/rfc/rfc8707)). A name may be added several times.
    ///
    /// [`build`](Self::build) rejects names that have settings of their own: `grant_type`, `scope`,
    /// `client_id`, `client_secret`, `client_assertion` and `client_assertion_type`.
    pub fn form_parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.http.parameters.push((name.into(), value.into()));
        self
    }

    /// Limits connecting to the token endpoint, including the TLS handshake. 3 s by default.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.http.connect_timeout = limit.min(MAX_LIMIT);
        self
    }

    /// Limits one token request, from connecting to the last byte of the response. 10 s by default.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.deadlines.attempt = limit.min(MAX_LIMIT);
        self
    }

    /// Limits a whole fetch, including the credentials provider. 30 s by default.
    pub fn fetch_timeout(mut self, limit: Duration) -> Self {
        self.deadlines.fetch = limit.min(MAX_LIMIT);
        self
    }

    /// Limits how long one caller waits for a token, over several fetches if the first ones fail
    /// with a retryable error. A fetch in progress continues without the caller.
    ///
    /// 35 s by default, which is a little longer than one fetch can take.
    pub fn caller_wait(mut self, limit: Duration) -> Self {
        self.caller_wait = limit.min(MAX_LIMIT);
        self
    }

    /// Sets how long before its expiry a token is renewed. 300 s by default, and at most 20 % of
    /// its lifetime.
    ///
    /// A random time of up to 60 s, and at most 10 % of the lifetime, is added.
    pub fn renew_before(mut self, ahead: Duration) -> Self {
        self.schedule.renew_before = ahead;
        self
    }

    /// Sets how long before its expiry a token is no longer served, because a request needs time to
    /// arrive. 10 s by default, and at most 10 % of its lifetime.
    pub fn stop_before(mut self, ahead: Duration) -> Self {
        self.schedule.stop_before = ahead;
        self
    }

    /// Shares tokens with all processes that use the same store, endpoint, credentials, scope and
    /// parameters: one of them requests a token, and the others use it.
    ///
    /// Refused requests are counted for all processes together: at most four in 600 s for each
    /// client id, and one for each further secret. If the store fails, this process obtains its own
    /// tokens until the store works again.
    ///
    /// The store gets encrypted values only, with a key that is derived from the client secret.
    /// Credentials without a secret have no such key, so their tokens are not shared. For a
    /// [`TokenEndpoint`] of your own, its [name](TokenEndpoint::name) says which tokens can be
    /// shared.
    ///
    /// ```
    /// use barcode_cloud_auth::{ClientCredentials, MemoryTokenStore, TokenSource};
    ///
    /// let credentials = ClientCredentials::new("weather-station", "s3cret")?;
    /// let source = TokenSource::builder("https://login.example.com/token", credentials)
    ///     .api_origin("https://api.example.com")
    ///     .store(MemoryTokenStore::new())
    ///     .build()?;
    /// # Ok::<(), barcode_cloud_auth::Error>(())
    /// ```
    #[cfg(feature = "token-store")]
    pub fn store(mut self, store: impl TokenStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Builds the endpoint without a source, so that a [`TokenEndpoint`] of your own can ask it.
    ///
    /// The credentials and the time limits, apart from the one for connecting, are settings of the
    /// source that uses your endpoint.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use barcode_cloud_auth::{
    ///     ClientCredentials, TokenEndpoint, TokenFuture, TokenRequest, TokenSource,
    /// };
    ///
    /// /// Asks the server of another region if the first one fails.
    /// #[derive(Debug)]
    /// struct Regions {
    ///     first: Arc<dyn TokenEndpoint>,
    ///     second: Arc<dyn TokenEndpoint>,
    /// }
    ///
    /// impl TokenEndpoint for Regions {
    ///     fn fetch<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
    ///         Box::pin(async move {
    ///             match self.first.fetch(request).await {
    ///                 Ok(token) => Ok(token),
    ///                 Err(_) => self.second.fetch(request).await,
    ///             }
    ///         })
    ///     }
    /// }
    ///
    /// let credentials = ClientCredentials::new("weather-station", "s3cret")?;
    /// let server = |url| {
    ///     TokenSource::builder(url, credentials.clone()).scope("forecast.read").build_endpoint()
    /// };
    /// let first = server("https://login-eu.example.com/token")?;
    /// let second = server("https://login-us.example.com/token")?;
    /// let source = TokenSource::from_endpoint(Regions { first, second })
    ///     .credentials(credentials)
    ///     .api_origin("https://api.example.com")
    ///     .build()?;
    /// # Ok::<(), barcode_cloud_auth::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the token URL, a form
    /// parameter or the HTTP client is invalid, or if the source has a static token.
    pub fn build_endpoint(self) -> Result<Arc<dyn TokenEndpoint>, Error> {
        let (endpoint, _) = self.kind.endpoint(self.http, self.allow_insecure_loopback)?;
        Ok(endpoint)
    }

    /// Validates the settings and builds the source. This needs no runtime and sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if
    ///
    /// - the token URL or the API origin is not an absolute `https` URL (or `http` on loopback, if
    ///   allowed), or has a user name or password;
    /// - the token URL has a fragment;
    /// - a form parameter has a reserved name;
    /// - a static token is empty or is not a valid header value;
    /// - the HTTP client cannot be built.
    pub fn build(self) -> Result<TokenSource, Error> {
        let api_origin = ApiOrigin::new(self.api_origin.as_deref(), self.allow_insecure_loopback)?;
        if let Kind::Static(token) = &self.kind {
            let token = static_token(token.expose_secret())?;
            return Ok(TokenSource::from_token(token, api_origin));
        }
        #[cfg(feature = "token-store")]
        let requested = self.http.identity();
        let (endpoint, url) = self.kind.endpoint(self.http, self.allow_insecure_loopback)?;
        #[cfg(feature = "token-store")]
        let fleet = self.store.map(|store| {
            let endpoint = url.as_ref().map_or_else(|| endpoint.name(), Url::as_str).to_owned();
            let identity = std::iter::once(endpoint).chain(requested).collect();
            Fleet::new(store, identity, self.deadlines.attempt, fastrand::Rng::new())
        });
        let cache = Cache::new(self.schedule, self.deadlines.fetch);
        let work = Work {
            fetcher: Fetcher {
                provider: self.provider,
                endpoint,
                url,
                deadlines: self.deadlines,
                #[cfg(feature = "token-store")]
                fleet,
            },
            counters: Counters::default(),
            random: Mutex::new(fastrand::Rng::new()),
        };
        Ok(TokenSource::from_work(cache, work, self.caller_wait, api_origin))
    }
}

impl fmt::Debug for TokenSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSourceBuilder")
            .field("api_origin", &self.api_origin)
            .field("allow_insecure_loopback", &self.allow_insecure_loopback)
            .field("auth_style", &self.http.auth_style)
            .field("scope", &self.http.scope)
            .field("deadlines", &self.deadlines)
            .field("caller_wait", &self.caller_wait)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}
