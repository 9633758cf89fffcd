//! The state machine: which token is served, who is fetching, when the next fetch may start.
//!
//! Reading is lock-free; all changes happen under one short lock that is never held across an await
//! or while foreign code runs. Knows no network, no runtime, no clock and no randomness: instants
//! and random draws come in, and the caller that gets a [`Ticket`] fetches. The model check
//! compiles this file a second time against scheduler-controlled cells, so shared cells come from
//! `super::sync` only.

use std::sync::{Arc, OnceLock, PoisonError, TryLockError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::sync::{Mutex, MutexGuard, Slot};
use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetched;
use crate::hold_off::HoldOff;
use crate::lockout::Lockout;
use crate::response::{is_rejection, severity};
use crate::schedule::{MIN_INTERVAL, Schedule, Severity, Times, pause};
use crate::token::{AccessToken, Entry};

/// How long after its own deadline a flight is replaced. A flight that has not ended by then is on
/// a runtime that was not dropped but that no thread drives.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Cache {
    /// Written under `state` only.
    current: Slot<Entry>,
    state: Mutex<State>,
    schedule: Schedule,
    flight_timeout: Duration,
}

#[derive(Default)]
struct State {
    /// Of the newest token, kept or not.
    generation: u64,
    flight: Option<InFlight>,
    /// The credentials that the flight under way read, sent or held back.
    used: Option<Used>,
    /// When the newest request was sent.
    last_sent: Option<Instant>,
    /// The newest failure since the last token.
    failure: Option<Failure>,
    /// How many failures of each severity there were since the last token.
    transient_failures: u32,
    permanent_failures: u32,
    lockout: Lockout,
    /// When the token in memory arrived.
    arrived: Option<Instant>,
    hold_off: HoldOff,
}

struct Failure {
    error: Error,
    at: Instant,
    severity: Severity,
    /// How many failures of this severity there were, this one included.
    count: u32,
    draw: f64,
}

struct Used {
    credentials: ClientCredentials,
    sent: bool,
}

/// A fetch in progress, shared by the task that runs it and all callers that wait for it.
pub(crate) struct Flight {
    outcome: watch::Sender<Option<Outcome>>,
    task: OnceLock<AbortHandle>,
}

/// A flight, and the time at which it is considered abandoned.
#[derive(Clone)]
pub(crate) struct InFlight {
    pub(crate) flight: Arc<Flight>,
    pub(crate) abandon_at: Instant,
}

/// How a flight ended.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Token(AccessToken),
    Failed(Error),
    /// The fetch panicked. That is not remembered: the next caller starts another flight.
    Crashed(Error),
    /// Nobody runs it any more, and it proved nothing about the endpoint.
    Lost,
}

/// The answer to a caller for whom no token was at hand.
pub(crate) enum NextStep {
    Serve(AccessToken),
    /// The last attempt failed, and the next one may not start before `retry_at`.
    Paused {
        error: Error,
        retry_at: Instant,
    },
    Wait(InFlight),
    /// The caller starts the flight, then waits for it like everybody else.
    Start(Ticket, InFlight),
}

/// The obligation to run a flight. If it is dropped before the flight has ended, the waiting
/// callers learn that the flight is lost. It does not keep the cache alive.
pub(crate) struct Ticket {
    cache: Weak<Cache>,
    pub(crate) flight: Arc<Flight>,
    /// Not to be begun before.
    pub(crate) start_at: Instant,
}

/// What a flight left behind, for the log.
pub(crate) struct FlightReport {
    pub(crate) outcome: Outcome,
    /// Whether a valid token is in memory.
    pub(crate) has_token: bool,
    /// When the next request may be sent with the same credentials.
    pub(crate) next_request: Option<Instant>,
}

impl Cache {
    pub(crate) fn new(schedule: Schedule, flight_timeout: Duration) -> Arc<Self> {
        Arc::new(Self {
            current: Slot::default(),
            state: Mutex::new(State::default()),
            schedule,
            flight_timeout,
        })
    }

    /// The token in memory if it may be served, and whether it is time to renew it.
    pub(crate) fn get(&self, now: Instant) -> Option<(AccessToken, bool)> {
        let current = self.current.load();
        let entry = current.as_ref()?;
        let times = entry.times?;
        (now < times.serve_until).then(|| (AccessToken(Arc::clone(entry)), now >= times.renew_at))
    }

    /// A ticket to renew the token ahead, unless that is under way or too early. Never waits: who
    /// finds the lock taken has a valid token in hand and leaves it to the next caller.
    pub(crate) fn renew(self: &Arc<Self>, now: Instant) -> Option<Ticket> {
        let state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let early = state
            .not_before(true)
            .is_some_and(|not_before| now < not_before);
        if early || state.live_flight(now).is_some() {
            return None;
        }
        Some(self.start(state, now).0)
    }

