//! Runs the engine on blocking threads, at most as many at a time as the machine has cores. A panic
//! of the engine becomes an error response, and work is cancelled when its client disconnects.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::http::Failure;

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Limits how much work runs concurrently.
pub(crate) struct Workers(Arc<Semaphore>);

impl Workers {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(cores())))
    }

    /// Runs `work`. If it panics, returns a [`Failure`].
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.run_cancellable(|_| work()).await
    }

    /// Runs `work` as [`run`](Self::run) does. Its token is cancelled when the returned future is
    /// dropped, because the client disconnected or the sandbox stopped. A thread cannot be
    /// interrupted, so long work has to check the token.
    pub(crate) async fn run_cancellable<T: Send + 'static>(
        &self,
        work: impl FnOnce(CancellationToken) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let token = CancellationToken::new();
        let _cancel_when_dropped = token.clone().drop_guard();
        let guarded = move || {
            let _permit = permit;
            catch_unwind(AssertUnwindSafe(|| work(token)))
        };
        match tokio::task::spawn_blocking(guarded).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Failure::internal(
                "The barcode engine panicked while it processed this request.",
            )),
            Err(_) => Err(Failure::internal("The sandbox is shutting down.")),
        }
    }
}

#[cfg(test)]
impl Workers {
    /// Whether no work is in progress.
    pub(crate) fn are_idle(&self) -> bool {
        self.0.available_permits() == cores()
    }

    /// Waits until no work is in progress.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(cores()).unwrap();
        drop(self.0.acquire_many(all).await.unwrap());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_failure_and_releases_its_permit() {
        let workers = Workers::new();
        for _ in 0..100 {
            let work: fn() -> Result<(), Failure> = || panic!("a panic of the engine");
            let failure = workers.run(work).await.unwrap_err();
            assert!(format!("{failure:?}").contains("engine panicked"));
        }
        assert_eq!(workers.run(|| Ok(1)).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn work_is_cancelled_when_its_future_is_dropped() {
        let workers = Workers::new();
        let (send_token, token) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let work = workers.run_cancellable(move |token| {
            send_token.send(token).unwrap();
            released.recv().unwrap();
            Ok(())
        });
        let mut work = Box::pin(work);
        let token = tokio::select! {
            token = token => token.unwrap(),
            _ = &mut work => panic!("the work waits to be released"),
        };
        assert!(!token.is_cancelled());
        drop(work);
        assert!(token.is_cancelled());
        release.send(()).unwrap();
    }
}
