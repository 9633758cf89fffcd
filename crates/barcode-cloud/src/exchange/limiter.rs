//! Where requests wait for their turn: how many are under way at a time, and how many begin in a second.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use leaky_bucket::RateLimiter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often a second turns come, where there are that many.
const HANDFULS: u32 = 20;

/// The limits that all clones of a client share.
#[derive(Debug)]
pub(crate) struct Gate {
    slots: Option<Arc<Semaphore>>,
    rate: Option<RateLimiter>,
}

/// A turn; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Gate {
    pub(crate) fn new(concurrency: Option<NonZeroUsize>, per_second: Option<NonZeroU32>) -> Self {
        Self {
            slots: concurrency
                .map(|slots| slots.get().min(Semaphore::MAX_PERMITS))
                .map(|slots| Arc::new(Semaphore::new(slots))),
            rate: per_second.map(|rate| {
                // Turns come in handfuls, some twenty a second: timers count in milliseconds.
                let handful = (rate.get() / HANDFULS).max(1);
                RateLimiter::builder()
                    .initial(handful as usize)
                    .max(handful as usize)
                    .refill(handful as usize)
                    .interval(Duration::from_secs(handful.into()) / rate.get())
                    .build()
            }),
        }
    }

    /// A turn, where nobody ever waits for one.
    pub(crate) fn free(&self) -> Option<Turn> {
        let is_open = self.slots.is_none() && self.rate.is_none();
        is_open.then_some(Turn { _permit: None })
    }

    /// Waits for a turn, which lasts until what is returned is dropped.
    pub(crate) async fn enter(&self) -> Turn {
        let permit = match &self.slots {
            // It is never closed.
            Some(slots) => slots.clone().acquire_owned().await.ok(),
            None => None,
        };
        if let Some(rate) = &self.rate {
            rate.acquire_one().await;
        }
        Turn { _permit: permit }
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroUsize};
    use std::time::Duration;

    use tokio::time::{Instant, timeout};

    use super::Gate;

    #[tokio::test(start_paused = true)]
    async fn more_than_the_limit_wait_for_one_to_leave() {
        let gate = Gate::new(NonZeroUsize::new(2), None);
        let first = gate.enter().await;
        let _second = gate.enter().await;
        let soon = Duration::from_secs(60);
        assert!(timeout(soon, gate.enter()).await.is_err());
        drop(first);
        assert!(timeout(soon, gate.enter()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_the_rate_whatever_it_is() {
        for rate in [1, 10, 333, 900, 1_001, 20_000] {
            let gate = Gate::new(None, NonZeroU32::new(rate));
            let begin = Instant::now();
            for _ in 0..rate * 3 {
                gate.enter().await;
            }
            let took = begin.elapsed().as_millis();
            assert!((1_900..=3_050).contains(&took), "{rate}: {took} ms");
            assert!(rate < 10 || took > 2_850, "{rate}: {took} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_limits_nobody_waits() {
        let gate = Gate::new(None, None);
        let begin = Instant::now();
        for _ in 0..1_000 {
            gate.enter().await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }
}