    /// What a caller without a token does.
    pub(crate) fn next_step(self: &Arc<Self>, now: Instant) -> NextStep {
        let state = self.lock();
        if let Some((token, _)) = self.get(now) {
            return NextStep::Serve(token);
        }
        if let Some(in_flight) = state.live_flight(now) {
            return NextStep::Wait(in_flight.clone());
        }
        if let Some(failure) = &state.failure {
            let retry_at = failure.retry_at(false);
            if now < retry_at {
                let error = failure.error.clone();
                return NextStep::Paused { error, retry_at };
            }
        }
        let start_at = state
            .not_before(false)
            .map_or(now, |not_before| now.max(not_before));
        let (ticket, in_flight) = self.start(state, start_at);
        NextStep::Start(ticket, in_flight)
    }

    /// Takes this very token out of service, unless its hold-off has not passed. Returns whether it
    /// did. Any other token stays.
    pub(crate) fn invalidate(&self, token: &AccessToken, now: Instant) -> bool {
        let mut state = self.lock();
        let current = self.current.load();
        let is_current = current
            .as_ref()
            .is_some_and(|entry| Arc::ptr_eq(entry, &token.0));
        let arrived = state.arrived.unwrap_or(now);
        let hit = is_current && state.hold_off.admits(arrived, now);
        if hit {
            self.current.store(None);
        }
        hit
    }

    /// The newest generation, and the times of the token in memory.
    pub(crate) fn status(&self) -> (u64, Option<Times>) {
        let state = self.lock();
        (
            state.generation,
            self.current.load().as_ref().and_then(|entry| entry.times),
        )
    }

    fn start(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State>,
        start_at: Instant,
    ) -> (Ticket, InFlight) {
        let flight = Arc::new(Flight {
            outcome: watch::Sender::new(None),
            task: OnceLock::new(),
        });
        let in_flight = self.in_flight(&flight, start_at);
        let abandoned = state.flight.replace(in_flight.clone());
        state.used = None;
        drop(state);
        if let Some(abandoned) = abandoned {
            abandoned.flight.abort();
        }
        (
            Ticket {
                cache: Arc::downgrade(self),
                flight,
                start_at,
            },
            in_flight,
        )
    }

    fn in_flight(&self, flight: &Arc<Flight>, start: Instant) -> InFlight {
        let abandon_at = start + self.flight_timeout + GRACE;
        InFlight {
            flight: Arc::clone(flight),
            abandon_at,
        }
    }

    /// Whether the flight may begin now. It may be late, when its runtime or the whole machine
    /// stood still; then its time counts from now, unless it has been replaced.
    fn begin(&self, flight: &Arc<Flight>, now: Instant) -> bool {
        let mut state = self.lock();
        let current = state.is_current(flight);
        if current {
            state.flight = Some(self.in_flight(flight, now));
        }
        current
    }

    /// Whether the flight may send these credentials now; if not, the error that it ends with.
    fn send(
        &self,
        flight: &Arc<Flight>,
        now: Instant,
        credentials: &ClientCredentials,
    ) -> Result<(), Error> {
        let mut state = self.lock();
        if !state.is_current(flight) {
            return Err(replaced());
        }
        let rest = state.lockout.rest(credentials, now);
        let rest = rest.map(|(_, error)| error.clone());
        state.used = Some(Used {
            credentials: credentials.clone(),
            sent: rest.is_none(),
        });
        if let Some(error) = rest {
            return Err(error);
        }
        state.last_sent = Some(now);
        Ok(())
    }

