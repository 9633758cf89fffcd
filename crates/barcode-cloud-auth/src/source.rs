//! The token source: hands out the cached token, launches flights, waits for them. Knows no HTTP
//! and decides nothing about time; `cache` does.

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
use crate::cache::{Cache, FlightReport, NextStep, Outcome, Ticket};
use crate::credentials::CredentialsProvider;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetcher;
use crate::metrics::{Counters, Metrics};
use crate::origin::ApiOrigin;
use crate::token::AccessToken;

/// Access tokens for one client of one server: cached, renewed ahead, fetched once for all callers.
///
/// Cheap to clone; clones share everything. Building it needs no runtime and starts nothing. Each
/// fetch runs as a task of its own on the runtime of the caller that found it necessary, so a
/// cancelled caller stops no fetch, and a source outlives any runtime it was used on. Nothing runs
/// between fetches, and dropping the last handle ends a fetch that is under way.
///
/// See the [crate's documentation](crate) for an example.
#[derive(Clone)]
pub struct TokenSource(Arc<Inner>);

struct Inner {
    supply: Supply,
    api_origin: ApiOrigin,
}

enum Supply {
    Static(AccessToken),
    Fetched {
        cache: Arc<Cache>,
        work: Arc<Work>,
        caller_wait: Duration,
    },
}

/// The wait for a token. Boxed, so that it does not enlarge the future of every call.
type Wait<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, Error>> + Send + 'a>>;

impl Supply {
    /// The token in memory, or else the wait for one, for at most `limit`.
    fn token(&self, limit: Duration) -> Result<AccessToken, Wait<'_>> {
        match self {
            Self::Static(token) => Ok(token.clone()),
            Self::Fetched {
                cache,
                work,
                caller_wait,
            } => cached(cache, work).ok_or_else(|| {
                let limit = limit.min(*caller_wait);
                Box::pin(wait_for_token(cache, work, limit)) as Wait<'_>
            }),
        }
    }
}

/// What a flight needs. Apart from the cache, so that a flight does not keep the source alive.
pub(crate) struct Work {
    pub(crate) fetcher: Fetcher,
    pub(crate) counters: Counters,
    pub(crate) random: Mutex<fastrand::Rng>,
}

impl TokenSource {
    /// Starts a source that fetches from `token_url` with credentials from `provider`, which may
    /// simply be [`ClientCredentials`](crate::ClientCredentials).
    pub fn builder(
        token_url: impl Into<String>,
        provider: impl CredentialsProvider,
    ) -> TokenSourceBuilder {
        TokenSourceBuilder::fetched(token_url.into(), Arc::new(provider))
    }

