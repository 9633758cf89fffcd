//! A rate limiter for one process.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{PermitFuture, RateController, RateLimiter, RateOutcome, RatePermit};

/// Finds the number of requests per second that the service accepts, for the clients of one
/// process. See [`RateController`] for the algorithm.
///
/// ```
/// # fn example(credentials: barcode_cloud::ClientCredentials) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::Client;
/// use barcode_cloud::rate::AdaptiveLimiter;
///
/// let client = Client::builder()
///     .credentials(credentials)
///     .rate_limiter(AdaptiveLimiter::new(500))
///     .build()?;
/// # Ok(())
/// # }
/// ```
pub struct AdaptiveLimiter {
    started: Instant,
    controller: Mutex<RateController>,
    /// Callers wait for it in order.
    turn: tokio::sync::Mutex<()>,
}

impl AdaptiveLimiter {
    /// Creates a limiter that begins with `max` requests per second and never exceeds them.
    pub fn new(max: u32) -> Self {
        Self {
            started: Instant::now(),
            controller: Mutex::new(RateController::new(max)),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Returns the current number of requests per second.
    pub fn rate(&self) -> f64 {
        self.with(|controller, _| controller.rate())
    }

    fn with<T>(&self, access: impl FnOnce(&mut RateController, Duration) -> T) -> T {
        let mut controller = self.controller.lock().unwrap_or_else(PoisonError::into_inner);
        access(&mut controller, self.started.elapsed())
    }
}

impl RateLimiter for AdaptiveLimiter {
    fn acquire(&self) -> PermitFuture<'_> {
        Box::pin(async {
            let _turn = self.turn.lock().await;
            loop {
                let reservation = self.with(|controller, now| controller.reserve(now, 1));
                // A timer that is already due would still wait for the next millisecond.
                if !reservation.delay.is_zero() {
                    sleep(reservation.delay).await;
                }
                if reservation.permits > 0 {
                    return RatePermit::default();
                }
            }
        })
    }

    fn report(&self, outcome: RateOutcome) {
        let (accepted, rejected) = match outcome {
            RateOutcome::Accepted => (1, 0),
            RateOutcome::Rejected { .. } => (0, 1),
        };
        self.with(|controller, now| controller.report(now, accepted, rejected));
    }
}

impl fmt::Debug for AdaptiveLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveLimiter").field("rate", &self.rate()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::AdaptiveLimiter;
    use crate::rate::{RateLimiter as _, RateOutcome};

    #[tokio::test(start_paused = true)]
    async fn permits_are_issued_at_the_current_rate() {
        let limiter = AdaptiveLimiter::new(100);
        let begin = Instant::now();
        for _ in 0..200 {
            drop(limiter.acquire().await);
            limiter.report(RateOutcome::Accepted);
        }
        let took = begin.elapsed().as_millis();
        assert!((1_950..=2_050).contains(&took), "{took} ms");
        limiter.report(RateOutcome::Rejected { retry_after: None });
        tokio::time::advance(Duration::from_millis(600)).await;
        drop(limiter.acquire().await);
        assert!(limiter.rate() < 98.0, "{}", limiter.rate());
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_gives_up_lets_the_next_one_go() {
        let limiter = AdaptiveLimiter::new(1);
        drop(limiter.acquire().await);
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, limiter.acquire()).await.is_err());
        let begin = Instant::now();
        drop(limiter.acquire().await);
        assert!(begin.elapsed() < Duration::from_secs(2));
    }
}
