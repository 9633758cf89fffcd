//! Counters that a program can export as metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The activity of a [`TokenSource`](crate::TokenSource) since it was built.
///
/// ```
/// use barcode_cloud_auth::TokenSource;
///
/// let source = TokenSource::static_token("eyJhbGciOi").build()?;
/// assert_eq!(source.metrics().failures, 0);
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// The number of requests sent to the token endpoint.
    pub fetches: u64,
    /// The number of fetches that obtained no token, including those that sent no request.
    pub failures: u64,
    /// The number of failed operations of the token store.
    pub store_failures: u64,
    /// The number of calls that returned a token from memory.
    pub served_from_cache: u64,
    /// How long ago the token in memory was requested. `None` if there is no token or it is static.
    pub token_age: Option<Duration>,
    /// The generation of the newest token; 0 before the first one.
    pub generation: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) fetches: Counter,
    pub(crate) failures: Counter,
    pub(crate) served: Counter,
}

/// Aligned to its own cache lines, so that counting served calls does not slow down neighboring
/// data.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
