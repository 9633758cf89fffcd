//! One call of the service, from its turn to its answer: attempts with pauses between them, a new token after a 401,
//! deadlines, and one error type for whatever went wrong.

mod body;
mod deadline;
pub(crate) mod hook;
mod limiter;
pub(crate) mod response;
mod retry;
mod span;
mod unprocessed;
pub(crate) mod upload;

use std::pin::pin;
use std::time::Duration;

use barcode_cloud_auth::AccessToken;
use barcode_cloud_client as api;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Body, Request, Response, StatusCode};
use tokio::time::{Instant, sleep};
use tracing::{Instrument as _, Span};

pub(crate) use self::body::{Bounded, Bounds, Cut, Pieces};
use self::deadline::Limit;
pub(crate) use self::limiter::{Gate, Turn};
pub(crate) use self::retry::Retries;
pub(crate) use self::span::Streaming;
use crate::error::{Deadline, Head, InvalidInput};
use crate::exchange::upload::Fate;
use crate::{Client, Error};

/// The header that carries the id of a request, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Most bytes that an answer is given room for because it says that it has them.
const PREALLOCATED: u64 = 1 << 20;

/// An operation in one of its forms, with all it sends, ready to be attempted more than once.
pub(crate) trait Operation: Sync {
    /// What the caller gets.
    type Output;

    /// What the document calls it.
    fn name(&self) -> &'static api::Operation;

    /// Whether it can be attempted (once more): a reader can be read only once.
    fn is_whole(&self) -> bool {
        true
    }

    /// Checks the arguments before the call waits for a permit, so that an invalid call fails at once and takes nothing
    /// from the limits.
    fn validate(&self, _: &api::Client) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Ok(()))
    }

    /// Builds the request anew; what breaks its upload off is told to `fate`.
    fn request(
        &self,
        api: &api::Client,
        fate: &Fate,
    ) -> impl Future<Output = Result<Request, Error>> + Send;

    /// Reads a success; that belongs to the attempt.
    fn receive(
        &self,
        response: Response,
        beside: Beside<'_>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// What a success comes with.
pub(crate) struct Beside<'a> {
    pub(crate) head: Head,
    pub(crate) bounds: Bounds,
    /// Lasts as long as it is kept.
    pub(crate) turn: Turn,
    pub(crate) span: &'a Span,
}

impl Beside<'_> {
    /// The whole body of an answer that announces this `length`, in memory of its own: what is kept does not keep the
    /// connection's buffer.
    pub(crate) async fn read(&self, body: Body, length: Option<u64>) -> Result<Bytes, Error> {
        let capacity = length.unwrap_or_default().min(PREALLOCATED) as usize;
        let mut whole = BytesMut::with_capacity(capacity);
        let mut pieces = Bounded::body(body, length, self.bounds);
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => whole.extend_from_slice(&piece),
                Err(cut) => return Err(response::cut(cut, self.bounds, &self.head)),
            }
        }
        Ok(whole.freeze())
    }

    /// The same answer with its body read, and that body once more.
    pub(crate) async fn whole(&self, response: Response) -> Result<(Response, Bytes), Error> {
        let length = response.content_length();
        let (head, body) = http::Response::<Body>::from(response).into_parts();
        let body = self.read(body, length).await?;
        Ok((http::Response::from_parts(head, body.clone()).into(), body))
    }
}

/// What one call sets for itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) request_id: Option<String>,
}

impl CallOptions {
    fn request_id(&self) -> Result<Option<HeaderValue>, InvalidInput> {
        let Some(id) = &self.request_id else {
            return Ok(None);
        };
        HeaderValue::from_str(id).map(Some).map_err(|_| {
            let reason = "has a character that no header can carry; use visible ASCII";
            InvalidInput::new("request_id", reason)
        })
    }
}

/// Runs `operation` to its end.
pub(crate) async fn run<O: Operation>(
    client: &Client,
    options: &CallOptions,
    operation: &O,
) -> Result<O::Output, Error> {
    let request_id = options.request_id()?;
    let limit = options.timeout.unwrap_or(client.shared().timeouts.call);
    let now = Instant::now();
    let mut call = Call {
        client,
        request_id,
        limit: Limit::new(Deadline::Call, limit, now),
        seen: span::Seen::begin(client.shared(), operation.name(), now),
    };
    // A span that nobody wants is not entered.
    let entered = (!call.seen.span.is_disabled()).then(|| call.seen.span.clone());
    let outcome = {
        let attempts = pin!(call.attempts(operation));
        match entered {
            Some(span) => attempts.instrument(span).await,
            None => attempts.await,
        }
    };
    call.seen.end(outcome.as_ref().err());
    outcome
}

