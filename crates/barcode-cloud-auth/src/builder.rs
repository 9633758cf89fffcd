//! The settings of a token source, and their checking. Knows no protocol.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::cache::Cache;
use crate::credentials::CredentialsProvider;
use crate::endpoint::HttpEndpoint;
use crate::error::Error;
use crate::fetcher::{Deadlines, Fetcher};
use crate::metrics::Counters;
use crate::origin::{self, ApiOrigin};
use crate::schedule::Schedule;
use crate::source::{TokenSource, Work};
use crate::token::static_token;

/// Longer limits are taken for this: sums of instants must not overflow.
const MAX_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How the client shows the token endpoint who it is ([RFC 6749 section
/// 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)). Servers differ; the other way is
/// never tried automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AuthStyle {
    /// Id and secret in the form (`client_secret_post`), which OAuth 2.1 requires of servers.
    #[default]
    Post,
    /// Id and secret in an `Authorization: Basic` header (`client_secret_basic`).
    Basic,
}

/// Builds a [`TokenSource`]; made by [`TokenSource::builder`] or [`TokenSource::static_token`].
///
/// Time limits above 24 h count as 24 h.
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
    supply: Supply,
    api_origin: Option<String>,
    allow_insecure_loopback: bool,
    http: reqwest::ClientBuilder,
    auth_style: AuthStyle,
    scope: Option<String>,
    connect_timeout: Duration,
    deadlines: Deadlines,
    caller_wait: Duration,
    schedule: Schedule,
}

enum Supply {
    Static(SecretString),
    Fetched {
        token_url: String,
        provider: Arc<dyn CredentialsProvider>,
    },
}

impl TokenSourceBuilder {
    pub(crate) fn fetched(token_url: String, provider: Arc<dyn CredentialsProvider>) -> Self {
        Self::new(Supply::Fetched {
            token_url,
            provider,
        })
    }

    pub(crate) fn fixed(token: SecretString) -> Self {
        Self::new(Supply::Static(token))
    }

    fn new(supply: Supply) -> Self {
        Self {
            supply,
            api_origin: None,
            allow_insecure_loopback: false,
            http: reqwest::Client::builder(),
            auth_style: AuthStyle::default(),
            scope: None,
            connect_timeout: Duration::from_secs(3),
            deadlines: Deadlines {
                attempt: Duration::from_secs(10),
                flight: Duration::from_secs(30),
            },
            caller_wait: Duration::from_secs(35),
            schedule: Schedule::default(),
        }
    }

    /// Confines [`TokenSource::authorize`] to requests with this scheme, host and port; a path in
    /// it is ignored. Without it, any encrypted request is authorized.
    pub fn api_origin(mut self, url: impl Into<String>) -> Self {
        self.api_origin = Some(url.into());
        self
    }

    /// Allows `http` addresses on `localhost`, 127.0.0.0/8 and ::1, for an emulator or a test. Off
    /// by default. Such requests use no proxy.
    pub fn allow_insecure_loopback(mut self, allow: bool) -> Self {
        self.allow_insecure_loopback = allow;
        self
    }

    /// The HTTP client for token requests: proxy, root certificates, user agent and so on.
    ///
    /// Not a ready client, because some of its settings are not free: redirects, retries, idle
    /// connections, HTTP/2 and verbose logs are switched off, whatever they were.
    pub fn http(mut self, http: reqwest::ClientBuilder) -> Self {
        self.http = http;
        self
    }

    /// [`AuthStyle::Post`] by default.
    pub fn auth_style(mut self, style: AuthStyle) -> Self {
        self.auth_style = style;
        self
    }

    /// Asks for this scope, several separated by spaces
    /// ([RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)). None by
    /// default.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// For connecting to the token endpoint, TLS included. 3 s by default.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit.min(MAX_LIMIT);
        self
    }

    /// For one token request, from connecting to the last byte of the answer. 10 s by default.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.deadlines.attempt = limit.min(MAX_LIMIT);
        self
    }

    /// For a whole fetch, the credentials provider included. 30 s by default.
    pub fn flight_timeout(mut self, limit: Duration) -> Self {
        self.deadlines.flight = limit.min(MAX_LIMIT);
        self
    }

    /// How long one caller waits for a token, over several fetches if the first ones fail with a
    /// retryable error. A fetch that is under way then goes on without the caller. 35 s by default:
    /// a little more than one fetch can take.
    pub fn caller_wait(mut self, limit: Duration) -> Self {
        self.caller_wait = limit.min(MAX_LIMIT);
        self
    }

    /// Renews a token this long before it expires, or 20 % of its lifetime, whichever is less;
    /// up to 60 s or 10 % earlier by chance. 300 s by default.
    pub fn renew_before(mut self, ahead: Duration) -> Self {
        self.schedule.renew_before = ahead;
        self
    }

    /// Stops serving a token this long before it expires, or 10 % of its lifetime, whichever is
    /// less: the time a request may need to arrive. 10 s by default.
    pub fn stop_before(mut self, ahead: Duration) -> Self {
        self.schedule.stop_before = ahead;
        self
    }

    /// Checks the settings. Needs no runtime, starts nothing, sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the token URL or the API
    /// origin is not an absolute `https` URL (or `http` on loopback, if allowed), has user info or,
    /// in the token URL, a fragment; when a static token is empty or does not fit a header; when
    /// the HTTP client cannot be built.
    pub fn build(self) -> Result<TokenSource, Error> {
        let api_origin = ApiOrigin::new(self.api_origin.as_deref(), self.allow_insecure_loopback)?;
        let (token_url, provider) = match self.supply {
            Supply::Static(token) => {
                let token = static_token(token.expose_secret())?;
                return Ok(TokenSource::from_token(token, api_origin));
            }
            Supply::Fetched {
                token_url,
                provider,
            } => (token_url, provider),
        };
        let url = origin::token_url(&token_url, self.allow_insecure_loopback)?;
        let endpoint = HttpEndpoint::new(
            self.http,
            url,
            self.auth_style,
            self.scope,
            self.connect_timeout,
        )?;
        let cache = Cache::new(self.schedule, self.deadlines.flight);
        let work = Work {
            fetcher: Fetcher {
                provider,
                endpoint: Box::new(endpoint),
                deadlines: self.deadlines,
            },
            counters: Counters::default(),
            random: Mutex::new(fastrand::Rng::new()),
        };
        Ok(TokenSource::from_work(
            cache,
            work,
            self.caller_wait,
            api_origin,
        ))
    }
}

impl fmt::Debug for TokenSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSourceBuilder")
            .field("api_origin", &self.api_origin)
            .field("allow_insecure_loopback", &self.allow_insecure_loopback)
            .field("auth_style", &self.auth_style)
            .field("scope", &self.scope)
            .field("deadlines", &self.deadlines)
            .field("caller_wait", &self.caller_wait)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}
