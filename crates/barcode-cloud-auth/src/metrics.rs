//! Counters for a metrics crate to read. Knows nothing of what it counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a [`TokenSource`](crate::TokenSource) has done since it was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Requests sent to the token endpoint.
    pub fetches: u64,
    /// Fetches that brought no token, for whatever reason, those that sent nothing included.
    pub failures: u64,
    /// Calls answered at once with a token from memory.
    pub served_from_cache: u64,
    /// How long ago the token in memory was requested; `None` without a token, or if it is static.
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

/// Aligned to its own cache lines, so that counting served calls does not slow down neighbouring
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
