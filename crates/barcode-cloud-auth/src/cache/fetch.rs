//! A fetch in progress: callers wait for a [`SharedFetch`], and the task that runs it holds its
//! [`Ticket`].

use std::sync::{Arc, OnceLock, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::Cache;
use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetched;
#[cfg(feature = "token-store")]
use crate::fleet::Offer;
use crate::token::AccessToken;

/// A fetch in progress, shared by the task that runs it and all callers that wait for it.
pub(crate) struct SharedFetch {
    outcome: watch::Sender<Option<Outcome>>,
    task: OnceLock<AbortHandle>,
}

/// A fetch, and the time at which it is considered abandoned.
#[derive(Clone)]
pub(crate) struct InFlight {
    pub(crate) fetch: Arc<SharedFetch>,
    pub(crate) abandon_at: Instant,
}

/// How a fetch ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Token(AccessToken),
    Failed(Error),
    /// The fetch panicked. This is not remembered: the next caller starts another fetch.
    Panicked(Error),
    /// The task that ran the fetch was dropped, which shows nothing about the endpoint.
    Abandoned,
}

/// What a finished fetch left behind, for the log.
pub(crate) struct FetchReport {
    pub(crate) outcome: Outcome,
    /// Whether a valid token is in memory.
    pub(crate) has_token: bool,
    /// When the next request may be sent with the same credentials.
    pub(crate) next_request: Option<Instant>,
    /// The client whose credentials were read.
    pub(crate) client_id: Option<String>,
}

/// The obligation to run a fetch. If it is dropped before the fetch has ended, the waiting callers
/// learn that the fetch was abandoned. It does not keep the cache alive.
pub(crate) struct Ticket {
    cache: Weak<Cache>,
    pub(crate) fetch: Arc<SharedFetch>,
    /// The fetch must not begin earlier.
    pub(crate) start_at: Instant,
}

impl SharedFetch {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { outcome: watch::Sender::new(None), task: OnceLock::new() })
    }

    /// Waits for the outcome, on any runtime.
    pub(crate) async fn wait(&self) -> Outcome {
        let mut outcome = self.outcome.subscribe();
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Abandoned),
            Err(_) => Outcome::Abandoned,
        }
    }

    /// Sets the task that runs the fetch, so that it can be aborted.
    pub(crate) fn set_task(&self, task: AbortHandle) {
        // Each fetch is spawned once, so the task cannot be set already.
        let _ = self.task.set(task);
    }

    /// Must not be called under the lock of the cache, because a dropped ticket takes that lock.
    pub(super) fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn end(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }
}

impl Ticket {
    pub(super) fn new(cache: &Arc<Cache>, fetch: Arc<SharedFetch>, start_at: Instant) -> Self {
        Self { cache: Arc::downgrade(cache), fetch, start_at }
    }

    /// Whether to run the fetch. Must be called once `start_at` has passed.
    pub(crate) fn begin(&self, now: Instant) -> bool {
        self.cache.upgrade().is_some_and(|cache| cache.begin(&self.fetch, now))
    }

    /// Whether these credentials may be sent now; if not, returns the error to end the fetch with.
    /// Must be called right before the request is sent, because the interval between requests
    /// starts now.
    pub(crate) fn send(&self, now: Instant, credentials: &ClientCredentials) -> Result<(), Error> {
        match self.cache.upgrade() {
            Some(cache) => cache.send(&self.fetch, now, credentials),
            None => Err(replaced()),
        }
    }

    /// Decides about a token that another process obtained with these credentials.
    #[cfg(feature = "token-store")]
    pub(crate) fn offer(
        &self,
        now: Instant,
        fetched: &Fetched,
        credentials: &ClientCredentials,
    ) -> Offer {
        match self.cache.upgrade() {
            Some(cache) => cache.offer(&self.fetch, now, fetched, credentials),
            None => Offer::Declined,
        }
    }

    /// Records the result and wakes the waiting callers. `draw` is a random number from [0, 1),
    /// which determines the jitter of the token's renewal or of the pause.
    pub(crate) fn finish(
        self,
        now: Instant,
        result: Result<Fetched, Error>,
        draw: f64,
    ) -> Option<FetchReport> {
        let report = self.cache.upgrade()?.finish(&self.fetch, now, result, draw);
        self.fetch.end(report.outcome.clone());
        Some(report)
    }

    /// Ends a fetch that panicked.
    pub(crate) fn panicked(self, error: Error) {
        self.abandon(Outcome::Panicked(error));
    }

    fn abandon(&self, outcome: Outcome) {
        if let Some(cache) = self.cache.upgrade() {
            cache.lock().remove(&self.fetch);
        }
        self.fetch.end(outcome);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.fetch.outcome.borrow().is_none() {
            self.abandon(Outcome::Abandoned);
        }
    }
}

/// The error of a fetch that was replaced while it ran.
pub(super) fn replaced() -> Error {
    let message = "another token request replaced this one: call again";
    Error::retryable(ErrorKind::Runtime, message).build()
}