    /// Starts a source that always returns this one token, for callers that already have a token.
    ///
    /// Of the settings, only [`api_origin`](TokenSourceBuilder::api_origin) and
    /// [`allow_insecure_loopback`](TokenSourceBuilder::allow_insecure_loopback) matter.
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
        Self(Arc::new(Inner {
            supply: Supply::Static(token),
            api_origin,
        }))
    }

    pub(crate) fn from_work(
        cache: Arc<Cache>,
        work: Work,
        caller_wait: Duration,
        api_origin: ApiOrigin,
    ) -> Self {
        let supply = Supply::Fetched {
            cache,
            work: Arc::new(work),
            caller_wait,
        };
        Self(Arc::new(Inner { supply, api_origin }))
    }

    /// A valid token: the one in memory at once, or the next one fetched.
    ///
    /// With a token in memory this is ready on the first poll, without a lock, an allocation or a
    /// task. When the token nears its end, one call launches a renewal and is answered at once too.
    ///
    /// Without a token all callers share one fetch. If it fails with a
    /// [retryable](Error::is_retryable) error, they wait for the next one, which starts after a
    /// pause of 0.25 s, doubling to 10 s, or after the `Retry-After` of the server, up to 300 s.
    /// There is one request for each pause, however many callers wait.
    ///
    /// # Errors
    ///
    /// - A permanent failure, at once; for the next 5 s, doubling to 60 s, all callers get it
    ///   without another request.
    /// - A retryable failure, as soon as the next fetch would start after
    ///   [`caller_wait`](TokenSourceBuilder::caller_wait), or when that time ends during a later
    ///   fetch.
    /// - [`ErrorKind::WaitTimeout`], when that time ends during the first fetch.
    /// - [`ErrorKind::Panicked`], when the fetch panicked.
    /// - [`ErrorKind::Runtime`] outside a Tokio runtime, if the token is not in memory.
    ///
    /// # Panics
    ///
    /// When it has to wait on a Tokio runtime without timers.
    pub async fn token(&self) -> Result<AccessToken, Error> {
        self.token_within(Duration::MAX).await
    }

    /// A valid token like [`token`](Self::token), but waits for at most `limit`, or
    /// [`caller_wait`](TokenSourceBuilder::caller_wait) if that is shorter.
    ///
    /// Prefer this to a timeout around [`token`](Self::token): when the endpoint fails, it returns
    /// the error of the endpoint and not just that time ran out.
    ///
    /// # Errors
    ///
    /// Those of [`token`](Self::token).
    ///
    /// # Panics
    ///
    /// As [`token`](Self::token).
    pub async fn token_within(&self, limit: Duration) -> Result<AccessToken, Error> {
        match self.0.supply.token(limit) {
            Ok(token) => Ok(token),
            Err(wait) => wait.await,
        }
    }

    /// Sets the request's `Authorization` header and returns the token it set, for
    /// [`invalidate`](Self::invalidate) if the answer is 401. A header that is already there is
    /// replaced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignOrigin`] when the request does not go to the configured
    /// [`api_origin`](TokenSourceBuilder::api_origin), or, without one, is not encrypted; the
    /// request is left as it was. Otherwise those of [`token`](Self::token).
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
    /// Those of [`authorize`](Self::authorize).
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
        request
            .headers_mut()
            .insert(AUTHORIZATION, token.header_value().clone());
        Ok(token)
    }

    /// Takes a token out of service that the API answered with 401
    /// ([RFC 6750 section 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1)).
    ///
    /// Only this very token is taken out: a late 401 for an older token does not touch a newer one.
    /// The next [`token`](Self::token) fetches; call that and repeat the request once, not more. Do
    /// not report the 401 of the repeated request, and do not call this for 403, which says that
    /// the token is good and the right is missing. A static token stays, because nothing can
    /// replace it.
    ///
    /// If the API rejects one fresh token after the other, replacing them does not help and only
    /// keeps other callers waiting. Therefore the first rejected token is replaced at once, but
    /// after that a token stays until it is as old as the hold-off: 1 s, doubling with each
    /// replaced token to 300 s. Ten minutes without a replacement end the hold-off.
    pub fn invalidate(&self, token: &AccessToken) {
        if let Supply::Fetched { cache, .. } = &self.0.supply
            && cache.invalidate(token, Instant::now())
        {
            debug!(generation = token.generation(), "access token invalidated");
        }
    }

    /// The counters as they are now.
    pub fn metrics(&self) -> Metrics {
        let Supply::Fetched { cache, work, .. } = &self.0.supply else {
            return Metrics::default();
        };
        let (generation, times) = cache.status();
        Metrics {
            fetches: work.counters.fetches.get(),
            failures: work.counters.failures.get(),
            served_from_cache: work.counters.served.get(),
            token_age: times.map(|times| times.issued_at.elapsed()),
            generation,
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let supply = match &self.0.supply {
            Supply::Static(_) => "static",
            Supply::Fetched { .. } => "fetched",
        };
        f.debug_struct("TokenSource")
            .field("supply", &supply)
            .finish_non_exhaustive()
    }
}

/// The token in memory; near its end, a renewal is launched.
fn cached(cache: &Arc<Cache>, work: &Arc<Work>) -> Option<AccessToken> {
    let now = Instant::now();
    let (token, due) = cache.get(now)?;
    if due
        && let Ok(runtime) = Handle::try_current()
        && let Some(ticket) = cache.renew(now)
    {
        debug!(generation = token.generation(), "renewing the access token");
        launch(&runtime, work, ticket);
    }
    work.counters.served.add_one();
    Some(token)
}

