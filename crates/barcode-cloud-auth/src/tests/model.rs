//! Model check of the state machine: shuttle runs it under thousands of thread schedules.
//!
//! `cache` is compiled a second time here, with cells whose every use lets the scheduler switch to
//! another thread. A run that hangs is reported as a deadlock. The README has a command for more
//! schedules.

#[allow(clippy::duplicate_mod, reason = "the same file is compiled with other cells")]
#[expect(dead_code, reason = "the models do not use all of it")]
#[path = "../cache/mod.rs"]
mod cache;

/// The cells of `crate::sync`, under the scheduler's control.
mod sync {
    use std::sync::Arc;

    pub(crate) use shuttle::sync::{Mutex, MutexGuard};

    pub(crate) struct Slot<T>(Mutex<Option<Arc<T>>>);

    impl<T> Default for Slot<T> {
        fn default() -> Self {
            Self(Mutex::new(None))
        }
    }

    impl<T> Slot<T> {
        pub(crate) fn load(&self) -> Option<Arc<T>> {
            self.0.lock().unwrap().clone()
        }

        pub(crate) fn store(&self, value: Option<Arc<T>>) {
            *self.0.lock().unwrap() = value;
        }
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner, thread};
use tokio::time::Instant;

use self::cache::{Cache, NextStep, Outcome, Ticket};
use crate::fetcher::Fetched;
use crate::schedule::Schedule;
use crate::token::AccessToken;
use crate::{ClientCredentials, Error, ErrorKind, IssuedToken};

fn check(model: impl Fn() + Send + Sync + Copy + 'static) {
    check_schedules(4_000, model);
}

/// Runs the model under this many schedules, unless the environment says another number. Half of
/// them are random, and half have few switches at unusual places.
pub(super) fn check_schedules(default: usize, model: impl Fn() + Send + Sync + Copy + 'static) {
    let schedules = std::env::var("BARCODE_CLOUD_AUTH_SCHEDULES")
        .map_or(default, |text| text.parse().expect("BARCODE_CLOUD_AUTH_SCHEDULES is a number"));
    Runner::new(RandomScheduler::new(schedules / 2), Config::new()).run(model);
    Runner::new(PctScheduler::new(3, schedules / 2), Config::new()).run(model);
}

/// A cache, a fixed time, and the number of fetches in progress.
#[derive(Clone)]
struct World {
    cache: Arc<Cache>,
    now: Instant,
    active: Arc<AtomicUsize>,
    fetches: Arc<AtomicUsize>,
}

impl World {
    fn new() -> Self {
        Self {
            cache: Cache::new(Schedule::default(), Duration::from_secs(30)),
            now: Instant::now(),
            active: Arc::default(),
            fetches: Arc::default(),
        }
    }

    fn later(&self, seconds: u64) -> Self {
        Self { now: self.now + Duration::from_secs(seconds), ..self.clone() }
    }

    /// Runs a fetch on a separate thread, as the source does in a task.
    fn spawn_fetch(&self, ticket: Ticket, end: End) {
        let fetches = self.fetches.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.active.fetch_add(1, Ordering::SeqCst), 0, "two fetches at a time");
        let (active, now) = (Arc::clone(&self.active), self.now);
        thread::spawn(move || {
            let credentials = ClientCredentials::new("id", "secret").expect("good credentials");
            let sent = ticket.begin(now) && ticket.send(now, &credentials).is_ok();
            active.fetch_sub(1, Ordering::SeqCst);
            if !sent {
                return;
            }
            match end {
                End::LoseFirst if fetches == 0 => drop(ticket),
                End::LoseFirst | End::Grant => drop(ticket.finish(now, granted(now), 0.5)),
                End::Fail => {
                    let error = Error::retryable(ErrorKind::Transport, "scripted").build();
                    drop(ticket.finish(now, Err(error), 0.5));
                }
            }
        });
    }

    /// Returns a token as the source does when none is in memory.
    fn token(&self, end: End) -> Result<AccessToken, Error> {
        loop {
            let in_flight = match self.cache.next_step(self.now) {
                NextStep::Serve(token) => return Ok(token),
                NextStep::Paused { error, .. } => return Err(error),
                NextStep::Wait(in_flight) => in_flight,
                NextStep::Start(ticket, in_flight) => {
                    self.spawn_fetch(ticket, end);
                    in_flight
                }
            };
            match block_on(in_flight.fetch.wait()) {
                Outcome::Token(token) => return Ok(token),
                Outcome::Failed(error) | Outcome::Panicked(error) => return Err(error),
                Outcome::Abandoned => {}
            }
        }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Copy)]
