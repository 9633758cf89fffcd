//! Model check of the lease: shuttle runs the processes of a fleet under thousands of schedules.
//!
//! `fleet` is compiled a second time here, with a clock that the processes move on themselves. Each
//! process has its own offset. Whenever a process uses the store, others may run first.

#[allow(clippy::duplicate_mod, reason = "the same file is compiled with another clock")]
#[expect(dead_code, reason = "the models do not use all of it")]
#[path = "../fleet/mod.rs"]
mod fleet;

/// The functions of `crate::clock`, with the time of the model.
mod clock {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::sync::LazyLock;
    use std::time::Duration;

    use shuttle::future::yield_now;
    use shuttle::sync::Mutex;
    use tokio::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    shuttle::lazy_static! {
        static ref TIME: Mutex<Duration> = Mutex::new(Duration::ZERO);
    }

    shuttle::thread_local! {
        /// How far the clock of this process is ahead of that of the store.
        pub(super) static OFFSET: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    pub(super) fn store_now() -> Instant {
        *START + *TIME.lock().unwrap()
    }

    pub(crate) fn now() -> Instant {
        store_now() + OFFSET.with(Cell::get)
    }

    /// Sleeps of several processes overlap.
    pub(crate) async fn sleep(duration: Duration) {
        let end = *TIME.lock().unwrap() + duration;
        yield_now().await;
        let mut time = TIME.lock().unwrap();
        *time = end.max(*time);
    }

    /// The store of the model always responds.
    pub(crate) async fn timeout<T>(
        _: Duration,
        future: impl Future<Output = T>,
    ) -> Result<T, Infallible> {
        Ok(future.await)
    }
}

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use shuttle::future::{block_on, yield_now};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;
use tokio::time::Instant;

use self::fleet::{Fetch, Fleet, Offer};
use super::model::check_schedules;
use crate::fetcher::Fetched;
use crate::{
    ClientCredentials, Error, ErrorKind, Expected, IssuedToken, MemoryTokenStore, StoreFuture,
    StoredValue, TokenStore,
};

/// Each schedule encrypts dozens of values, so there are fewer than for the other models.
const SCHEDULES: usize = 200;

/// How long a lease lasts after it was written.
const LEASE: Duration = Duration::from_secs(3);

/// The store and the endpoint of a fleet. The scheduler must not switch to another process while
/// one holds this lock, so the clock is read before it is taken.
#[derive(Debug, Clone, Default)]
struct World(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    store: MemoryTokenStore,
    /// The key of the token, which is the first that is used.
    key: String,
    /// When each process last wrote to that key.
    written: HashMap<thread::ThreadId, Instant>,
    /// The processes that sent a request which has not failed.
    senders: Vec<thread::ThreadId>,
}

impl World {
    fn read(&self, key: &str) -> Option<StoredValue> {
        let now = clock::store_now();
        let mut inner = self.0.lock().unwrap();
        if inner.key.is_empty() {
            inner.key = key.to_owned();
        }
        inner.store.get_at(key, now)
    }

    fn write(
        &self,
        key: &str,
        expected: Option<Expected<'_>>,
        value: &[u8],
        lifetime: Duration,
    ) -> bool {
        let now = clock::store_now();
        let mut inner = self.0.lock().unwrap();
        let is_replaced = inner.store.replace_at(key, expected, value, lifetime, now);
        if is_replaced && key == inner.key {
            inner.written.insert(thread::current().id(), now);
        }
        is_replaced
    }
}

/// The way of a request to the store, or of its response. Other processes may run in this time, and
/// sometimes it takes longer than a lease lasts.
async fn travel() {
    yield_now().await;
    if thread_rng().gen_ratio(1, 12) {
        clock::sleep(LEASE).await;
        // Others can make many steps, and also obtain a token, until this process goes on.
        for _ in 0..20 {
            yield_now().await;
        }
    }
}

impl TokenStore for World {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        Box::pin(async move {
            travel().await;
            let value = self.read(key);
            travel().await;
            Ok(value)
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            travel().await;
            let is_replaced = self.write(key, expected, value, lifetime);
            travel().await;
            Ok(is_replaced)
        })
    }
}

