//! What the cache remembers besides the token: the fetch in progress, failures and rejections.

use std::sync::Arc;

use tokio::time::Instant;

use super::fetch::{InFlight, SharedFetch};
use crate::credentials::ClientCredentials;
use crate::error::Error;
use crate::fetcher::Fetched;
use crate::hold_off::HoldOff;
use crate::lockout::Lockout;
use crate::response::{is_rejection, severity};
use crate::schedule::{MIN_INTERVAL, Severity, pause};
use crate::token::AccessToken;

#[derive(Default)]
pub(super) struct State {
    /// The generation of the newest token, whether or not it was kept.
    pub(super) generation: u64,
    pub(super) in_flight: Option<InFlight>,
    /// The credentials of the fetch in progress.
    pub(super) used: Option<UsedCredentials>,
    /// When the newest request was sent.
    pub(super) last_sent: Option<Instant>,
    /// The newest failure since the last token.
    pub(super) failure: Option<Failure>,
    /// The number of failures of each severity since the last token.
    transient_failures: u32,
    permanent_failures: u32,
    pub(super) lockout: Lockout,
    /// The newest token that the API rejected.
    pub(super) rejected: Option<AccessToken>,
    /// When the token in memory arrived.
    pub(super) arrived: Option<Instant>,
    pub(super) hold_off: HoldOff,
}

pub(super) struct Failure {
    pub(super) error: Error,
    at: Instant,
    severity: Severity,
    /// The number of failures of this severity, including this one.
    count: u32,
    draw: f64,
}

/// The credentials that a fetch read, and whether they were sent.
pub(super) struct UsedCredentials {
    pub(super) credentials: ClientCredentials,
    pub(super) sent: bool,
}

impl State {
    /// When the next fetch may begin, for callers with or without a valid token.
    pub(super) fn not_before(&self, has_token: bool) -> Option<Instant> {
        let paced = self.last_sent.map(|sent| sent + MIN_INTERVAL);
        let Some(failure) = &self.failure else {
            return paced;
        };
        let retry_at = Some(failure.retry_at(has_token));
        // Without a token, only the pause of the failure counts, unless the newest request ended
        // without a result and therefore has no pause of its own.
        let failed_last = Some(failure.at) >= self.last_sent;
        if failed_last && !has_token { retry_at } else { retry_at.max(paced) }
    }

    /// The fetch in progress, unless it is considered abandoned.
    pub(super) fn running_fetch(&self, now: Instant) -> Option<&InFlight> {
        self.in_flight.as_ref().filter(|in_flight| now < in_flight.abandon_at)
    }

    pub(super) fn is_current(&self, fetch: &Arc<SharedFetch>) -> bool {
        self.in_flight.as_ref().is_some_and(|current| Arc::ptr_eq(&current.fetch, fetch))
    }

    /// Removes this fetch. Returns whether it was the one in progress.
    pub(super) fn remove(&mut self, fetch: &Arc<SharedFetch>) -> bool {
        self.is_current(fetch) && self.in_flight.take().is_some()
    }

    /// Remembers a failure, whose pause starts at `at`.
    pub(super) fn remember(&mut self, error: Error, at: Instant, draw: f64) {
        let severity = severity(&error);
        let count = match severity {
            Severity::Transient => &mut self.transient_failures,
            Severity::Permanent => &mut self.permanent_failures,
        };
        *count = count.saturating_add(1);
        self.failure = Some(Failure { error, at, severity, count: *count, draw });
    }

    pub(super) fn forget_failures(&mut self) {
        self.failure = None;
        self.transient_failures = 0;
        self.permanent_failures = 0;
    }

    /// Counts a rejection of the credentials that were sent, or forgets the earlier ones after a
    /// success.
    pub(super) fn count_rejection(
        &mut self,
        used: Option<&UsedCredentials>,
        result: &Result<Fetched, Error>,
        now: Instant,
    ) {
        let Some(used) = used.filter(|used| used.sent) else {
            return;
        };
        match result {
            Ok(_) => self.lockout.accept(used.credentials.id()),
            Err(error) if is_rejection(error) => {
                self.lockout.reject(used.credentials.clone(), error.clone(), now);
            }
            Err(_) => {}
        }
    }
}

impl Failure {
    /// When the next fetch may begin, for callers with or without a valid token.
    pub(super) fn retry_at(&self, has_token: bool) -> Instant {
        self.at + pause(self.severity, self.count, has_token, self.error.retry_after(), self.draw)
    }
}
