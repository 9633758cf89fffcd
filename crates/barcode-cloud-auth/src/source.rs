//! The token source: returns the cached token, starts fetches, and waits for them. It does not use
//! HTTP; `cache` decides when tokens are fetched and served.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use reqwest::header::AUTHORIZATION;
use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{Span, debug, info, span, warn};

use crate::builder::TokenSourceBuilder;
use crate::cache::{Cache, FetchReport, NextStep, Outcome, Ticket};
use crate::credentials::CredentialsProvider;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetcher;
use crate::metrics::{Counters, Metrics};
use crate::origin::ApiOrigin;
use crate::token::AccessToken;
use crate::token_endpoint::TokenEndpoint;

/// A source of access tokens, which are cached, renewed before they expire, and fetched once for
/// all callers.
///
/// A source is cheap to clone; clones share the token. Building one needs no runtime and sends
/// nothing.
///
/// Each fetch is a separate task on the runtime of the caller that started it. It therefore
/// continues if that caller is cancelled, and a source can be used on several runtimes, one after
/// another. No task runs between fetches. Dropping the last clone aborts a fetch in progress.
///
/// ```no_run
/// use barcode_cloud_auth::{EnvCredentials, TokenSource};
///
/// # async fn example() -> Result<(), barcode_cloud_auth::Error> {
/// let provider = EnvCredentials::new("WEATHER_CLIENT_ID", "WEATHER_CLIENT_SECRET");
/// let source = TokenSource::builder("https://login.example.com/token", provider)
///     .api_origin("https://api.example.com")
///     .build()?;
/// let token = source.token().await?;
/// // For the header `Authorization`. Its `Debug` output does not show the token.
/// let value = token.header_value();
/// # Ok(())
/// # }
/// ```
///
/// The [crate's documentation](crate) has an example that sends a request and handles a 401.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    tokens: Tokens,
    api_origin: ApiOrigin,
}

enum Tokens {
    Static(AccessToken),
    Fetched { cache: Arc<Cache>, work: Arc<Work>, caller_wait: Duration },
}

/// A future that waits for a token. Boxed so that it does not enlarge the future of every call.
type Wait<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, Error>> + Send + 'a>>;

impl Tokens {
    /// Returns the token in memory, or a future that waits for one for at most `limit`.
    fn token(&self, limit: Duration) -> Result<AccessToken, Wait<'_>> {
        match self {
            Self::Static(token) => Ok(token.clone()),
            Self::Fetched { cache, work, caller_wait } => cached(cache, work).ok_or_else(|| {
                let limit = limit.min(*caller_wait);
                Box::pin(wait_for_token(cache, work, limit)) as Wait<'_>
            }),
        }
    }
}

/// The parts of a source that a fetch needs. They are separate from the cache, so that a fetch does
/// not keep the cache alive.
pub(crate) struct Work {
    pub(crate) fetcher: Fetcher,
    pub(crate) counters: Counters,
    pub(crate) random: Mutex<fastrand::Rng>,
}

impl TokenSource {
    /// Returns a builder for a source that requests tokens from `token_url` with the credentials of
    /// `provider`, for example [`ClientCredentials`](crate::ClientCredentials).
    pub fn builder(
        token_url: impl Into<String>,
        provider: impl CredentialsProvider,
    ) -> TokenSourceBuilder {
        TokenSourceBuilder::fetched(token_url.into(), Arc::new(provider))
    }

    /// Returns a builder for a source that asks a [`TokenEndpoint`] of your own.
    ///
    /// The settings of HTTP requests, such as [`http`](TokenSourceBuilder::http) and
    /// [`scope`](TokenSourceBuilder::scope), have no effect on it.
    pub fn from_endpoint(endpoint: impl TokenEndpoint) -> TokenSourceBuilder {
        TokenSourceBuilder::custom(Arc::new(endpoint))
    }