/// A call under way.
struct Call<'a> {
    client: &'a Client,
    request_id: Option<HeaderValue>,
    limit: Limit,
    seen: span::Seen<'a>,
}

/// Why an attempt failed, and the token that the service refused.
struct Failed {
    error: Error,
    refused: Option<AccessToken>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            refused: None,
        }
    }
}

impl Call<'_> {
    async fn attempts<O: Operation>(&mut self, operation: &O) -> Result<O::Output, Error> {
        let shared = self.client.shared();
        let validation = operation.validate(self.client.api());
        self.limit.wait_for(validation).await??;
        shared.retries.count_call();
        let mut renewed = false;
        loop {
            let turn = match shared.gate.free() {
                Some(turn) => turn,
                None => self.limit.wait_for(shared.gate.enter()).await?,
            };
            self.seen.attempts += 1;
            let failed = match self.attempt(operation, turn).await {
                Ok(output) => return Ok(output),
                Err(failed) => failed,
            };
            if !operation.is_whole() {
                return Err(failed.error);
            }
            // Boxed, as what few calls need would take its place in the future of each.
            Box::pin(self.prepare_another(failed, &mut renewed)).await?;
        }
    }

    /// Waits until it is time for another attempt; the error, where there is none.
    async fn prepare_another(&self, failed: Failed, renewed: &mut bool) -> Result<(), Error> {
        match failed.refused {
            // A refused token is out of use. A request goes out again once for it, not more, and only with another
            // token: a static one is refused again.
            Some(refused) if !*renewed => {
                *renewed = true;
                let token = self.client.shared().tokens.token();
                let token = self.limit.wait_for(token).await?.map_err(Error::Auth)?;
                match token.generation() == refused.generation() {
                    true => Err(failed.error),
                    false => Ok(()),
                }
            }
            _ => {
                sleep(self.pause(failed.error)?).await;
                Ok(())
            }
        }
    }

    /// How long to wait before the next attempt; the error, where there is none.
    fn pause(&self, error: Error) -> Result<Duration, Error> {
        let retries = &self.client.shared().retries;
        let left = self.limit.left(Instant::now());
        match retries.pause(&error, self.seen.attempts, left, &mut fastrand::Rng::new()) {
            Some(pause) => {
                // Its kind only: what the service says of it may quote the data.
                let kind = error.kind();
                tracing::debug!(attempts = self.seen.attempts, ?pause, %kind, "sending again");
                Ok(pause)
            }
            None => Err(error),
        }
    }

    async fn attempt<O: Operation>(&self, operation: &O, turn: Turn) -> Result<O::Output, Failed> {
        let limit = self.client.shared().timeouts.attempt;
        let limit = Limit::new(Deadline::Attempt, limit, Instant::now()).or_sooner(self.limit);
        let exchange = pin!(self.exchange(operation, turn));
        limit.wait_for(exchange).await?
    }

    /// One request and its answer.
    async fn exchange<O: Operation>(&self, operation: &O, turn: Turn) -> Result<O::Output, Failed> {
        let shared = self.client.shared();
        let fate = Fate::default();
        let mut request = operation.request(self.client.api(), &fate).await?;
        if let Some(id) = &self.request_id {
            request.headers_mut().insert(REQUEST_ID, id.clone());
        }
        let token = shared.tokens.authorize(&mut request).await;
        let token = token.map_err(Error::Auth)?;
        let response = match shared.http.execute(request).await {
            Ok(response) => response,
            Err(source) => return Err(fate.decide(response::lost(source)).into()),
        };
        if response.status() == StatusCode::OK {
            let head = Head::new(response.status(), response.headers());
            self.seen.answered(&head);
            let beside = Beside {
                head,
                bounds: shared.bounds,
                turn,
                span: &self.seen.span,
            };
            let received = operation.receive(response, beside).await;
            return received.map_err(|error| fate.decide(error).into());
        }
        // Taken out of use here, whatever becomes of the call.
        let refused = (response.status() == StatusCode::UNAUTHORIZED).then_some(token);
        if let Some(token) = &refused {
            shared.tokens.invalidate(token);
        }
        let error = Box::pin(response::error(response, shared.bounds)).await;
        let error = fate.decide(error);
        Err(Failed { error, refused })
    }
}
