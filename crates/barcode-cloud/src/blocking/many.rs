//! Sends the requests of an iterator, several at a time, on the client's thread, and returns an
//! iterator of results.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Fuse;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{self, Receiver, Sender};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::requests::{Request, sealed::Sealed as _};
use super::runtime::{Runtime, aborted, in_callers_trace};
use crate::Error;

/// The default number of requests in flight.
const DEFAULT_CONCURRENCY: usize = 8;

/// Many requests, several of which are in flight at a time. The blocking counterpart of
/// [`barcode_cloud::Many`](crate::Many).
///
/// Returned by [`Client::generate_many`](super::Client::generate_many),
/// [`Client::recognize_many`](super::Client::recognize_many) and
/// [`Client::scan_many`](super::Client::scan_many).
#[must_use = "nothing is sent until the iterator of results is advanced"]
#[derive(Debug)]
pub struct Many<I> {
    requests: I,
    runtime: Runtime,
    concurrency: usize,
}

impl<I> Many<I>
where
    I: Iterator,
    I::Item: Request,
{
    pub(super) fn new(requests: I, runtime: &Runtime) -> Self {
        Self {
            requests,
            runtime: runtime.clone(),
            concurrency: DEFAULT_CONCURRENCY,
        }
    }

    /// Sets the maximum number of requests in flight. 8 by default; 0 is treated as 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// Returns the results in the order of the requests.
    pub fn in_order(self) -> InOrder<I> {
        InOrder {
            calls: Calls::new(self),
            early: BTreeMap::new(),
            returned: 0,
        }
    }

    /// Returns the results in the order in which calls complete, each with the index of its
    /// request, starting at 0.
    pub fn as_completed(self) -> AsCompleted<I> {
        AsCompleted {
            calls: Calls::new(self),
            returned: 0,
        }
    }
}

type Answer<I> = <<I as Iterator>::Item as Request>::Answer;

/// The calls in flight. Dropping this aborts them.
struct Calls<I: Iterator<Item: Request>> {
    /// Fused, because `next` is called again after the last request.
    requests: Fuse<I>,
    runtime: Runtime,
    concurrency: usize,
    tasks: JoinSet<()>,
    started: usize,
    sender: Sender<(usize, Result<Answer<I>, Error>)>,
    receiver: Receiver<(usize, Result<Answer<I>, Error>)>,
}

impl<I: Iterator<Item: Request>> Calls<I> {
    fn new(many: Many<I>) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            requests: many.requests.fuse(),
            runtime: many.runtime,
            concurrency: many.concurrency,
            tasks: JoinSet::new(),
            started: 0,
            sender,
            receiver,
        }
    }

    /// Starts calls until the limit of calls that were started, but whose results were not
    /// `returned`, is reached.
    fn start_calls(&mut self, returned: usize) {
        while self.tasks.try_join_next().is_some() {}
        while self.started - returned < self.concurrency
            && let Some(request) = self.requests.next()
        {
            let (index, sender) = (self.started, self.sender.clone());
            let call = AssertUnwindSafe(request.into_call()).catch_unwind();
            let task = async move {
                let result = call.await.unwrap_or_else(|_| Err(aborted()));
                // Sending fails only if the iterator was dropped.
                let _ = sender.send((index, result));
            };
            if let Some(handle) = self.runtime.handle() {
                self.tasks.spawn_on(in_callers_trace(task), handle);
            }
            self.started += 1;
        }
    }
}

/// An iterator over results in the order of their requests, returned by [`Many::in_order`].
pub struct InOrder<I: Iterator<Item: Request>> {
    calls: Calls<I>,
    /// Results that arrived before those of earlier requests.
    early: BTreeMap<usize, Result<Answer<I>, Error>>,
    returned: usize,
}

impl<I: Iterator<Item: Request>> Iterator for InOrder<I> {
    type Item = Result<Answer<I>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.calls.start_calls(self.returned);
        if self.returned == self.calls.started {
            return None;
        }
        while !self.early.contains_key(&self.returned) {
            let (index, result) = self.calls.receiver.recv().ok()?;
            self.early.insert(index, result);
        }
        let result = self.early.remove(&self.returned);
        self.returned += 1;
        result
    }
}

/// An iterator over results in the order in which calls complete, each with the index of its
/// request. Returned by [`Many::as_completed`].
pub struct AsCompleted<I: Iterator<Item: Request>> {
    calls: Calls<I>,
    returned: usize,
}

impl<I: Iterator<Item: Request>> Iterator for AsCompleted<I> {
    type Item = (usize, Result<Answer<I>, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        self.calls.start_calls(self.returned);
        if self.returned == self.calls.started {
            return None;
        }
        self.returned += 1;
        self.calls.receiver.recv().ok()
    }
}

impl<I: Iterator<Item: Request>> fmt::Debug for InOrder<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InOrder")
            .field("returned", &self.returned)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator<Item: Request>> fmt::Debug for AsCompleted<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("returned", &self.returned)
            .finish_non_exhaustive()
    }
}