    /// Returns a builder for a source that always returns this token.
    ///
    /// Only the settings [`api_origin`](TokenSourceBuilder::api_origin) and
    /// [`allow_insecure_loopback`](TokenSourceBuilder::allow_insecure_loopback) have an effect.
    ///
    /// ```
    /// use barcode_cloud_auth::TokenSource;
    ///
    /// let source = TokenSource::static_token("eyJhbGciOi")
    ///     .api_origin("https://api.example.com")
    ///     .build()?;
    /// # Ok::<(), barcode_cloud_auth::Error>(())
    /// ```
    pub fn static_token(token: impl Into<SecretString>) -> TokenSourceBuilder {
        TokenSourceBuilder::fixed(token.into())
    }

    pub(crate) fn from_token(token: AccessToken, api_origin: ApiOrigin) -> Self {
        Self(Arc::new(Inner { tokens: Tokens::Static(token), api_origin }))
    }

    pub(crate) fn from_work(
        cache: Arc<Cache>,
        work: Work,
        caller_wait: Duration,
        api_origin: ApiOrigin,
    ) -> Self {
        let tokens = Tokens::Fetched { cache, work: Arc::new(work), caller_wait };
        Self(Arc::new(Inner { tokens, api_origin }))
    }

    /// Returns a valid token: the one in memory, or else the next one fetched.
    ///
    /// If a token is in memory, the future is ready on the first poll, without a lock, an
    /// allocation or a task. When the token is about to expire, one of these calls also starts a
    /// renewal in the background.
    ///
    /// If no token is in memory, all callers share one fetch. If it fails with a
    /// [retryable](Error::is_retryable) error, they wait for the next one. It starts after a pause
    /// of 0.25 s, which doubles up to 10 s, or after the server's `Retry-After`, up to 300 s. One
    /// request is sent after each pause, no matter how many callers wait.
    ///
    /// # Errors
    ///
    /// - A permanent failure is returned at once. For the next 5 s, doubling up to 60 s, all
    ///   callers get it without another request.
    /// - A retryable failure is returned if the next fetch would start after
    ///   [`caller_wait`](TokenSourceBuilder::caller_wait), or when that time ends during a later
    ///   fetch.
    /// - [`ErrorKind::WaitTimeout`] if that time ends during the first fetch.
    /// - [`ErrorKind::Panicked`] if the fetch panicked.
    /// - [`ErrorKind::Runtime`] outside a Tokio runtime, if no token is in memory.
    ///
    /// # Panics
    ///
    /// If it has to wait on a Tokio runtime without timers.
    pub async fn token(&self) -> Result<AccessToken, Error> {
        self.token_within(Duration::MAX).await
    }

    /// Returns a valid token like [`token`](Self::token), but waits for at most `limit`, or
    /// [`caller_wait`](TokenSourceBuilder::caller_wait) if that is shorter.
    ///
    /// Prefer this to a timeout around [`token`](Self::token): if the endpoint fails, this returns
    /// the endpoint's error instead of a timeout.
    ///
    /// # Errors
    ///
    /// The errors of [`token`](Self::token).
    ///
    /// # Panics
    ///
    /// As [`token`](Self::token).
    pub async fn token_within(&self, limit: Duration) -> Result<AccessToken, Error> {
        match self.0.tokens.token(limit) {
            Ok(token) => Ok(token),
            Err(wait) => wait.await,
        }
    }

    /// Sets the `Authorization` header of a request, replacing an existing one. Returns the token,
    /// which [`invalidate`](Self::invalidate) needs if the response is 401.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::ForeignOrigin`] if the request does not go to the configured
    ///   [`api_origin`](TokenSourceBuilder::api_origin) or, if none is configured, does not use
    ///   `https`. The request is not changed.
    /// - The errors of [`token`](Self::token).
    ///
    /// # Panics
    ///
    /// As [`token`](Self::token).
    pub async fn authorize(&self, request: &mut reqwest::Request) -> Result<AccessToken, Error> {
        self.authorize_within(request, Duration::MAX).await
    }

