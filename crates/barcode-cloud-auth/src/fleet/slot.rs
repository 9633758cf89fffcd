//! The value under the key of a token: the token, the newest failure, and the lease of the process
//! that requests another token.
//!
//! The clocks of processes differ, so all times are durations, relative to the moment at which the
//! value is read or written.

use std::time::Duration;

use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::cell::Timed;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetched;
use crate::response::{is_rejection, severity};
use crate::schedule::pause;
use crate::token_endpoint::IssuedToken;

/// How long a value is kept at least, because failures are counted for this long.
const KEEP: Duration = Duration::from_secs(600);

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Slot {
    token: Option<StoredToken>,
    failure: Option<StoredFailure>,
    lease: Option<Lease>,
}

#[derive(Serialize, Deserialize)]
struct StoredToken {
    text: String,
    scope: Option<String>,
    lifetime: Duration,
    remaining: Duration,
}

#[derive(Serialize, Deserialize)]
struct StoredFailure {
    error: StoredError,
    /// The number of failures since the last token.
    count: u32,
    /// How long no other request is sent.
    hold: Duration,
}

#[derive(Serialize, Deserialize)]
struct Lease {
    owner: u64,
    remaining: Duration,
}

/// The parts of an [`Error`] that other processes can use.
#[derive(Serialize, Deserialize)]
struct StoredError {
    /// The position in `KINDS`.
    kind: usize,
    retryable: bool,
    message: String,
    oauth_error: Option<String>,
    status: Option<u16>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
}

/// The kinds of errors that token requests have. Any other kind is stored as the first.
const KINDS: [ErrorKind; 5] = [
    ErrorKind::Transport,
    ErrorKind::Timeout,
    ErrorKind::Refused,
    ErrorKind::InvalidResponse,
    ErrorKind::Configuration,
];

impl Slot {
    /// Returns the token, for a value that was read at `now`.
    pub(super) fn token(&self, now: Instant) -> Option<Fetched> {
        let stored = self.token.as_ref()?;
        let mut token = IssuedToken::new(stored.text.as_str(), stored.lifetime).ok()?;
        token.scope.clone_from(&stored.scope);
        let age = stored.lifetime.saturating_sub(stored.remaining);
        // An instant cannot be earlier than the start of the machine on some systems.
        let requested_at = now.checked_sub(age).unwrap_or_else(|| {
            token.lifetime = stored.remaining;
            now
        });
        Some(Fetched { requested_at, token })
    }

    pub(super) fn remove_token(&mut self) {
        self.token = None;
    }

    /// Returns the newest failure if no other request may be sent yet.
    pub(super) fn failure(&self) -> Option<Error> {
        let failure = self.failure.as_ref().filter(|failure| !failure.hold.is_zero())?;
        Some(failure.error.to_error())
    }

    /// Returns the newest failure if the credentials were rejected.
    pub(super) fn rejection(&self) -> Option<Error> {
        let failure = self.failure.as_ref()?;
        Some(failure.error.to_error()).filter(is_rejection)
    }

    pub(super) fn is_leased(&self) -> bool {
        self.lease.is_some()
    }

    /// Returns for how long `owner` still has the lease.
    pub(super) fn leased_to(&self, owner: u64) -> Option<Duration> {
        let lease = self.lease.as_ref().filter(|lease| lease.owner == owner)?;
        Some(lease.remaining)
    }

    pub(super) fn lease_to(&mut self, owner: u64, duration: Duration) {
        self.lease = Some(Lease { owner, remaining: duration });
    }

    pub(super) fn release(&mut self) {
        self.lease = None;
    }

    /// Stores the result of a request. `draw` is a random number for the pause after a failure.
    pub(super) fn finish(&mut self, result: &Result<Fetched, Error>, now: Instant, draw: f64) {
        match result {
            Ok(fetched) => {
                self.token = StoredToken::new(fetched, now);
                self.failure = None;
            }
            Err(error) => {
                let earlier = self.failure.as_ref().map_or(0, |failure| failure.count);
                let count = earlier.saturating_add(1);
                // Processes without a token may be waiting, so the pause is the one for them.
                let hold = pause(severity(error), count, false, error.retry_after(), draw);
                self.failure = Some(StoredFailure { error: StoredError::new(error), count, hold });
            }
        }
    }
}

impl Timed for Slot {
    fn advance(&mut self, elapsed: Duration) {
        if let Some(token) = &mut self.token {
            token.remaining = token.remaining.saturating_sub(elapsed);
        }
        self.token.take_if(|token| token.remaining.is_zero());
        if let Some(failure) = &mut self.failure {
            failure.hold = failure.hold.saturating_sub(elapsed);
            let retry_after = &mut failure.error.retry_after;
            *retry_after = retry_after.and_then(|wait| wait.checked_sub(elapsed));
        }
        if let Some(lease) = &mut self.lease {
            lease.remaining = lease.remaining.saturating_sub(elapsed);
        }
        self.lease.take_if(|lease| lease.remaining.is_zero());
    }

    fn lifetime(&self) -> Duration {
        self.token.as_ref().map_or(KEEP, |token| token.remaining.max(KEEP))
    }
}

impl StoredToken {
    /// Returns `None` for a token that has expired, or that must not be kept.
    fn new(fetched: &Fetched, now: Instant) -> Option<Self> {
        let token = &fetched.token;
        let age = now.saturating_duration_since(fetched.requested_at);
        Some(Self {
            text: token.access_token().expose_secret().to_owned(),
            scope: token.scope.clone(),
            lifetime: token.lifetime,
            remaining: token.lifetime.checked_sub(age).filter(|left| !left.is_zero())?,
        })
    }
}

impl StoredError {
    fn new(error: &Error) -> Self {
        Self {
            kind: KINDS.iter().position(|kind| *kind == error.kind()).unwrap_or_default(),
            retryable: error.is_retryable(),
            message: error.to_string(),
            oauth_error: error.oauth_error().map(str::to_owned),
            status: error.status().map(|status| status.as_u16()),
            retry_after: error.retry_after(),
            request_id: error.request_id().map(str::to_owned),
        }
    }

    fn to_error(&self) -> Error {
        let kind = KINDS.get(self.kind).copied().unwrap_or(KINDS[0]);
        let error = match self.retryable {
            true => Error::retryable(kind, self.message.as_str()),
            false => Error::permanent(kind, self.message.as_str()),
        };
        let error = match self.status.and_then(|status| StatusCode::from_u16(status).ok()) {
            Some(status) => error.status(status),
            None => error,
        };
        error
            .oauth_error(self.oauth_error.clone())
            .retry_after(self.retry_after)
            .request_id(self.request_id.clone())
            .build()
    }
}