/// A process that needs a token.
struct Process<'a> {
    world: &'a World,
    request: Duration,
    fails: bool,
}

impl Fetch for Process<'_> {
    fn offer(&self, _: &Fetched) -> Offer {
        Offer::Accepted
    }

    fn begin(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn send(&self) -> Result<Fetched, Error> {
        self.enter();
        clock::sleep(self.request).await;
        if self.fails {
            let id = thread::current().id();
            self.world.0.lock().unwrap().senders.retain(|sender| *sender != id);
            return Err(Error::retryable(ErrorKind::Transport, "scripted").build());
        }
        let token = IssuedToken::new("token", Duration::from_secs(3600))?;
        Ok(Fetched { requested_at: clock::now(), token })
    }
}

impl Process<'_> {
    /// Another request is sent only if the lease of the earlier one expired: its process crashed,
    /// or was too late to extend the lease or to store the token.
    fn enter(&self) {
        let now = clock::store_now();
        let mut inner = self.world.0.lock().unwrap();
        for sender in &inner.senders {
            assert!(now >= inner.written[sender] + LEASE, "two requests, but no lease was lost");
        }
        inner.senders.push(thread::current().id());
    }
}

/// Runs three processes, and returns the result of each that did not crash. The first one crashes
/// after `crash_after` steps.
fn run(request: Duration, fails: bool, crash_after: Option<usize>) -> Vec<Result<Fetched, Error>> {
    let world = World::default();
    let processes = (0..3_u64).map(|number| {
        let world = world.clone();
        let mut steps = crash_after.filter(|_| number == 0).unwrap_or(usize::MAX);
        thread::spawn(move || {
            clock::OFFSET.with(|offset| offset.set(Duration::from_secs(1000 * number)));
            let random = fastrand::Rng::with_seed(number);
            // No process waits for so long that it sends a request without a lease.
            let attempt_timeout = Duration::from_secs(1_000_000);
            let store = Arc::new(world.clone());
            let fleet = Fleet::new(store, vec!["endpoint".to_owned()], attempt_timeout, random);
            let credentials = ClientCredentials::new("id", "secret").unwrap();
            let process = Process { world: &world, request, fails };
            let mut fetch = pin!(fleet.fetch(&credentials, &process));
            block_on(std::future::poll_fn(|context| {
                if steps == 0 {
                    return Poll::Ready(None);
                }
                steps -= 1;
                fetch.as_mut().poll(context).map(Some)
            }))
        })
    });
    let processes: Vec<_> = processes.collect();
    processes.into_iter().filter_map(|process| process.join().unwrap()).collect()
}

#[test]
fn model_a_fleet_sends_one_request_unless_a_lease_is_lost() {
    check_schedules(SCHEDULES, || {
        let results = run(Duration::from_millis(300), false, None);
        assert!(results.iter().all(Result::is_ok) && results.len() == 3);
    });
}

#[test]
fn model_a_slow_request_extends_its_lease() {
    check_schedules(SCHEDULES, || {
        let results = run(Duration::from_secs(9), false, None);
        assert!(results.iter().all(Result::is_ok) && results.len() == 3);
    });
}

#[test]
fn model_the_others_get_a_token_if_a_process_crashes_at_any_step() {
    check_schedules(SCHEDULES, || {
        let crash_after = thread_rng().gen_range(0..20);
        let results = run(Duration::from_millis(300), false, Some(crash_after));
        assert!(results.iter().all(Result::is_ok) && results.len() >= 2);
    });
}

#[test]
fn model_all_processes_get_an_error_if_the_endpoint_fails() {
    check_schedules(SCHEDULES, || {
        let results = run(Duration::from_millis(300), true, None);
        assert!(results.iter().all(Result::is_err) && results.len() == 3);
    });
}