    /// Authorizes a request like [`authorize`](Self::authorize), but waits for a token for at most
    /// `limit`, as [`token_within`](Self::token_within) does.
    ///
    /// # Errors
    ///
    /// The errors of [`authorize`](Self::authorize).
    ///
    /// # Panics
    ///
    /// As [`token`](Self::token).
    pub async fn authorize_within(
        &self,
        request: &mut reqwest::Request,
        limit: Duration,
    ) -> Result<AccessToken, Error> {
        self.0.api_origin.check(request.url())?;
        let token = self.token_within(limit).await?;
        request.headers_mut().insert(AUTHORIZATION, token.header_value().clone());
        Ok(token)
    }

    /// Returns a valid token for a request to this URI.
    #[cfg(feature = "tower")]
    pub(crate) async fn token_for(&self, uri: &http::Uri) -> Result<AccessToken, Error> {
        self.0.api_origin.check_uri(uri)?;
        self.token().await
    }

    /// Stops serving a token that the API rejected with 401
    /// ([RFC 6750 section 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)).
    ///
    /// Only this token is affected: a late 401 for an older token does not affect a newer one. The
    /// next [`token`](Self::token) call fetches a new token. Resend the request once with that
    /// token. Do not call this method for the 401 of the resent request, nor for a 403, which means
    /// that the token is valid but lacks a right. A static token is still served, because there is
    /// no other. In a token store, the next fetch replaces this token for all processes.
    ///
    /// If the API rejects one new token after another, replacing them does not help, and other
    /// callers would wait in vain. Therefore only the first rejected token is replaced at once.
    /// Later ones are served until they are as old as the hold-off, which is 1 s and doubles with
    /// each replaced token up to 300 s. It ends after ten minutes without a replacement.
    pub fn invalidate(&self, token: &AccessToken) {
        if let Tokens::Fetched { cache, work, .. } = &self.0.tokens
            && cache.invalidate(token, Instant::now())
        {
            let (generation, endpoint) = (token.generation(), work.fetcher.endpoint.name());
            debug!(generation, endpoint, "access token invalidated");
        }
    }

