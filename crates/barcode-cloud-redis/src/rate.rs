//! One rate limit for all processes that name it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use barcode_cloud::rate::{
    PermitFuture, RateController, RateLimiter, RateOutcome, RatePermit, Reservation,
};
use redis::Script;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::{Redis, Unavailable};

/// A process that has requests in flight reports them this often. Redis forgets a process after a
/// second without a report.
const HEARTBEAT: Duration = Duration::from_millis(250);

/// The shortest time between two reports.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// A permit that was not used this long after it was due is given back.
const UNUSED: Duration = Duration::from_millis(250);

/// How many permits a process asks for at most. It gets those of 20 ms at most.
const MAX_WANTED: u32 = 64;

/// Limits the requests per second, and optionally the requests in flight, of all processes that use
/// the same Redis and the same name.
///
/// The processes find the rate that the service accepts together, as
/// [`RateController`] does for one process: a 429 that one of them receives slows all of them down.
/// Each process gets permits for at most 20 ms at a time, so it asks Redis at most once for each
/// batch. Waiting processes ask in random order, which gives them equal shares.
///
/// A process that crashes gives back its requests in flight within a second. While Redis cannot be
/// used, each process keeps to its share: the last rate, divided by the last number of processes.
///
/// ```no_run
/// use barcode_cloud::Client;
/// use barcode_cloud_redis::{Redis, RedisRateLimiter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let redis = Redis::single("redis://127.0.0.1:6379").build()?;
/// let limiter = RedisRateLimiter::with_max_in_flight(&redis, "labels", 200, 50);
/// let client = Client::builder().env()?.rate_limiter(limiter).build()?;
/// # Ok(())
/// # }
/// ```
pub struct RedisRateLimiter(Arc<State>);

struct State {
    redis: Redis,
    script: Script,
    keys: [String; 3],
    /// The random name of this process.
    process: String,
    max: u32,
    max_in_flight: u32,
    /// When the permits of the last reservation are due. Callers wait for the lock in order.
    due: tokio::sync::Mutex<VecDeque<Instant>>,
    counts: Counts,
    /// Held while the script runs. A report with an older number of requests in flight must not
    /// replace a newer one.
    running: tokio::sync::Mutex<()>,
    /// Wakes the task that reports to Redis.
    report: Arc<Notify>,
    fleet: Mutex<Fleet>,
    task: Mutex<Option<AbortHandle>>,
}

#[derive(Default)]
struct Counts {
    waiting: AtomicU32,
    in_flight: AtomicU32,
    accepted: AtomicU32,
    rejected: AtomicU32,
}

/// The state of the other processes, as far as this one knows it.
struct Fleet {
    rate: f64,
    processes: u32,
    /// Limits this process while Redis cannot be used.
    alone: Option<RateController>,
    started: Instant,
}

/// The response of the script.
struct Granted {
    permits: u32,
    delay: Duration,
    interval: Duration,
}

impl RedisRateLimiter {
    /// Creates a limiter for all processes with this `name`. They begin with `max` requests per
    /// second in total, and never exceed them; 0 counts as 1.
    pub fn new(redis: &Redis, name: impl AsRef<str>, max: u32) -> Self {
        Self::build(redis, name.as_ref(), max, 0)
    }

    /// Creates a limiter like [`new`](Self::new), which also limits the requests that all processes
    /// have in flight together. Each process gets an equal share of them, but at least one.
    pub fn with_max_in_flight(
        redis: &Redis,
        name: impl AsRef<str>,
        max: u32,
        max_in_flight: u32,
    ) -> Self {
        Self::build(redis, name.as_ref(), max, max_in_flight.max(1))
    }

    fn build(redis: &Redis, name: &str, max: u32, max_in_flight: u32) -> Self {
        let slot = format!("rate:{name}");
        let max = max.max(1);
        let fleet =
            Fleet { rate: f64::from(max), processes: 1, alone: None, started: Instant::now() };
        Self(Arc::new(State {
            redis: redis.clone(),
            script: Script::new(include_str!("rate.lua")),
            keys: ["state", "processes", "in-flight"].map(|key| redis.key(&slot, key)),
            process: format!("{:016x}", fastrand::u64(..)),
            max,
            max_in_flight,
            due: tokio::sync::Mutex::default(),
            counts: Counts::default(),
            running: tokio::sync::Mutex::default(),
            report: Arc::default(),
            fleet: Mutex::new(fleet),
            task: Mutex::default(),
        }))
    }

    /// Returns the rate of all processes together, in requests per second, as this process knew it
    /// last.
    pub fn rate(&self) -> f64 {
        self.0.fleet(|fleet| fleet.rate)
    }
}

impl RateLimiter for RedisRateLimiter {
    fn acquire(&self) -> PermitFuture<'_> {
        Box::pin(async {
            State::start_reports(&self.0);
            let counts = &self.0.counts;
            let _waiting = Counted::new(&counts.waiting);
            let mut due = self.0.due.lock().await;
            loop {
                if let Some(at) = due.pop_front() {
                    // The permit is given back if this future is dropped before it is due.
                    let permit = RatePermit::new(InFlight(Arc::clone(&self.0)));
                    sleep_until(at).await;
                    return permit;
                }
                if let Err(pause) = self.0.reserve(&mut due).await {
                    // Processes that wait for the same time would all ask at the same time.
                    sleep(pause.mul_f64(1.0 + fastrand::f64())).await;
                }
            }
        })
    }

    fn report(&self, outcome: RateOutcome) {
        let counts = &self.0.counts;
        let is_rejected = matches!(outcome, RateOutcome::Rejected { .. });
        let alone = self.0.fleet(|fleet| {
            let now = fleet.started.elapsed();
            let alone = fleet.alone.as_mut();
            alone.map(|alone| alone.report(now, u32::from(!is_rejected), u32::from(is_rejected)))
        });
        if alone.is_some() {
            return;
        }
        let count = if is_rejected { &counts.rejected } else { &counts.accepted };
        count.fetch_add(1, Ordering::Relaxed);
        if is_rejected {
            self.0.report.notify_one();
        }
    }
}

