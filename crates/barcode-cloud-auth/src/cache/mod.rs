//! The state machine: which token is served, which caller fetches, and when the next fetch may
//! start.
//!
//! Tokens are read without a lock. All changes are made under one short lock, which is never held
//! across an await or while code of other crates runs. This module uses no network, runtime, clock
//! or randomness: instants and random numbers are arguments, and the caller that gets a [`Ticket`]
//! fetches. The model check compiles this module a second time with cells that a scheduler
//! controls, so shared cells come from `super::sync` only.

mod fetch;
mod state;

use std::sync::{Arc, PoisonError, TryLockError};
use std::time::Duration;

use tokio::time::Instant;

use self::fetch::replaced;
pub(crate) use self::fetch::{FetchReport, InFlight, Outcome, SharedFetch, Ticket};
use self::state::{State, UsedCredentials};
use super::sync::{Mutex, MutexGuard, Slot};
use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetched;
#[cfg(feature = "token-store")]
use crate::fleet::Offer;
use crate::schedule::{Schedule, Times};
use crate::token::{AccessToken, Entry};

/// How long after its own deadline a fetch is replaced. A fetch that has not ended by then belongs
/// to a runtime that was not dropped but does not run.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Cache {
    /// Written only while `state` is locked.
    current: Slot<Entry>,
    state: Mutex<State>,
    schedule: Schedule,
    fetch_timeout: Duration,
}

/// What a caller does if no token is in memory.
pub(crate) enum NextStep {
    Serve(AccessToken),
    /// The last attempt failed, and the next one may not start before `retry_at`.
    Paused {
        error: Error,
        retry_at: Instant,
    },
    Wait(InFlight),
    /// The caller starts the fetch, then waits for it like all others.
    Start(Ticket, InFlight),
}