enum End {
    Grant,
    Fail,
    LoseFirst,
}

fn granted(now: Instant) -> Result<Fetched, Error> {
    let token = IssuedToken::new("token", Duration::from_secs(3600)).expect("a good token");
    Ok(Fetched { requested_at: now, token })
}

fn callers(world: &World, end: End) -> Vec<Result<AccessToken, Error>> {
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || world.token(end))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn model_cold_callers_share_one_fetch() {
    check(|| {
        let world = World::new();
        let results = callers(&world, End::Grant);
        assert!(results.iter().all(|result| result.as_ref().unwrap().generation() == 1));
        assert_eq!(world.fetches(), 1);
    });
}

#[test]
fn model_cold_callers_share_one_error() {
    check(|| {
        let world = World::new();
        let results = callers(&world, End::Fail);
        let first = results[0].as_ref().unwrap_err();
        assert!(results.iter().all(|result| result.as_ref().unwrap_err().is_same(first)));
        assert_eq!(world.fetches(), 1);
    });
}

#[test]
fn model_an_abandoned_fetch_is_started_again_once() {
    check(|| {
        let world = World::new();
        let results = callers(&world, End::LoseFirst);
        assert!(results.iter().all(|result| result.as_ref().unwrap().generation() == 1));
        assert_eq!(world.fetches(), 2);
    });
}

#[test]
fn model_late_401s_drop_no_fresh_token() {
    check(|| {
        let world = World::new();
        let old = world.token(End::Grant).unwrap();
        let later = world.later(2);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (later, old) = (later.clone(), old.clone());
                thread::spawn(move || {
                    later.cache.invalidate(&old, later.now);
                    later.token(End::Grant).unwrap().generation()
                })
            })
            .collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 2));
        assert_eq!(world.fetches(), 2);
        assert!(!later.cache.invalidate(&old, later.now));
        assert!(later.cache.get(later.now).is_some());
    });
}

#[test]
fn model_renewals_and_callers_start_one_fetch_and_always_have_a_token() {
    check(|| {
        let world = World::new();
        world.token(End::Grant).unwrap();
        let due = world.later(3_500);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let due = due.clone();
                thread::spawn(move || {
                    let (token, _) = due.cache.get(due.now).expect("a valid token is served");
                    if let Some(ticket) = due.cache.renew(due.now) {
                        due.spawn_fetch(ticket, End::Grant);
                    }
                    token.generation()
                })
            })
            .collect();
        assert!(threads.into_iter().all(|thread| (1..=2).contains(&thread.join().unwrap())));
        // Requests are one second apart, so a second renewal cannot follow at the same instant.
        assert!(due.fetches() <= 2, "{}", due.fetches());
        assert!(due.token(End::Grant).is_ok());
    });
}

#[test]
fn model_the_last_handle_may_be_dropped_at_any_moment_of_a_fetch() {
    check(|| {
        let world = World::new();
        let NextStep::Start(ticket, in_flight) = world.cache.next_step(world.now) else {
            panic!("cold")
        };
        world.spawn_fetch(ticket, End::Grant);
        thread::spawn(move || drop(world));
        assert!(!matches!(block_on(in_flight.fetch.wait()), Outcome::Failed(_)));
    });
}

#[test]
fn model_a_replaced_fetch_changes_nothing_when_it_ends() {
    check(|| {
        let world = World::new();
        let NextStep::Start(asleep, _) = world.cache.next_step(world.now) else { panic!("cold") };
        let later = world.later(32);
        let waking = {
            let now = later.now;
            thread::spawn(move || {
                asleep.begin(now);
                let report = asleep.finish(now, granted(now), 0.5);
                report.map(|report| report.outcome)
            })
        };
        let token = later.token(End::Grant).unwrap();
        assert_eq!(token.generation(), 1);
        let woken = waking.join().unwrap();
        let (generation, _) = later.cache.status();
        match woken {
            Some(Outcome::Token(token)) => {
                assert_eq!((token.generation(), later.fetches()), (1, 0));
            }
            Some(Outcome::Abandoned) => assert_eq!((generation, later.fetches()), (1, 1)),
            other => panic!("{other:?}"),
        }
    });
}
