//! Limits the operations of the store, and reports when it stops and starts to work.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::{info, warn};

use super::super::clock::timeout;
use crate::metrics::Counter;
use crate::store::StoreFuture;

/// The time limit of an operation. Stores should have shorter limits of their own.
const LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub(super) struct Health {
    is_failing: AtomicBool,
    failures: Counter,
}

/// The store failed, which was reported.
#[derive(Debug)]
pub(super) struct Unavailable;

impl Health {
    pub(super) fn failures(&self) -> u64 {
        self.failures.get()
    }

    /// Runs an operation within its time limit.
    pub(super) async fn watch<T>(&self, operation: StoreFuture<'_, T>) -> Result<T, Unavailable> {
        match timeout(LIMIT, operation).await {
            Ok(Ok(value)) => {
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    info!("the token store works again");
                }
                Ok(value)
            }
            Ok(Err(error)) => Err(self.fail(error)),
            Err(_) => Err(self.fail(format!("it did not respond within {LIMIT:?}").into())),
        }
    }

    /// Counts a failure. Only the first one of an outage is logged.
    pub(super) fn fail(&self, error: Box<dyn StdError + Send + Sync>) -> Unavailable {
        self.failures.add_one();
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            let source = error.source().map(tracing::field::display);
            warn!(%error, source, "the token store failed, so this process obtains its own tokens");
        }
        Unavailable
    }
}