impl Cache {
    pub(crate) fn new(schedule: Schedule, fetch_timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            current: Slot::default(),
            state: Mutex::new(State::default()),
            schedule,
            fetch_timeout,
        })
    }

    /// Returns the token in memory if it may be served, and whether it is time to renew it.
    pub(crate) fn get(&self, now: Instant) -> Option<(AccessToken, bool)> {
        let current = self.current.load();
        let entry = current.as_ref()?;
        let times = entry.times?;
        (now < times.serve_until).then(|| (AccessToken(Arc::clone(entry)), now >= times.renew_at))
    }

    /// Returns a ticket to renew a token that is still valid, unless a fetch is in progress or it
    /// is too early. Never waits: if the lock is taken, the next caller renews the token.
    pub(crate) fn renew(self: &Arc<Self>, now: Instant) -> Option<Ticket> {
        let state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let early = state.not_before(true).is_some_and(|not_before| now < not_before);
        if early || state.running_fetch(now).is_some() {
            return None;
        }
        Some(self.start(state, now).0)
    }

    /// Decides what a caller without a token does.
    pub(crate) fn next_step(self: &Arc<Self>, now: Instant) -> NextStep {
        let state = self.lock();
        if let Some((token, _)) = self.get(now) {
            return NextStep::Serve(token);
        }
        if let Some(in_flight) = state.running_fetch(now) {
            return NextStep::Wait(in_flight.clone());
        }
        if let Some(failure) = &state.failure {
            let retry_at = failure.retry_at(false);
            if now < retry_at {
                let error = failure.error.clone();
                return NextStep::Paused { error, retry_at };
            }
        }
        let start_at = state.not_before(false).map_or(now, |not_before| now.max(not_before));
        let (ticket, in_flight) = self.start(state, start_at);
        NextStep::Start(ticket, in_flight)
    }

    /// Removes this token from memory, unless its hold-off has not passed. Returns whether it was
    /// removed. Any other token stays.
    pub(crate) fn invalidate(&self, token: &AccessToken, now: Instant) -> bool {
        let mut state = self.lock();
        let current = self.current.load();
        let is_current = current.as_ref().is_some_and(|entry| Arc::ptr_eq(entry, &token.0));
        let arrived = state.arrived.unwrap_or(now);
        let is_removed = is_current && state.hold_off.admits(arrived, now);
        if is_removed {
            self.current.store(None);
            state.rejected = Some(token.clone());
        }
        is_removed
    }

    /// Returns the newest generation, and the times of the token in memory.
    pub(crate) fn status(&self) -> (u64, Option<Times>) {
        let state = self.lock();
        (state.generation, self.current.load().as_ref().and_then(|entry| entry.times))
    }

    /// Makes a new fetch the current one, and aborts an abandoned one.
    fn start(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        start_at: Instant,
    ) -> (Ticket, InFlight) {
        let fetch = SharedFetch::new();
        let in_flight = self.in_flight(&fetch, start_at);
        let abandoned = state.in_flight.replace(in_flight.clone());
        state.used = None;
        drop(state);
        if let Some(abandoned) = abandoned {
            abandoned.fetch.abort();
        }
        (Ticket::new(self, fetch, start_at), in_flight)
    }

    fn in_flight(&self, fetch: &Arc<SharedFetch>, start: Instant) -> InFlight {
        InFlight { fetch: Arc::clone(fetch), abandon_at: start + self.fetch_timeout + GRACE }
    }

    /// Whether the fetch may begin: whether it was not replaced. Its time limit starts now, because
    /// it may be late if its runtime or the whole machine was suspended.
    fn begin(&self, fetch: &Arc<SharedFetch>, now: Instant) -> bool {
        let mut state = self.lock();
        let current = state.is_current(fetch);
        if current {
            state.in_flight = Some(self.in_flight(fetch, now));
        }
        current
    }

    /// Whether the fetch may send these credentials now; if not, returns the error that it ends
    /// with.
    fn send(
        &self,
        fetch: &Arc<SharedFetch>,
        now: Instant,
        credentials: &ClientCredentials,
    ) -> Result<(), Error> {
        let mut state = self.lock();
        if !state.is_current(fetch) {
            return Err(replaced());
        }
        let blocked = state.lockout.blocked(credentials, now);
        let error = blocked.map(|(_, error)| error.clone());
        state.used =
            Some(UsedCredentials { credentials: credentials.clone(), sent: error.is_none() });
        if let Some(error) = error {
            return Err(error);
        }
        state.last_sent = Some(now);
        Ok(())
    }

    /// Decides about a token that another process obtained with these credentials. A token that is
    /// accepted shows that the credentials are as well.
    #[cfg(feature = "token-store")]
    fn offer(
        &self,
        fetch: &Arc<SharedFetch>,
        now: Instant,
        fetched: &Fetched,
        credentials: &ClientCredentials,
    ) -> Offer {
        let mut state = self.lock();
        let is_same = |token: &AccessToken| *token.header_value() == fetched.token.header;
        if state.rejected.as_ref().is_some_and(is_same) {
            return Offer::Rejected;
        }
        let times = self.schedule.times(fetched.requested_at, fetched.token.lifetime, 0.0);
        let current = self.current.load().clone().map(AccessToken);
        let is_better = !current.as_ref().is_some_and(is_same) && self.outlives_current(times);
        if !is_better || now >= times.serve_until {
            return Offer::Declined;
        }
        if state.is_current(fetch) {
            state.used = Some(UsedCredentials { credentials: credentials.clone(), sent: true });
        }
        Offer::Accepted
    }

    /// Records the end of a fetch. A fetch that was replaced in the meantime changes nothing.
    fn finish(
        &self,
        fetch: &Arc<SharedFetch>,
        now: Instant,
        result: Result<Fetched, Error>,
        draw: f64,
    ) -> FetchReport {
        let mut state = self.lock();
        if !state.remove(fetch) {
            return FetchReport {
                outcome: Outcome::Abandoned,
                has_token: self.get(now).is_some(),
                next_request: None,
                client_id: None,
            };
        }
        let used = state.used.take();
        state.count_rejection(used.as_ref(), &result, now);
        let outcome = match result.and_then(|fetched| self.keep(&mut state, now, fetched, draw)) {
            Ok(token) => Outcome::Token(token),
            Err(error) => {
                state.remember(error.clone(), now, draw);
                Outcome::Failed(error)
            }
        };
        let has_token = self.get(now).is_some();
        let client_id = used.as_ref().map(|used| used.credentials.id().to_owned());
        let blocked_until = used.and_then(|used| {
            let (until, _) = state.lockout.blocked(&used.credentials, now)?;
            Some(until)
        });
        FetchReport {
            outcome,
            has_token,
            next_request: state.not_before(has_token).max(blocked_until),
            client_id: client_id.filter(|id| !id.is_empty()),
        }
    }

    /// Keeps a new token in memory, if it can be served for longer than the current one.
    fn keep(
        &self,
        state: &mut State,
        now: Instant,
        fetched: Fetched,
        draw: f64,
    ) -> Result<AccessToken, Error> {
        let lifetime = fetched.token.lifetime;
        let times = self.schedule.times(fetched.requested_at, lifetime, draw);
        // A token with a lifetime of zero is only for the callers that wait for this fetch.
        if times.expires_at <= now && !lifetime.is_zero() {
            return Err(expired(lifetime, now - fetched.requested_at));
        }
        state.generation += 1;
        state.forget_failures();
        let entry = Entry::new(fetched.token, state.generation, Some(times));
        if now < times.serve_until && self.outlives_current(times) {
            self.current.store(Some(Arc::clone(&entry)));
            state.arrived = Some(now);
        }
        Ok(AccessToken(entry))
    }

    /// Whether a token with these times can be served for longer than the one in memory.
    fn outlives_current(&self, times: Times) -> bool {
        let current = self.current.load();
        let current = current.as_ref().and_then(|entry| entry.times);
        current.is_none_or(|current| current.serve_until < times.serve_until)
    }

    /// No code panics under the lock, so a poisoned lock still guards a valid state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the last handle is dropped, no caller needs the fetch in progress.
impl Drop for Cache {
    fn drop(&mut self) {
        let in_flight = self.lock().in_flight.take();
        if let Some(in_flight) = in_flight {
            in_flight.fetch.abort();
        }
    }
}

fn expired(lifetime: Duration, took: Duration) -> Error {
    let message = format!(
        "the access token had expired when it arrived: its lifetime is {lifetime:?} and the response took {took:?}; check \
         the token endpoint"
    );
    Error::retryable(ErrorKind::InvalidResponse, message).build()
}
