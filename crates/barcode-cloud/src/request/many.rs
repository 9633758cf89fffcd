//! Many requests, several at a time: a stream of them in, a stream of answers out. Nothing is collected. Each call is a
//! task, so that it goes on while its answer is waited for elsewhere: one that stood still would keep others from their
//! turn. Dropping the stream ends the tasks.

use std::panic::resume_unwind;

use futures_util::stream::{Stream, StreamExt as _};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use crate::error::ConfigurationError;

use crate::{Barcode, Error, Generate, Image, Recognize, Scan};

/// Requests under way at a time, unless set.
const CONCURRENCY: usize = 8;

/// Many requests to be sent; made by [`Client::generate_many`](crate::Client::generate_many) and its like.
///
/// Memory holds what is under way and no more, however many requests there are. Each has an error of its own; one that
/// fails stops no other. Dropping the stream of answers ends the calls under way (which may be billed) and sends no more.
#[must_use = "nothing is sent before the stream of answers is read"]
#[derive(Debug)]
pub struct Many<S> {
    requests: S,
    concurrency: usize,
}

/// A request that can be one of many: [`Generate`], [`Recognize`], [`Scan`].
pub trait Request: sealed::Sealed + Send + 'static {
    /// What its answer carries.
    type Answer: Send + 'static;

    /// Sends it.
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
            concurrency: CONCURRENCY,
        }
    }

    /// Has this many requests under way at a time; 8 unless set, 0 counts as 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// The answers in the order of the requests. A slow one holds up those behind it, at most
    /// [`concurrency`](Self::concurrency) of them.
    pub fn in_order(
        self,
    ) -> impl Stream<Item = Result<<S::Item as Request>::Answer, Error>> + Unpin {
        let calls = self.requests.map(begin);
        Box::pin(calls.buffered(self.concurrency))
    }

    /// The answers as they come, each with its request's place in the stream, from 0.
    pub fn as_completed(
        self,
    ) -> impl Stream<Item = (usize, Result<<S::Item as Request>::Answer, Error>)> + Unpin {
        let calls = self.requests.enumerate();
        let calls = calls.map(|(place, request)| {
            let call = begin(request);
            async move { (place, call.await) }
        });
        Box::pin(calls.buffer_unordered(self.concurrency))
    }
}

/// Begins a call, which ends early when what is returned is dropped.
fn begin<R: Request>(request: R) -> impl Future<Output = Result<R::Answer, Error>> + Send {
    let call = AbortOnDropHandle::new(tokio::spawn(request.send().in_current_span()));
    async move {
        call.await
            .unwrap_or_else(|stopped| match stopped.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(gone) => Err(ConfigurationError::Runtime(std::io::Error::other(gone)).into()),
            })
    }
}
