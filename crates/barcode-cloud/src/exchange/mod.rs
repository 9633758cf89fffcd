//! One call of the service, for requests of the facade and of the generated client: a permit,
//! attempts with pauses between them, a new token after a 401, deadlines, a span, and one error
//! type.

mod authorized;
mod body;
mod budget;
mod context;
mod deadline;
mod hook;
mod limiter;
mod metadata;
mod options;
pub(crate) mod response;
mod retry;
mod shared;
mod span;
pub(crate) mod upload;

use std::pin::pin;
use std::time::Duration;

use barcode_cloud_auth::AccessToken;
use barcode_cloud_client as api;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Request, Response, StatusCode};
use tokio::time::{Instant, sleep};
use tracing::Instrument as _;

use self::authorized::AuthorizedClient;
pub(crate) use self::authorized::MiddlewareChain;
pub(crate) use self::body::{BodyChunks, BodyError, BodyLimits, LimitedBody};
pub(crate) use self::context::ResponseContext;
use self::deadline::Limit;
use self::limiter::{Limiter, Permit};
pub use self::metadata::ResponseMetadata;
pub(crate) use self::options::{CallOptions, parse_header};
use self::retry::Retries;
pub(crate) use self::shared::Shared;
pub(crate) use self::span::Streaming;
use self::upload::UploadOutcome;
use crate::config::Timeouts;
use crate::error::{Deadline, Error, ResponseHead};
use crate::rate::RateOutcome;

/// An operation with its arguments, which can be attempted more than once.
pub(crate) trait Operation: Sync {
    /// The value that a successful response is converted into.
    type Output;

    /// The operation in the document.
    fn operation(&self) -> &'static api::Operation;

    /// Whether the request can still be built. A reader, for example, can be read only once.
    fn can_resend(&self) -> bool {
        true
    }

    /// Checks the arguments before the call waits for a permit, so that an invalid call fails at
    /// once and takes nothing from the limits.
    fn validate(&self) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Ok(()))
    }

    /// Builds the request for one attempt. If its upload is aborted, the cause is recorded in
    /// `upload`.
    fn request(
        &self,
        upload: &UploadOutcome,
    ) -> impl Future<Output = Result<Request, Error>> + Send;

    /// Reads a successful response, as a part of the attempt.
    fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// Why a call failed, with the response if there was one: the generated client reads error
/// responses itself.
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) response: Option<Box<http::Response<Bytes>>>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, response: None }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// The state that all calls of a client share.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) client: AuthorizedClient,
    pub(crate) limiter: Limiter,
    pub(crate) retries: Retries,
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: BodyLimits,
    /// Path, host and port of the base URL, for spans and metrics.
    pub(crate) base_path: String,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
}

impl Exchange {
    /// Makes the call that `operation` describes.
    pub(crate) async fn run<O: Operation>(
        &self,
        options: &CallOptions,
        operation: &O,
    ) -> Result<O::Output, Failure> {
        let headers = options.headers().map_err(Error::from)?;
        let limit = options.timeout.unwrap_or(self.timeouts.call);
        let now = Instant::now();
        let mut call = Call {
            exchange: self,
            options,
            headers,
            limit: Limit::new(Deadline::Call, limit, now),
            call_span: span::CallSpan::begin(self, operation.operation(), now),
        };
        // A disabled span is not entered, which would cost time.
        let entered = (!call.call_span.span.is_disabled()).then(|| call.call_span.span.clone());
        let outcome = {
            let attempts = pin!(call.attempts(operation));
            match entered {
                Some(span) => attempts.instrument(span).await,
                None => attempts.await,
            }
        };
        call.call_span.end(outcome.as_ref().err().map(|failure| &failure.error));
        outcome
    }
}

/// A call in progress.
struct Call<'a> {
    exchange: &'a Exchange,
    options: &'a CallOptions,
    headers: HeaderMap,
    limit: Limit,
    call_span: span::CallSpan<'a>,
}

/// Why an attempt failed, and the token that the service rejected.
struct FailedAttempt {
    failure: Failure,
    rejected: Option<AccessToken>,
}

impl<E: Into<Failure>> From<E> for FailedAttempt {
    fn from(failure: E) -> Self {
        Self { failure: failure.into(), rejected: None }
    }
}

