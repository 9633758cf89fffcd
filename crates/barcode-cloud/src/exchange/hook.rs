//! The hook of the generated client: a request that comes through it is sent by the same exchange
//! as the calls of the facade.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use barcode_cloud_client::{self as api, BoxFuture, Hook, OperationInfo, SendError};
use bytes::Bytes;
use futures_util::Stream;
use http_body_util::BodyDataStream;
use reqwest::{Body, Request, Response, ResponseBuilderExt as _, Url};
use tokio::time::{Sleep, sleep_until};

use super::deadline::Limit;
use super::upload::UploadOutcome;
use super::{
    BodyLimits, CallOptions, Exchange, Failure, LimitedBody, Operation, ResponseContext, Streaming,
    response,
};
use crate::error::{Error, InvalidInput, ResponseHead};

/// Sends the requests of the generated client that [`Client::api`](crate::Client::api) hands out.
#[derive(Debug)]
pub(crate) struct ExchangeHook(pub(crate) Arc<Exchange>);

impl Hook for ExchangeHook {
    fn send<'a>(
        &'a self,
        _client: &'a reqwest::Client,
        request: Request,
        info: &'a OperationInfo,
    ) -> BoxFuture<'a, Result<Response, SendError>> {
        Box::pin(async move {
            let operation = api::operations::find(info.operation_id).ok_or_else(|| {
                SendError::Hook(format!("no operation is called `{}`", info.operation_id).into())
            })?;
            let built = BuiltRequest { operation, request: Mutex::new(Some(request)) };
            let options = CallOptions::default();
            self.0.run(&options, &built).await.or_else(into_response)
        })
    }
}

/// A request that the generated client built. It is cloned for each attempt, if its body can be; a
/// streamed body can be sent once.
struct BuiltRequest {
    operation: &'static api::Operation,
    request: Mutex<Option<Request>>,
}

impl Operation for BuiltRequest {
    type Output = Response;

    fn operation(&self) -> &'static api::Operation {
        self.operation
    }

    fn can_resend(&self) -> bool {
        self.lock().is_some()
    }

    async fn request(&self, _: &UploadOutcome) -> Result<Request, Error> {
        let mut kept = self.lock();
        let clone = kept.as_ref().and_then(Request::try_clone);
        let request = clone.or_else(|| kept.take()).ok_or_else(|| {
            InvalidInput::new("request", "its body was sent before; build a new request")
        })?;
        Ok(request)
    }

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Response, Error> {
        let length = response.content_length();
        let url = without_query(&response);
        let (head, body) = http::Response::<Body>::from(response).into_parts();
        let body = GuardedBody {
            chunks: LimitedBody::body(body, length, context.limits),
            streaming: Some(Streaming::new(context.permit, context.span.clone())),
            timer: None,
            limit: context.limit,
            limits: context.limits,
            head: context.head,
        };
        Ok(with_url(http::Response::from_parts(head, Body::wrap_stream(body)), url))
    }
}

impl BuiltRequest {
    /// Locks the request. A panic elsewhere does not invalidate it.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Request>> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Converts a failure for the generated client. If there was a response, it is returned, because
/// the generated client reads error responses itself.
fn into_response(failure: Failure) -> Result<Response, SendError> {
    match (failure.response, failure.error) {
        (Some(response), _) => Ok((*response).into()),
        (None, Error::Transport { source }) => Err(SendError::Http(source)),
        (None, error) => Err(SendError::Hook(error.into())),
    }
}

/// The body of a successful response that the generated client reads. It enforces the limits of the
/// body and the deadline of the attempt, and holds the call's permit and span until it ends.
struct GuardedBody {
    chunks: LimitedBody<BodyDataStream<Body>>,
    streaming: Option<Streaming>,
    /// The timer of `limit`. It is created only when a chunk has to be awaited, because most bodies
    /// arrive with the headers.
    timer: Option<Pin<Box<Sleep>>>,
    limit: Limit,
    limits: BodyLimits,
    head: ResponseHead,
}

impl GuardedBody {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Poll::Ready(chunk) = Pin::new(&mut self.chunks).poll_next(cx) {
            let to_error = |error| response::body_error(error, self.limits, &self.head);
            return Poll::Ready(chunk.map(|chunk| chunk.map_err(to_error)));
        }
        let Some(end) = self.limit.end() else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(self.limit.passed())))
    }
}

impl Stream for GuardedBody {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.poll_chunk(cx));
        if !matches!(chunk, Some(Ok(_)))
            && let Some(streaming) = self.streaming.take()
        {
            streaming.end(chunk.as_ref().and_then(|chunk| chunk.as_ref().err()));
        }
        Poll::Ready(chunk)
    }
}

/// The URL of a response without its query: the query may hold the data of a barcode, and errors of
/// the body show the URL.
fn without_query(response: &Response) -> Url {
    let mut url = response.url().clone();
    url.set_query(None);
    url
}

fn with_url(mut response: http::Response<Body>, url: Url) -> Response {
    // Only this builder can set the URL of a response.
    let empty = http::Response::builder().url(url).body(());
    let extensions = empty.map(|empty| empty.into_parts().0.extensions);
    response.extensions_mut().extend(extensions.unwrap_or_default());
    response.into()
}
