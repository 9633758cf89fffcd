//! How many retries the calls of a client may cause.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The period over which calls and retries are counted, in seconds.
const PERIOD: u64 = 10;

/// Retries per period that are always allowed.
const FREE: u64 = PERIOD;

/// Limits the retries of the last ten seconds to a percentage of the calls in that time, so that an
/// outage does not multiply the load.
#[derive(Debug)]
pub(crate) struct Budget {
    percent: u8,
    start: Instant,
    counts: Mutex<Counts>,
}

/// The counts of each second of the period.
#[derive(Debug, Default)]
struct Counts {
    /// The current second, since the start.
    now: u64,
    calls: [u64; PERIOD as usize],
    retries: [u64; PERIOD as usize],
}

impl Budget {
    pub(crate) fn new(percent: u8) -> Self {
        Self { percent, start: Instant::now(), counts: Mutex::default() }
    }

    pub(crate) fn count_call(&self) {
        self.with_counts(|counts, second| counts.calls[second] += 1);
    }

    /// Counts a retry and returns `true`, or returns `false` if the budget is used up.
    pub(crate) fn count_retry(&self) -> bool {
        self.with_counts(|counts, second| {
            let calls: u64 = counts.calls.iter().sum();
            let retries: u64 = counts.retries.iter().sum();
            let is_left = retries < FREE + calls * u64::from(self.percent) / 100;
            counts.retries[second] += u64::from(is_left);
            is_left
        })
    }

    /// Calls `change` with the counts and the index of the current second.
    fn with_counts<T>(&self, change: impl FnOnce(&mut Counts, usize) -> T) -> T {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.start.elapsed().as_secs();
        for second in (counts.now + 1..=now).take(PERIOD as usize) {
            let index = (second % PERIOD) as usize;
            (counts.calls[index], counts.retries[index]) = (0, 0);
        }
        counts.now = now;
        change(&mut counts, (now % PERIOD) as usize)
    }
}
