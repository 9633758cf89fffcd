//! Where the engine works: threads of their own, no more at a time than the machine has cores, and
//! a wall that a panic of the engine does not pass.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

use crate::answer::Failure;

/// The bound on work at the same time.
pub(crate) struct Workers(Arc<Semaphore>);

impl Workers {
    pub(crate) fn new() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(cores)))
    }

    /// Runs `work`. A panic in it becomes a failure that says so.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let guarded = move || {
            let _permit = permit;
            catch_unwind(AssertUnwindSafe(work))
        };
        match tokio::task::spawn_blocking(guarded).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Failure::internal(
                "The barcode engine panicked on this request.",
            )),
            Err(_) => Err(Failure::internal("The sandbox is shutting down.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_failure_and_frees_its_place() {
        let workers = Workers::new();
        for _ in 0..100 {
            let work: fn() -> Result<(), Failure> = || panic!("as an engine might");
            let failure = workers.run(work).await.unwrap_err();
            assert!(format!("{failure:?}").contains("engine panicked"));
        }
        assert_eq!(workers.run(|| Ok(1)).await.unwrap(), 1);
    }
}
