//! Obtains one token for all processes that share a store.
//!
//! A process that needs a token reads the store first. If it cannot use the stored token, one of
//! the processes takes the lease and sends a request. The others wait for its token or its error. A
//! failure of the store never fails a fetch: the process sends a request of its own.
//!
//! The model check compiles this module a second time with a clock of its own, so the clock comes
//! from `super::clock` only.

mod cell;
mod health;
mod refusals;
mod slot;

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::time::Instant;
use tracing::debug;

use self::cell::{Cell, Cells, Timed};
use self::health::{Health, Unavailable};
use self::refusals::{Ending, Refusals, Reservation};
use self::slot::Slot;
use super::clock::{now, sleep};
use crate::credentials::ClientCredentials;
use crate::error::{Error, ErrorKind};
use crate::fetcher::Fetched;
use crate::response::is_rejection;
use crate::store::{Expected, StoredValue, TokenStore};

/// How long a lease lasts. Its holder extends it while it waits for the response, so this is about
/// how long the others wait if the holder crashes.
const LEASE: Duration = Duration::from_secs(3);

/// How long a process waits for the holder of the lease in addition to the time limit of a request.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pauses between looking for the result of another process: random, up to these limits.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How often a change is repeated because other processes changed the same value. Each time, one of
/// them was successful.
const MAX_WRITES: usize = 50;

/// The store, as one token source uses it.
pub(crate) struct Fleet {
    store: Arc<dyn TokenStore>,
    /// Says which token is requested: the endpoint, then the scope and the parameters.
    identity: Vec<String>,
    /// The time limit of a token request.
    attempt_timeout: Duration,
    health: Health,
    random: Mutex<fastrand::Rng>,
}

/// A fetch of this process.
pub(crate) trait Fetch: Sync {
    /// Decides about the token of another process.
    fn offer(&self, token: &Fetched) -> Offer;

    /// Whether a request may be sent now. Called right before [`send`](Self::send).
    fn begin(&self) -> Result<(), Error>;

    /// Sends a request, within its time limit.
    fn send(&self) -> impl Future<Output = Result<Fetched, Error>> + Send;
}

/// What a process does with the token that another one stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Accepted,
    /// The token in memory is at least as good.
    Declined,
    /// The API rejected this token.
    Rejected,
}

/// How a process goes on after it read the store.
enum TokenOrLease {
    Token(Fetched),
    Failed(Error),
    /// This process sends the request.
    Leased,
    /// Another process has had the lease for too long.
    Alone,
}

/// How far a process got while it had the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The credentials must not be sent.
    Denied,
    /// An attempt is reserved.
    Reserved,
    /// The credentials were sent in a reserved attempt.
    Sent,
    /// The store failed, so it is not used in the rest of this fetch.
    StoreFailed,
}

impl Fleet {
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        identity: Vec<String>,
        attempt_timeout: Duration,
        random: fastrand::Rng,
    ) -> Self {
        let (health, random) = (Health::default(), Mutex::new(random));
        Self { store, identity, attempt_timeout, health, random }
    }

    /// The number of failed operations of the store.
    pub(crate) fn failures(&self) -> u64 {
        self.health.failures()
    }

    /// Returns the token of another process, or sends a request for all of them.
    pub(crate) async fn fetch(
        &self,
        credentials: &ClientCredentials,
        fetch: &impl Fetch,
    ) -> Result<Fetched, Error> {
        let until = now() + self.attempt_timeout + PATIENCE;
        let cells = Cells::new(&self.identity, credentials);
        while let Some(cells) = &cells {
            let member = Member {
                fleet: self,
                cells,
                id: self.random(|rng| rng.u64(..)),
                leased_until: Mutex::new(now()),
            };
            match member.token_or_lease(fetch, until).await {
                Ok(TokenOrLease::Token(token)) => return Ok(token),
                Ok(TokenOrLease::Failed(error)) => return Err(error),
                Ok(TokenOrLease::Leased) => {
                    if let Some(result) = member.renew(fetch).await {
                        return result;
                    }
                }
                Ok(TokenOrLease::Alone) | Err(Unavailable) => break,
            }
        }
        fetch.begin()?;
        fetch.send().await
    }

    fn random<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A state as it was read, and the value that a write of it replaces.
struct Snapshot<T> {
    state: T,
    value: Option<StoredValue>,
    /// The time right before it was read.
    at: Instant,
}