/// Joins the flight or starts one, and waits for its end.
async fn wait_for_token(
    cache: &Arc<Cache>,
    work: &Arc<Work>,
    caller_wait: Duration,
) -> Result<AccessToken, Error> {
    let runtime = Handle::try_current().map_err(|source| {
        let message = "a token can only be fetched on a Tokio runtime: call this from one";
        Error::permanent(ErrorKind::Runtime, message)
            .source(source)
            .build()
    })?;
    let deadline = Instant::now() + caller_wait;
    let mut lost_here = 0;
    let mut last_error = None;
    loop {
        let (in_flight, mine) = match cache.next_step(Instant::now()) {
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
                launch(&runtime, work, ticket);
                (in_flight, true)
            }
        };
        let until = deadline.min(in_flight.abandon_at);
        match timeout_at(until, in_flight.flight.wait()).await {
            Ok(Outcome::Token(token)) => return Ok(token),
            Ok(Outcome::Crashed(error)) => return Err(error),
            Ok(Outcome::Failed(error)) if error.is_permanent() => return Err(error),
            // The next round waits for the pause, or returns the error if that takes too long.
            Ok(Outcome::Failed(error)) => last_error = Some(error),
            // A runtime that drops two tasks in a row would drop every further one as well.
            Ok(Outcome::Lost) if mine && lost_here > 0 => return Err(lost()),
            Ok(Outcome::Lost) => lost_here += usize::from(mine),
            Err(_) if Instant::now() >= deadline => {
                return Err(last_error.unwrap_or_else(|| waited(caller_wait)));
            }
            // The runtime of the flight does not make progress, so the next round replaces the
            // flight.
            Err(_) => {}
        }
    }
}

fn launch(runtime: &Handle, work: &Arc<Work>, ticket: Ticket) {
    let flight = Arc::clone(&ticket.flight);
    let task = runtime.spawn(fly(Arc::clone(work), ticket, Span::current().id()));
    flight.run_by(task.abort_handle());
}

/// The life of one flight, as a task of its own.
async fn fly(work: Arc<Work>, ticket: Ticket, cause: Option<span::Id>) {
    // Timers round up to the next millisecond, even when they are due.
    if Instant::now() < ticket.start_at {
        sleep_until(ticket.start_at).await;
    }
    if !ticket.begin(Instant::now()) {
        return;
    }
    debug!("requesting an access token");
    let fetch = work.fetcher.fetch(&ticket, cause, &work.counters);
    let fetch = AssertUnwindSafe(fetch).catch_unwind().await;
    let Ok(result) = fetch else {
        work.counters.failures.add_one();
        let message = "the token request panicked: report it, with the panic message from the log";
        let error = Error::retryable(ErrorKind::Panicked, message).build();
        warn!(%error, "no access token");
        return ticket.crash(error);
    };
    let draw = work
        .random
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .f64();
    let now = Instant::now();
    if let Some(landing) = ticket.land(now, result, draw) {
        if let Outcome::Failed(_) = landing.outcome {
            work.counters.failures.add_one();
        }
        log(landing, now);
    }
}

fn log(landing: FlightReport, now: Instant) {
    match landing.outcome {
        Outcome::Token(token) => {
            let lifetime = token.remaining().unwrap_or_default();
            info!(
                generation = token.generation(),
                ?lifetime,
                "access token obtained"
            );
        }
        Outcome::Failed(error) => {
            let pause = landing
                .next_request
                .map(|next| next.saturating_duration_since(now));
            let has_token = landing.has_token;
            warn!(%error, has_token, ?pause, "no new access token, pausing");
        }
        Outcome::Crashed(_) => {}
        Outcome::Lost => debug!("a token request came back after it had been replaced"),
    }
}

fn lost() -> Error {
    let message = "the runtime that fetched the token is shutting down: call from one that runs";
    Error::retryable(ErrorKind::Runtime, message).build()
}

fn waited(limit: Duration) -> Error {
    let message = format!("no token within {limit:?}: try again, or raise the caller's wait");
    Error::retryable(ErrorKind::WaitTimeout, message).build()
}
