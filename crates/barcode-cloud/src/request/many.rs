//! Sends a stream of requests, several at a time, and returns a stream of results. Only the
//! requests in flight are kept in memory.
//!
//! Each call is a separate task, so that it makes progress even while the stream of results is not
//! polled. Otherwise a suspended call could hold a permit that other calls wait for. Dropping the
//! stream of results aborts the tasks.

use std::panic::resume_unwind;

use futures_util::stream::{Stream, StreamExt as _};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::error::ConfigurationError;
use crate::{Barcode, Error, Generate, Image, Recognize, Scan};

/// The default number of requests in flight.
const DEFAULT_CONCURRENCY: usize = 8;

/// Many requests, several of which are in flight at a time.
///
/// Returned by [`Client::generate_many`](crate::Client::generate_many),
/// [`Client::recognize_many`](crate::Client::recognize_many) and
/// [`Client::scan_many`](crate::Client::scan_many).
///
/// Memory use depends on the number of requests in flight, not on the total number of requests.
/// Each request has its own result: an error does not stop the others. Dropping the stream of
/// results aborts the calls in flight, which may still be billed, and sends no further requests.
#[must_use = "nothing is sent until the stream of results is polled"]
#[derive(Debug)]
pub struct Many<S> {
    requests: S,
    concurrency: usize,
}

/// A request that [`Many`] can send: [`Generate`], [`Recognize`] or [`Scan`].
pub trait Request: sealed::Sealed + Send + 'static {
    /// The result of a successful call.
    type Answer: Send + 'static;

    /// Sends the request.
    fn send(self) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! request {
    ($request:ident => $answer:ty) => {
        impl sealed::Sealed for $request {}

        impl Request for $request {
            type Answer = $answer;

            fn send(self) -> impl Future<Output = Result<$answer, Error>> + Send {
                $request::send(self)
            }
        }
    };
}

request!(Generate => Image);
request!(Recognize => Vec<Barcode>);
request!(Scan => Vec<Barcode>);

impl<S> Many<S>
where
    S: Stream,
    S::Item: Request,
{
    pub(crate) fn new(requests: S) -> Self {
        Self {
            requests,
            concurrency: DEFAULT_CONCURRENCY,
        }
    }

    /// Sets the maximum number of requests in flight. 8 by default; 0 is treated as 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Returns the results in the order of the requests.
    ///
    /// A slow call delays the results after it. At most [`concurrency`](Self::concurrency) calls
    /// are started and not yet returned.
    pub fn in_order(
        self,
    ) -> impl Stream<Item = Result<<S::Item as Request>::Answer, Error>> + Unpin {
        let calls = self.requests.map(spawn);
        Box::pin(calls.buffered(self.concurrency))
    }

    /// Returns the results in the order in which calls complete, each with the index of its
    /// request, starting at 0.
    pub fn as_completed(
        self,
    ) -> impl Stream<Item = (usize, Result<<S::Item as Request>::Answer, Error>)> + Unpin {
        let calls = self.requests.enumerate();
        let calls = calls.map(|(index, request)| {
            let call = spawn(request);
            async move { (index, call.await) }
        });
        Box::pin(calls.buffer_unordered(self.concurrency))
    }
}

/// Starts a call, which is aborted if the returned future is dropped.
fn spawn<R: Request>(request: R) -> impl Future<Output = Result<R::Answer, Error>> + Send {
    let call = AbortOnDropHandle::new(tokio::spawn(request.send().in_current_span()));
    async move {
        call.await
            .unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(cancelled) => {
                    Err(ConfigurationError::Runtime(std::io::Error::other(cancelled)).into())
                }
            })
    }
}
