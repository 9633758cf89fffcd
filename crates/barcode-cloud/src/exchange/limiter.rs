//! Limits how many requests are in flight at a time, and how many start per second.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::rate::{RateLimiter, RateOutcome, RatePermit};

/// The period whose permits may be issued at once. Timers have a resolution of milliseconds, so a
/// high rate cannot be reached one permit at a time.
const BURST: Duration = Duration::from_millis(50);

/// The limits that all clones of a client share.
#[derive(Debug)]
pub(crate) struct Limiter {
    slots: Option<Arc<Semaphore>>,
    rate: Option<Rate>,
    shared: Option<Arc<dyn RateLimiter>>,
}

/// Issues permits at a rate. Its mutex is fair, so permits are issued in the order of the waiters,
/// and a waiter that is dropped uses up no permit.
#[derive(Debug)]
struct Rate {
    interval: Duration,
    /// When the next permit is due.
    next: Mutex<Instant>,
}

impl Rate {
    fn new(per_second: NonZeroU32) -> Self {
        Self {
            interval: Duration::from_secs(1) / per_second.get(),
            next: Mutex::new(Instant::now()),
        }
    }

    async fn acquire(&self) {
        let mut next = self.next.lock().await;
        // A timer that is already due would still wait for the next millisecond.
        if *next > Instant::now() {
            sleep_until(*next).await;
        }
        // Permits that were not used in time are lost, except for those of one burst.
        let burst = BURST.saturating_sub(self.interval);
        let oldest = Instant::now().checked_sub(burst).unwrap_or(*next);
        *next = oldest.max(*next) + self.interval;
    }
}

/// Permission to have a request in flight; returned when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Permit {
    _slot: Option<OwnedSemaphorePermit>,
    _shared: RatePermit,
}

impl Limiter {
    pub(crate) fn new(
        concurrency: Option<NonZeroUsize>,
        per_second: Option<NonZeroU32>,
        shared: Option<Arc<dyn RateLimiter>>,
    ) -> Self {
        Self {
            shared,
            slots: concurrency
                .map(|slots| slots.get().min(Semaphore::MAX_PERMITS))
                .map(|slots| Arc::new(Semaphore::new(slots))),
            rate: per_second.map(Rate::new),
        }
    }

    /// Returns a permit without waiting, if there are no limits.
    pub(crate) fn unlimited(&self) -> Option<Permit> {
        let is_unlimited = self.slots.is_none() && self.rate.is_none() && self.shared.is_none();
        is_unlimited.then(Permit::default)
    }

    /// Waits for a permit.
    pub(crate) async fn acquire(&self) -> Permit {
        let slot = match &self.slots {
            // The semaphore is never closed.
            Some(slots) => slots.clone().acquire_owned().await.ok(),
            None => None,
        };
        if let Some(rate) = &self.rate {
            rate.acquire().await;
        }
        let shared = match &self.shared {
            Some(shared) => shared.acquire().await,
            None => RatePermit::default(),
        };
        Permit { _slot: slot, _shared: shared }
    }

    /// Reports to the rate limiter, if one is set, how the service received a request.
    pub(crate) fn report(&self, outcome: RateOutcome) {
        if let Some(shared) = &self.shared {
            shared.report(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroUsize};
    use std::time::Duration;

    use tokio::time::{Instant, timeout};

    use super::Limiter;

    #[tokio::test(start_paused = true)]
    async fn requests_beyond_the_limit_wait_for_one_to_end() {
        let limiter = Limiter::new(NonZeroUsize::new(2), None, None);
        let first = limiter.acquire().await;
        let _second = limiter.acquire().await;
        let soon = Duration::from_secs(60);
        assert!(timeout(soon, limiter.acquire()).await.is_err());
        drop(first);
        assert!(timeout(soon, limiter.acquire()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn permits_are_issued_at_the_rate() {
        for rate in [1, 10, 333, 900, 1_001, 20_000] {
            let limiter = Limiter::new(None, NonZeroU32::new(rate), None);
            let begin = Instant::now();
            for _ in 0..rate * 3 {
                limiter.acquire().await;
            }
            let took = begin.elapsed().as_millis();
            assert!((1_900..=3_050).contains(&took), "{rate}: {took} ms");
            assert!(rate < 10 || took > 2_850, "{rate}: {took} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn unused_permits_are_lost_except_for_a_burst() {
        let limiter = Limiter::new(None, NonZeroU32::new(100), None);
        for _ in 0..2 {
            tokio::time::advance(Duration::from_secs(10)).await;
            let begin = Instant::now();
            for _ in 0..5 {
                limiter.acquire().await;
            }
            assert_eq!(begin.elapsed(), Duration::ZERO);
            limiter.acquire().await;
            assert!(begin.elapsed() >= Duration::from_millis(10));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_is_dropped_uses_up_no_permit() {
        let limiter = Limiter::new(None, NonZeroU32::new(1), None);
        let begin = Instant::now();
        limiter.acquire().await;
        for _ in 0..10 {
            let dropped = timeout(Duration::from_millis(10), limiter.acquire());
            assert!(dropped.await.is_err());
        }
        limiter.acquire().await;
        let took = begin.elapsed().as_millis();
        assert!((1_000..1_005).contains(&took), "{took} ms");
    }

    #[test]
    fn a_permit_without_waiting_is_only_for_clients_without_limits() {
        let (slots, rate) = (NonZeroUsize::new(1), NonZeroU32::new(1));
        assert!(Limiter::new(None, None, None).unlimited().is_some());
        for (slots, rate) in [(slots, None), (None, rate), (slots, rate)] {
            assert!(Limiter::new(slots, rate, None).unlimited().is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_limits_no_call_waits() {
        let limiter = Limiter::new(None, None, None);
        let begin = Instant::now();
        for _ in 0..1_000 {
            limiter.acquire().await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }
}