    /// Returns the current values of the counters.
    pub fn metrics(&self) -> Metrics {
        let Tokens::Fetched { cache, work, .. } = &self.0.tokens else {
            return Metrics::default();
        };
        let (generation, times) = cache.status();
        Metrics {
            fetches: work.counters.fetches.get(),
            failures: work.counters.failures.get(),
            store_failures: work.fetcher.store_failures(),
            served_from_cache: work.counters.served.get(),
            token_age: times.map(|times| times.issued_at.elapsed()),
            generation,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0.tokens {
            Tokens::Static(_) => "static",
            Tokens::Fetched { .. } => "fetched",
        };
        f.debug_struct("TokenSource").field("tokens", &kind).finish_non_exhaustive()
    }
}

/// Returns the token in memory. If it is about to expire, starts a renewal.
fn cached(cache: &Arc<Cache>, work: &Arc<Work>) -> Option<AccessToken> {
    let now = Instant::now();
    let (token, due) = cache.get(now)?;
    if due
        && let Ok(runtime) = Handle::try_current()
        && let Some(ticket) = cache.renew(now)
    {
        let (generation, endpoint) = (token.generation(), work.fetcher.endpoint.name());
        debug!(generation, endpoint, "renewing the access token");
        spawn_fetch(&runtime, work, ticket);
    }
    work.counters.served.add_one();
    Some(token)
}

/// Joins the fetch in progress or starts one, and waits for a token.
async fn wait_for_token(
    cache: &Arc<Cache>,
    work: &Arc<Work>,
    caller_wait: Duration,
) -> Result<AccessToken, Error> {
    let runtime = Handle::try_current().map_err(|source| {
        let message = "a token can only be fetched on a Tokio runtime: call this from one";
        Error::permanent(ErrorKind::Runtime, message).source(source).build()
    })?;
    let deadline = Instant::now() + caller_wait;
    let mut abandoned_here = 0;
    let mut last_error = None;
    loop {
        let (in_flight, is_mine) = match cache.next_step(Instant::now()) {
            NextStep::Serve(token) => {
                work.counters.served.add_one();
                return Ok(token);
            }
            NextStep::Paused { error, retry_at } => {
                if error.is_permanent() || retry_at >= deadline {
                    return Err(error);
                }
                last_error = Some(error);
                sleep_until(retry_at).await;
                continue;
            }
            NextStep::Wait(in_flight) => (in_flight, false),
            NextStep::Start(ticket, in_flight) => {
                spawn_fetch(&runtime, work, ticket);
                (in_flight, true)
            }
        };
        let until = deadline.min(in_flight.abandon_at);
        match timeout_at(until, in_flight.fetch.wait()).await {
            Ok(Outcome::Token(token)) => return Ok(token),
            Ok(Outcome::Panicked(error)) => return Err(error),
            Ok(Outcome::Failed(error)) if error.is_permanent() => return Err(error),
            // The next round waits for the pause, or returns the error if that takes too long.
            Ok(Outcome::Failed(error)) => last_error = Some(error),
            // A runtime that drops two tasks in a row would drop every further one as well.
            Ok(Outcome::Abandoned) if is_mine && abandoned_here > 0 => {
                return Err(runtime_shut_down());
            }
            Ok(Outcome::Abandoned) => abandoned_here += usize::from(is_mine),
            Err(_) if Instant::now() >= deadline => {
                return Err(last_error.unwrap_or_else(|| wait_timeout(caller_wait)));
            }
            // The runtime of the fetch does not make progress, so the next round replaces the
            // fetch.
            Err(_) => {}
        }
    }
}

fn spawn_fetch(runtime: &Handle, work: &Arc<Work>, ticket: Ticket) {
    let fetch = Arc::clone(&ticket.fetch);
    let task = runtime.spawn(run_fetch(Arc::clone(work), ticket, Span::current().id()));
    fetch.set_task(task.abort_handle());
}

/// Runs one fetch, in its own task.
async fn run_fetch(work: Arc<Work>, ticket: Ticket, cause: Option<span::Id>) {
    // A timer that is already due would still wait for the next millisecond.
    if Instant::now() < ticket.start_at {
        sleep_until(ticket.start_at).await;
    }
    if !ticket.begin(Instant::now()) {
        return;
    }
    let endpoint = work.fetcher.endpoint.name();
    debug!(endpoint, "requesting an access token");
    let fetch = work.fetcher.fetch(&ticket, cause, &work.counters);
    let fetch = AssertUnwindSafe(fetch).catch_unwind().await;
    let Ok(result) = fetch else {
        work.counters.failures.add_one();
        let message = "the token request panicked: report it, with the panic message from the log";
        let error = Error::retryable(ErrorKind::Panicked, message).build();
        warn!(%error, endpoint, "no access token");
        return ticket.panicked(error);
    };
    let draw = work.random.lock().unwrap_or_else(PoisonError::into_inner).f64();
    let now = Instant::now();
    if let Some(report) = ticket.finish(now, result, draw) {
        if let Outcome::Failed(_) = report.outcome {
            work.counters.failures.add_one();
        }
        log(report, endpoint, now);
    }
}

fn log(report: FetchReport, endpoint: &str, now: Instant) {
    let client_id = report.client_id.as_deref();
    match report.outcome {
        Outcome::Token(token) => {
            let lifetime = token.remaining().unwrap_or_default();
            info!(
                generation = token.generation(),
                ?lifetime,
                endpoint,
                client_id,
                "access token obtained"
            );
        }
        Outcome::Failed(error) => {
            let pause = report.next_request.map(|next| next.saturating_duration_since(now));
            let has_token = report.has_token;
            let request_id = error.request_id();
            warn!(
                %error,
                request_id,
                has_token,
                ?pause,
                endpoint,
                client_id,
                "no new access token, pausing"
            );
        }
        Outcome::Panicked(_) => {}
        Outcome::Abandoned => debug!(endpoint, "a token request ended after it had been replaced"),
    }
}

fn runtime_shut_down() -> Error {
    let message = "the runtime that fetched the token was shut down: call from a running one";
    Error::retryable(ErrorKind::Runtime, message).build()
}

fn wait_timeout(limit: Duration) -> Error {
    let message =
        format!("no token was obtained within {limit:?}: try again, or raise `caller_wait`");
    Error::retryable(ErrorKind::WaitTimeout, message).build()
}
