//! The thread that a blocking client's requests run on.

use std::sync::{Arc, mpsc};

use tokio::runtime::Handle;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::Error;
use crate::error::ConfigurationError;

/// A runtime of one thread, which ends with the last clone.
#[derive(Debug, Clone)]
pub(crate) struct Runtime(Arc<Owned>);

#[derive(Debug)]
struct Owned(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub(super) fn start() -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("barcode-cloud")
            .enable_all()
            .build()
            .map_err(ConfigurationError::Runtime)?;
        Ok(Self(Arc::new(Owned(Some(runtime)))))
    }

    pub(super) fn handle(&self) -> Option<&Handle> {
        self.0.0.as_ref().map(tokio::runtime::Runtime::handle)
    }

    /// Runs `work` on that thread and waits for what it gives. That is no panic where another runtime runs.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        if let Some(handle) = self.handle() {
            let work = in_callers_trace(work);
            handle.spawn(async move { sender.send(work.await) });
        }
        receiver.recv().unwrap_or_else(|_| Err(stopped()))
    }
}

/// Runs `work` in the span and with the subscriber of the thread that calls this: a new task has neither.
pub(super) fn in_callers_trace<F: Future>(work: F) -> impl Future<Output = F::Output> {
    work.in_current_span().with_current_subscriber()
}

/// The error of a call whose thread went away, by a panic in it.
pub(super) fn stopped() -> Error {
    let reason = "the thread that runs the calls stopped";
    ConfigurationError::Runtime(std::io::Error::other(reason)).into()
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // To wait for it would be a panic where another runtime runs.
            runtime.shutdown_background();
        }
    }
}