impl Call<'_> {
    async fn attempts<O: Operation>(&mut self, operation: &O) -> Result<O::Output, Failure> {
        let exchange = self.exchange;
        self.limit.wait_for(operation.validate()).await??;
        exchange.retries.count_call();
        let mut renewed = false;
        loop {
            let permit = match exchange.limiter.unlimited() {
                Some(permit) => permit,
                None => self.limit.wait_for(exchange.limiter.acquire()).await?,
            };
            self.call_span.attempts += 1;
            self.call_span.response = ResponseHead::default();
            let failed = match self.attempt(operation, permit, renewed).await {
                Ok(output) => return Ok(output),
                Err(failed) => failed,
            };
            if !operation.can_resend() {
                return Err(failed.failure);
            }
            // Boxed so that the rarely used retry state does not enlarge every call's future.
            Box::pin(self.prepare_retry(failed, &mut renewed)).await?;
        }
    }

    /// Waits until the request may be resent; returns the failure if it may not.
    async fn prepare_retry(
        &self,
        failed: FailedAttempt,
        renewed: &mut bool,
    ) -> Result<(), Failure> {
        match failed.rejected {
            // A request is resent once for a rejected token, and only with another token: a static
            // one would be rejected again.
            Some(rejected) if !*renewed => {
                *renewed = true;
                let left = self.limit.left(Instant::now()).unwrap_or(Duration::MAX);
                let token = self.exchange.client.tokens().token_within(left).await;
                let token = token.map_err(|error| self.limit.token_error(error))?;
                match token.generation() == rejected.generation() {
                    true => Err(failed.failure),
                    false => Ok(()),
                }
            }
            _ => {
                sleep(self.pause(failed.failure)?).await;
                Ok(())
            }
        }
    }

    /// How long to wait before the next attempt; returns the failure if there is no next attempt.
    fn pause(&self, failure: Failure) -> Result<Duration, Failure> {
        let own_policy = self.options.retry.as_ref();
        let own_policy = own_policy.map(|policy| self.exchange.retries.with_policy(policy));
        let retries = own_policy.as_ref().unwrap_or(&self.exchange.retries);
        let left = self.limit.left(Instant::now());
        let attempts = self.call_span.attempts;
        let pause = retries.pause(&failure.error, attempts, left, &mut fastrand::Rng::new());
        let Some(pause) = pause else {
            return Err(failure);
        };
        // Only the kind of the error is logged: the service's message may quote the data.
        let kind = failure.error.telemetry_type();
        tracing::debug!(attempts, ?pause, %kind, "resending the request");
        Ok(pause)
    }

    /// Makes one attempt; `renewed` says that the token was already renewed after a 401.
    ///
    /// An outage of the token endpoint may last longer than an attempt, so the token is awaited
    /// within the deadline of the call, between the attempt's two parts: building the request, and
    /// sending it.
    async fn attempt<O: Operation>(
        &mut self,
        operation: &O,
        permit: Permit,
        renewed: bool,
    ) -> Result<O::Output, FailedAttempt> {
        let upload = UploadOutcome::default();
        let built = pin!(operation.request(&upload));
        let mut request = self.attempt_limit().wait_for(built).await??;
        self.call_span.record_url(request.url());
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        let client = &self.exchange.client;
        let token = client.authorize(&mut request, self.limit).await?;
        let limit = self.attempt_limit();
        let received = pin!(self.send(operation, request, token, permit, renewed, limit));
        let received = limit.wait_for(received).await?;
        received.map_err(|mut failed| {
            failed.failure.error = upload.cause_of(failed.failure.error);
            failed
        })
    }

    /// The deadline of a part of an attempt that starts now.
    fn attempt_limit(&self) -> Limit {
        let limit = self.options.attempt_limit(&self.exchange.timeouts);
        Limit::new(Deadline::Attempt, limit, Instant::now()).or_sooner(self.limit)
    }

    /// Sends the request and receives its response.
    async fn send<O: Operation>(
        &mut self,
        operation: &O,
        request: Request,
        token: Option<AccessToken>,
        permit: Permit,
        renewed: bool,
        limit: Limit,
    ) -> Result<O::Output, FailedAttempt> {
        let exchange = self.exchange;
        let (response, token) = exchange.client.send(request, token, limit).await?;
        self.call_span.response = ResponseHead::new(response.status(), response.headers());
        if response.status() == StatusCode::OK {
            exchange.limiter.report(RateOutcome::Accepted);
            let context = ResponseContext {
                head: self.call_span.response.clone(),
                limits: exchange.limits,
                permit,
                span: &self.call_span.span,
                attempts: self.call_span.attempts,
                limit,
            };
            return Ok(operation.receive(response, context).await?);
        }
        // The token is invalidated here, whether or not the call can be repeated, but only for the
        // first 401 of a call: a route that rejects the new token as well would reject every token.
        let is_first_401 = response.status() == StatusCode::UNAUTHORIZED && !renewed;
        let rejected = token.filter(|_| is_first_401);
        if let Some(token) = &rejected {
            exchange.client.tokens().invalidate(token);
        }
        let (error, response) = Box::pin(response::status_error(response, exchange.limits)).await;
        exchange.limiter.report(match response.status() {
            StatusCode::TOO_MANY_REQUESTS => {
                RateOutcome::Rejected { retry_after: error.retry_after() }
            }
            _ => RateOutcome::Accepted,
        });
        let failure = Failure { error, response: Some(Box::new(response)) };
        Err(FailedAttempt { failure, rejected })
    }
}
