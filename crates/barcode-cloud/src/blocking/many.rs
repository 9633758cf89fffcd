//! Many requests of an iterator, several at a time, on the client's own thread: an iterator of answers out.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Fuse;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{self, Receiver, Sender};

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::requests::{Request, sealed::Sealed as _};
use super::runtime::{Runtime, in_callers_trace, stopped};
use crate::Error;

/// Requests under way at a time, unless set.
const CONCURRENCY: usize = 8;

/// Many requests to be sent; made by [`Client::generate_many`](super::Client::generate_many) and its like. As
/// [`barcode_cloud::Many`](crate::Many), without async.
#[must_use = "nothing is sent before the answers are read"]
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
            concurrency: CONCURRENCY,
        }
    }

    /// Has this many requests under way at a time; 8 unless set, 0 counts as 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.max(1);
        self
    }

    /// The answers in the order of the requests.
    pub fn in_order(self) -> InOrder<I> {
        InOrder {
            under_way: UnderWay::new(self),
            early: BTreeMap::new(),
            given: 0,
        }
    }

    /// The answers as they come, each with its request's place, from 0.
    pub fn as_completed(self) -> AsCompleted<I> {
        AsCompleted {
            under_way: UnderWay::new(self),
            given: 0,
        }
    }
}

type Answer<I> = <<I as Iterator>::Item as Request>::Answer;

/// Calls under way; dropping it ends them.
struct UnderWay<I: Iterator<Item: Request>> {
    /// Fused: answers are asked for long after the last request.
    requests: Fuse<I>,
    runtime: Runtime,
    concurrency: usize,
    calls: JoinSet<()>,
    begun: usize,
    sender: Sender<(usize, Result<Answer<I>, Error>)>,
    receiver: Receiver<(usize, Result<Answer<I>, Error>)>,
}

impl<I: Iterator<Item: Request>> UnderWay<I> {
    fn new(many: Many<I>) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            requests: many.requests.fuse(),
            runtime: many.runtime,
            concurrency: many.concurrency,
            calls: JoinSet::new(),
            begun: 0,
            sender,
            receiver,
        }
    }

    /// Begins calls while there are more and fewer than the limit were begun and not `given` to the caller.
    fn fill(&mut self, given: usize) {
        while self.calls.try_join_next().is_some() {}
        while self.begun - given < self.concurrency
            && let Some(request) = self.requests.next()
        {
            let (place, sender) = (self.begun, self.sender.clone());
            let work = AssertUnwindSafe(request.into_work()).catch_unwind();
            let call = async move {
                let answer = work.await.unwrap_or_else(|_| Err(stopped()));
                // Nobody listens when the caller has gone.
                let _ = sender.send((place, answer));
            };
            if let Some(handle) = self.runtime.handle() {
                self.calls.spawn_on(in_callers_trace(call), handle);
            }
            self.begun += 1;
        }
    }
}

/// Answers in the order of their requests; made by [`Many::in_order`].
pub struct InOrder<I: Iterator<Item: Request>> {
    under_way: UnderWay<I>,
    early: BTreeMap<usize, Result<Answer<I>, Error>>,
    given: usize,
}

impl<I: Iterator<Item: Request>> Iterator for InOrder<I> {
    type Item = Result<Answer<I>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.under_way.fill(self.given);
        if self.given == self.under_way.begun {
            return None;
        }
        while !self.early.contains_key(&self.given) {
            let (place, answer) = self.under_way.receiver.recv().ok()?;
            self.early.insert(place, answer);
        }
        let answer = self.early.remove(&self.given);
        self.given += 1;
        answer
    }
}

/// Answers as they come, each with its request's place; made by [`Many::as_completed`].
pub struct AsCompleted<I: Iterator<Item: Request>> {
    under_way: UnderWay<I>,
    given: usize,
}

impl<I: Iterator<Item: Request>> Iterator for AsCompleted<I> {
    type Item = (usize, Result<Answer<I>, Error>);

    fn next(&mut self) -> Option<Self::Item> {
        self.under_way.fill(self.given);
        if self.given == self.under_way.begun {
            return None;
        }
        self.given += 1;
        self.under_way.receiver.recv().ok()
    }
}

impl<I: Iterator<Item: Request>> fmt::Debug for InOrder<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InOrder")
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

impl<I: Iterator<Item: Request>> fmt::Debug for AsCompleted<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted")
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}
