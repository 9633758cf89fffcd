//! Limits how many requests start per second, in one process or in many.

mod adaptive;
mod controller;

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

pub use self::adaptive::AdaptiveLimiter;
pub use self::controller::{RateController, Reservation};

/// What [`RateLimiter::acquire`] returns.
pub type PermitFuture<'a> = Pin<Box<dyn Future<Output = RatePermit> + Send + 'a>>;

/// Decides when a request may be sent. Set it with
/// [`ClientBuilder::rate_limiter`](crate::ClientBuilder::rate_limiter).
///
/// [`AdaptiveLimiter`] finds the limit of the service for one process. The crate
/// `barcode-cloud-redis` has a limiter for all processes of a fleet.
pub trait RateLimiter: fmt::Debug + Send + Sync + 'static {
    /// Waits until a request may be sent. A call that is dropped or reaches its deadline drops the
    /// future.
    fn acquire(&self) -> PermitFuture<'_>;

    /// Receives the outcome of a request. It must not block.
    fn report(&self, outcome: RateOutcome);
}

/// Whether the service accepted a request. A request without a response is not reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateOutcome {
    /// The service processed the request, successfully or not.
    Accepted,
    /// The service rejected the request with 429.
    Rejected {
        /// The time in the `Retry-After` header.
        retry_after: Option<Duration>,
    },
}

/// Permission to send a request. It is dropped when the response has been received.
#[derive(Default)]
pub struct RatePermit {
    _guard: Option<Box<dyn Send + Sync>>,
}

impl RatePermit {
    /// Creates a permit that drops `guard` at its end.
    pub fn new(guard: impl Send + Sync + 'static) -> Self {
        Self { _guard: Some(Box::new(guard)) }
    }
}

impl fmt::Debug for RatePermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RatePermit").finish_non_exhaustive()
    }
}