/// One fetch of one process.
struct Member<'a> {
    fleet: &'a Fleet,
    cells: &'a Cells,
    /// A random number that no other fetch has.
    id: u64,
    /// Until when this process certainly has the lease.
    leased_until: Mutex<Instant>,
}

impl Member<'_> {
    /// Waits until there is a token or an error, or until this process has the lease.
    async fn token_or_lease(
        &self,
        fetch: &impl Fetch,
        until: Instant,
    ) -> Result<TokenOrLease, Unavailable> {
        let mut pause = FIRST_PAUSE;
        loop {
            let mut snapshot: Snapshot<Slot> = self.read(&self.cells.token).await?;
            if let Some(token) = snapshot.state.token(snapshot.at) {
                match fetch.offer(&token) {
                    Offer::Accepted => return Ok(TokenOrLease::Token(token)),
                    Offer::Declined => {}
                    Offer::Rejected => snapshot.state.remove_token(),
                }
            }
            if let Some(error) = snapshot.state.failure() {
                return Ok(TokenOrLease::Failed(error));
            }
            if !snapshot.state.is_leased() && self.take_lease(&mut snapshot, Duration::MAX).await? {
                return Ok(TokenOrLease::Leased);
            }
            if now() >= until {
                return Ok(TokenOrLease::Alone);
            }
            sleep(pause.mul_f64(0.5 + self.draw() / 2.0)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Sends a request while this process has the lease, and stores its result. Returns `None` if
    /// the lease was lost before.
    async fn renew(&self, fetch: &impl Fetch) -> Option<Result<Fetched, Error>> {
        let (progress, result) = self.while_extending(self.request(fetch)).await;
        // A failure was reported, and the result can be used without the store.
        let _ = self.store(progress, result.as_ref()).await;
        result
    }

    async fn request(&self, fetch: &impl Fetch) -> (Progress, Option<Result<Fetched, Error>>) {
        let progress = match self.reserve().await {
            Ok(Ok(())) => Progress::Reserved,
            Ok(Err(error)) => return (Progress::Denied, Some(Err(error))),
            Err(Unavailable) => Progress::StoreFailed,
        };
        if progress == Progress::Reserved && now() >= *self.leased_until() {
            return (progress, None);
        }
        match (fetch.begin(), progress) {
            (Err(error), _) => (progress, Some(Err(error))),
            (Ok(()), Progress::Reserved) => (Progress::Sent, Some(fetch.send().await)),
            (Ok(()), _) => (progress, Some(fetch.send().await)),
        }
    }

    /// Reserves an attempt with these credentials, or returns the error that they were rejected
    /// with.
    async fn reserve(&self) -> Result<Result<(), Error>, Unavailable> {
        let limit = self.fleet.attempt_timeout + PATIENCE;
        let until = now() + limit;
        loop {
            let mut reservation = Reservation::Busy;
            self.update(&self.cells.refusals, |refusals: &mut Refusals| {
                reservation = refusals.reserve(self.id, &self.cells.secret_id, limit);
                (reservation == Reservation::Granted).then_some(Duration::MAX)
            })
            .await?;
            match reservation {
                Reservation::Granted => return Ok(Ok(())),
                Reservation::Blocked => return Ok(Err(self.blocked().await?)),
                Reservation::Busy if now() >= until => return Ok(Err(busy())),
                Reservation::Busy => sleep(LONGEST_PAUSE.mul_f64(self.draw())).await,
            }
        }
    }

    /// Returns the error with which the credentials were rejected, if it is known.
    async fn blocked(&self) -> Result<Error, Unavailable> {
        let snapshot: Snapshot<Slot> = self.read(&self.cells.token).await?;
        Ok(snapshot.state.rejection().unwrap_or_else(|| {
            let message = "the token endpoint rejected the credentials of this client four times in 600 s, in all \
                 processes together: check the client id and its secret";
            Error::permanent(ErrorKind::Credentials, message).build()
        }))
    }

    /// Stores the result of the request, and ends the lease.
    async fn store(
        &self,
        progress: Progress,
        result: Option<&Result<Fetched, Error>>,
    ) -> Result<(), Unavailable> {
        let ending = match (progress, result) {
            (Progress::StoreFailed, _) => return Ok(()),
            (Progress::Denied, _) => None,
            (Progress::Sent, Some(Ok(_))) => Some(Ending::Accepted),
            (Progress::Sent, Some(Err(error))) if is_rejection(error) => Some(Ending::Refused),
            (Progress::Sent | Progress::Reserved, _) => Some(Ending::Undecided),
        };
        if let Some(ending) = ending {
            self.update(&self.cells.refusals, |refusals: &mut Refusals| {
                refusals.settle(self.id, &self.cells.secret_id, ending);
                Some(Duration::MAX)
            })
            .await?;
        }
        let draw = self.draw();
        let is_stored = self.update(&self.cells.token, |slot: &mut Slot| {
            let left = slot.leased_to(self.id)?;
            slot.release();
            if let (Progress::Sent, Some(result)) = (progress, result) {
                slot.finish(result, now(), draw);
            }
            Some(left)
        });
        if !is_stored.await? {
            debug!("the lease was lost, so the result of the token request is not shared");
        }
        Ok(())
    }

    /// Extends the lease until `work` is done. A lost lease does not stop the work.
    async fn while_extending<T>(&self, work: impl Future<Output = T>) -> T {
        let extend = async {
            loop {
                sleep(LEASE / 3).await;
                if !matches!(self.extend_lease().await, Ok(true)) {
                    return pending::<Infallible>().await;
                }
            }
        };
        match select(pin!(work), pin!(extend)).await {
            Either::Left((result, _)) => result,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn extend_lease(&self) -> Result<bool, Unavailable> {
        let mut snapshot: Snapshot<Slot> = self.read(&self.cells.token).await?;
        match snapshot.state.leased_to(self.id) {
            Some(left) => self.take_lease(&mut snapshot, left).await,
            None => Ok(false),
        }
    }

    /// Takes or extends the lease. Returns whether this process certainly has it now: if the
    /// response took longer than the lease lasts, another process may have it.
    async fn take_lease(
        &self,
        snapshot: &mut Snapshot<Slot>,
        permitted: Duration,
    ) -> Result<bool, Unavailable> {
        let until = now() + LEASE;
        snapshot.state.lease_to(self.id, LEASE);
        let is_written = self.write(&self.cells.token, snapshot, permitted).await?;
        if is_written {
            *self.leased_until() = until;
        }
        Ok(is_written && now() < until)
    }

    fn leased_until(&self) -> MutexGuard<'_, Instant> {
        self.leased_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a state and writes it, and repeats that while other processes were faster. `change`
    /// returns how long the change is permitted, or `None` to change nothing. Returns whether the
    /// state was changed.
    async fn update<T: Timed>(
        &self,
        cell: &Cell,
        mut change: impl FnMut(&mut T) -> Option<Duration>,
    ) -> Result<bool, Unavailable> {
        for _ in 0..MAX_WRITES {
            let mut snapshot = self.read(cell).await?;
            let Some(permitted) = change(&mut snapshot.state) else {
                return Ok(false);
            };
            if self.write(cell, &snapshot, permitted).await? {
                return Ok(true);
            }
            sleep(FIRST_PAUSE.mul_f64(self.draw())).await;
        }
        Err(self.fleet.health.fail("it refuses every write".into()))
    }

    /// Reads a state. A value that cannot be read counts as absent and is overwritten.
    async fn read<T: Timed>(&self, cell: &Cell) -> Result<Snapshot<T>, Unavailable> {
        let at = now();
        let value = self.fleet.health.watch(self.fleet.store.get(&cell.key)).await?;
        let state = value.as_ref().and_then(|value| cell.open(value)).unwrap_or_default();
        Ok(Snapshot { state, value, at })
    }

    /// Writes a state, unless another process was faster or more than `permitted` has passed since
    /// the old state was read.
    async fn write<T: Timed>(
        &self,
        cell: &Cell,
        snapshot: &Snapshot<T>,
        permitted: Duration,
    ) -> Result<bool, Unavailable> {
        let health = &self.fleet.health;
        let Some(sealed) = cell.seal(&snapshot.state) else {
            return Err(health.fail("the value cannot be encrypted".into()));
        };
        let expected = snapshot.value.as_ref().map(|value| Expected {
            bytes: &value.bytes,
            remaining: value.remaining.saturating_sub(permitted),
        });
        let lifetime = snapshot.state.lifetime();
        health.watch(self.fleet.store.replace(&cell.key, expected, &sealed, lifetime)).await
    }

    fn draw(&self) -> f64 {
        self.fleet.random(fastrand::Rng::f64)
    }
}

fn busy() -> Error {
    let message = "other processes are using the same credentials, and it is not known whether they are \
         accepted: call again";
    Error::retryable(ErrorKind::Timeout, message).build()
}