impl State {
    /// Reserves permits for the callers that wait. If no permit is free, returns how long to wait.
    async fn reserve(&self, due: &mut VecDeque<Instant>) -> Result<(), Duration> {
        let wanted = self.counts.waiting.load(Ordering::Relaxed).clamp(1, MAX_WANTED);
        let granted = match self.ask(wanted).await {
            Ok(granted) => granted,
            Err(_) => self.reserve_alone()?,
        };
        let first = Instant::now() + granted.delay;
        due.extend((0..granted.permits).map(|index| first + granted.interval * index));
        match granted.permits {
            0 => Err(granted.delay),
            _ => Ok(()),
        }
    }

    /// Reports the outcomes since the last call to Redis, and requests permits.
    async fn ask(&self, wanted: u32) -> Result<Granted, Unavailable> {
        let _running = self.running.lock().await;
        let counts = &self.counts;
        let accepted = counts.accepted.swap(0, Ordering::Relaxed);
        let rejected = counts.rejected.swap(0, Ordering::Relaxed);
        let in_flight = counts.in_flight.load(Ordering::Relaxed);
        let mut call = self.script.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(&self.process).arg(self.max).arg(wanted).arg(accepted).arg(rejected);
        call.arg(in_flight).arg(self.max_in_flight);
        let reply: (u32, u64, u64, u32, u64) = self
            .redis
            .run(|mut connection| async move { call.invoke_async(&mut connection).await })
            .await?;
        let (permits, delay, interval, processes, rate) = reply;
        counts.in_flight.fetch_add(permits, Ordering::Relaxed);
        self.fleet(|fleet| {
            (fleet.processes, fleet.rate) = (processes.max(1), rate as f64 / 1000.0);
            fleet.alone = None;
        });
        let (delay, interval) = (Duration::from_micros(delay), Duration::from_micros(interval));
        Ok(Granted { permits, delay, interval })
    }

    /// Reserves a permit of this process's share, because Redis cannot be used.
    fn reserve_alone(&self) -> Result<Granted, Duration> {
        let in_flight = self.counts.in_flight.load(Ordering::Relaxed);
        self.fleet(|fleet| {
            let share = self.max_in_flight.div_ceil(fleet.processes);
            if self.max_in_flight > 0 && in_flight >= share {
                return Err(SHORTEST_PAUSE);
            }
            let rate = (fleet.rate / f64::from(fleet.processes)).ceil();
            let alone = fleet.alone.get_or_insert_with(|| RateController::new(rate as u32));
            let reservation = alone.reserve(fleet.started.elapsed(), 1);
            if reservation.permits == 0 {
                return Err(reservation.delay);
            }
            self.counts.in_flight.fetch_add(1, Ordering::Relaxed);
            let Reservation { permits, delay, interval, .. } = reservation;
            Ok(Granted { permits, delay, interval })
        })
    }

    fn fleet<T>(&self, access: impl FnOnce(&mut Fleet) -> T) -> T {
        access(&mut self.fleet.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Starts the task that reports to Redis, unless it runs.
    fn start_reports(state: &Arc<Self>) {
        let mut task = state.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(AbortHandle::is_finished) {
            let reports =
                tokio::spawn(send_reports(Arc::downgrade(state), Arc::clone(&state.report)));
            *task = Some(reports.abort_handle());
        }
    }

    /// Gives permits back that nobody used.
    fn drop_unused_permits(&self) {
        let Ok(mut due) = self.due.try_lock() else { return };
        let now = Instant::now();
        while due.front().is_some_and(|at| *at + UNUSED < now) {
            due.pop_front();
            self.counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Reports to Redis when a request was rejected or, if the requests in flight are limited, has
/// ended, and regularly while requests are in flight.
async fn send_reports(state: Weak<State>, report: Arc<Notify>) {
    while let Some(current) = state.upgrade() {
        let is_idle = current.counts.in_flight.load(Ordering::Relaxed) == 0;
        // The state is not kept alive while this task waits.
        drop(current);
        let limit = if is_idle { Duration::MAX } else { HEARTBEAT };
        let was_notified = timeout(limit, report.notified()).await.is_ok();
        let Some(current) = state.upgrade() else { return };
        if !was_notified {
            current.drop_unused_permits();
        }
        // A failure has been logged. The counts from before an outage do not matter after it.
        let _ = current.ask(0).await;
        drop(current);
        sleep(SHORTEST_PAUSE).await;
    }
}

/// Counts one until it is dropped.
struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request in flight, which was counted when its permit was reserved.
struct InFlight(Arc<State>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let was_last = self.0.counts.in_flight.fetch_sub(1, Ordering::Relaxed) == 1;
        if self.0.max_in_flight > 0 || was_last {
            self.0.report.notify_one();
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task {
            task.abort();
        }
    }
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRateLimiter").field("rate", &self.rate()).finish_non_exhaustive()
    }
}