    /// Records the end of a flight. A flight that was replaced in the meantime changes nothing.
    fn land(
        &self,
        flight: &Arc<Flight>,
        now: Instant,
        result: Result<Fetched, Error>,
        draw: f64,
    ) -> FlightReport {
        let mut state = self.lock();
        if !state.remove(flight) {
            return FlightReport {
                outcome: Outcome::Lost,
                has_token: self.get(now).is_some(),
                next_request: None,
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
        let rested = used.and_then(|used| {
            let (until, _) = state.lockout.rest(&used.credentials, now)?;
            Some(until)
        });
        FlightReport {
            outcome,
            has_token,
            next_request: state.not_before(has_token).max(rested),
        }
    }

    fn keep(
        &self,
        state: &mut State,
        now: Instant,
        fetched: Fetched,
        draw: f64,
    ) -> Result<AccessToken, Error> {
        let lifetime = fetched.grant.lifetime;
        let times = self.schedule.times(fetched.asked, lifetime, draw);
        // A lifetime of zero means that the token is for the callers of this flight only.
        if times.expires_at <= now && !lifetime.is_zero() {
            return Err(expired(lifetime, now - fetched.asked));
        }
        state.generation += 1;
        state.forget_failures();
        let entry = Entry::new(fetched.grant.header, state.generation, Some(times));
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

    /// Nothing panics under the lock, so a poisoned one still guards a sound state.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last handle is gone, so the flight is for nobody.
impl Drop for Cache {
    fn drop(&mut self) {
        let flight = self.lock().flight.take();
        if let Some(in_flight) = flight {
            in_flight.flight.abort();
        }
    }
}

impl State {
    /// When the next flight may begin, for callers who have a valid token or have none.
    fn not_before(&self, has_token: bool) -> Option<Instant> {
        let paced = self.last_sent.map(|sent| sent + MIN_INTERVAL);
        let Some(failure) = &self.failure else {
            return paced;
        };
        let retry_at = Some(failure.retry_at(has_token));
        // Without a token, the pause of the failure alone counts, unless the newest request ended
        // without a result: then it has no pause of its own.
        let failed_last = Some(failure.at) >= self.last_sent;
        if failed_last && !has_token {
            retry_at
        } else {
            retry_at.max(paced)
        }
    }

    fn live_flight(&self, now: Instant) -> Option<&InFlight> {
        self.flight
            .as_ref()
            .filter(|flight| now < flight.abandon_at)
    }

    fn is_current(&self, flight: &Arc<Flight>) -> bool {
        self.flight
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(&current.flight, flight))
    }

    /// Whether it was this flight that was under way.
    fn remove(&mut self, flight: &Arc<Flight>) -> bool {
        self.is_current(flight) && self.flight.take().is_some()
    }

    fn remember(&mut self, error: Error, at: Instant, draw: f64) {
        let severity = severity(&error);
        let count = match severity {
            Severity::Transient => &mut self.transient_failures,
            Severity::Permanent => &mut self.permanent_failures,
        };
        *count = count.saturating_add(1);
        self.failure = Some(Failure {
            error,
            at,
            severity,
            count: *count,
            draw,
        });
    }

    fn forget_failures(&mut self) {
        self.failure = None;
        self.transient_failures = 0;
        self.permanent_failures = 0;
    }

    fn count_rejection(
        &mut self,
        used: Option<&Used>,
        result: &Result<Fetched, Error>,
        now: Instant,
    ) {
        let Some(used) = used.filter(|used| used.sent) else {
            return;
        };
        match result {
            Ok(_) => self.lockout.accept(used.credentials.id()),
            Err(error) if is_rejection(error) => {
                self.lockout
                    .reject(used.credentials.clone(), error.clone(), now);
            }
            Err(_) => {}
        }
    }
}

impl Failure {
    fn retry_at(&self, has_token: bool) -> Instant {
        self.at
            + pause(
                self.severity,
                self.count,
                has_token,
                self.error.retry_after(),
                self.draw,
            )
    }
}

impl Flight {
    /// Waits for the end, on any runtime.
    pub(crate) async fn wait(&self) -> Outcome {
        let mut outcome = self.outcome.subscribe();
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Outcome::Lost),
            Err(_) => Outcome::Lost,
        }
    }

    /// Names the task that runs it, to be ended when nobody can want its result.
    pub(crate) fn run_by(&self, task: AbortHandle) {
        // Set once: a flight is launched once.
        let _ = self.task.set(task);
    }

    /// Not to be called under the lock: a dropped ticket takes it.
    fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }

    fn end(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }
}

impl Ticket {
    /// Whether to fetch now; to be asked when `start_at` has come.
    pub(crate) fn begin(&self, now: Instant) -> bool {
        self.cache
            .upgrade()
            .is_some_and(|cache| cache.begin(&self.flight, now))
    }

    /// Whether these credentials may be sent now; if not, the error to end the flight with. To be
    /// called right before the request is sent: the pace counts from then.
    pub(crate) fn send(&self, now: Instant, credentials: &ClientCredentials) -> Result<(), Error> {
        match self.cache.upgrade() {
            Some(cache) => cache.send(&self.flight, now, credentials),
            None => Err(replaced()),
        }
    }

    /// Records the result and wakes the waiters. `draw`, from [0, 1), becomes the jitter of the
    /// token or of the pause.
    pub(crate) fn land(
        self,
        now: Instant,
        result: Result<Fetched, Error>,
        draw: f64,
    ) -> Option<FlightReport> {
        let landing = self.cache.upgrade()?.land(&self.flight, now, result, draw);
        self.flight.end(landing.outcome.clone());
        Some(landing)
    }

    /// Ends the flight of a fetch that panicked.
    pub(crate) fn crash(self, error: Error) {
        self.lose(Outcome::Crashed(error));
    }

    fn lose(&self, outcome: Outcome) {
        if let Some(cache) = self.cache.upgrade() {
            cache.lock().remove(&self.flight);
        }
        self.flight.end(outcome);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.flight.outcome.borrow().is_none() {
            self.lose(Outcome::Lost);
        }
    }
}

fn replaced() -> Error {
    let message = "another token request replaced this one: call again";
    Error::retryable(ErrorKind::Runtime, message).build()
}

fn expired(lifetime: Duration, took: Duration) -> Error {
    let message = format!(
        "the access token had expired when it arrived, it lives {lifetime:?} and the response took \
         {took:?}: look at the token endpoint"
    );
    Error::retryable(ErrorKind::InvalidResponse, message).build()
}
