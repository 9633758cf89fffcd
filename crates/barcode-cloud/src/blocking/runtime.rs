//! The async runtime of a blocking client, which runs its calls on a background thread.

use std::sync::{Arc, mpsc};

use tokio::runtime::Handle;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::Error;
use crate::error::ConfigurationError;

/// A runtime with one worker thread. It shuts down when the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Runtime(Arc<ShutdownOnDrop>);

#[derive(Debug)]
struct ShutdownOnDrop(Option<tokio::runtime::Runtime>);

impl Runtime {
    pub(super) fn start() -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("barcode-cloud")
            .enable_all()
            .build()
            .map_err(ConfigurationError::Runtime)?;
        Ok(Self(Arc::new(ShutdownOnDrop(Some(runtime)))))
    }

    pub(super) fn handle(&self) -> Option<&Handle> {
        self.0.0.as_ref().map(tokio::runtime::Runtime::handle)
    }

    /// Runs `call` on the worker thread and blocks until it completes. Unlike `block_on`, this does
    /// not panic within another runtime.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        if let Some(handle) = self.handle() {
            let call = in_callers_trace(call);
            handle.spawn(async move { sender.send(call.await) });
        }
        receiver.recv().unwrap_or_else(|_| Err(aborted()))
    }
}

/// Runs `call` with the current span and subscriber of this thread, which a new task does not
/// inherit.
pub(super) fn in_callers_trace<F: Future>(call: F) -> impl Future<Output = F::Output> {
    call.in_current_span().with_current_subscriber()
}

/// The error of a call that panicked.
pub(super) fn aborted() -> Error {
    let reason = "the call panicked or its thread stopped; report this as a bug";
    ConfigurationError::Runtime(std::io::Error::other(reason)).into()
}

impl Drop for ShutdownOnDrop {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Dropping the runtime would block until its tasks stop, which panics within another
            // runtime.
            runtime.shutdown_background();
        }
    }
}
