//! The context of a successful response: the limits for its body, and the permit and the span of
//! its call.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use reqwest::header::HeaderMap;
use reqwest::{Body, Response};
use tracing::Span;

use super::body::{BodyLimits, LimitedBody};
use super::deadline::Limit;
use super::limiter::Permit;
use super::metadata::ResponseMetadata;
use super::response;
use crate::error::{Error, ResponseHead};

/// The maximum number of bytes that are allocated because a response announces them. More are
/// allocated as they arrive.
const MAX_PREALLOCATED: u64 = 1 << 20;

/// The context of a successful response.
pub(crate) struct ResponseContext<'a> {
    pub(crate) head: ResponseHead,
    pub(crate) limits: BodyLimits,
    /// Dropped when the response has been received, or kept while its body is streamed.
    pub(crate) permit: Permit,
    pub(crate) span: &'a Span,
    /// The number of times that the request was sent.
    pub(super) attempts: u32,
    /// The deadline of the attempt.
    pub(super) limit: Limit,
}

impl ResponseContext<'_> {
    /// Returns what the result of the call keeps of a response with these `headers`.
    pub(crate) fn metadata(&self, headers: &HeaderMap) -> ResponseMetadata {
        let status = self.head.status.unwrap_or_default();
        ResponseMetadata::new(status, headers, self.attempts)
    }

    /// Reads the whole body of a response that announces this `length`. The bytes are copied, so
    /// that they do not keep the buffer of the connection alive.
    pub(crate) async fn read(&self, body: Body, length: Option<u64>) -> Result<Bytes, Error> {
        let capacity = length.unwrap_or_default().min(MAX_PREALLOCATED) as usize;
        let mut whole = BytesMut::with_capacity(capacity);
        let mut chunks = LimitedBody::body(body, length, self.limits);
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(chunk) => whole.extend_from_slice(&chunk),
                Err(error) => return Err(response::body_error(error, self.limits, &self.head)),
            }
        }
        Ok(whole.freeze())
    }

    /// Reads the whole body. Returns the response with the body in memory, and the body itself.
    pub(crate) async fn whole(&self, response: Response) -> Result<(Response, Bytes), Error> {
        let length = response.content_length();
        let (head, body) = http::Response::<Body>::from(response).into_parts();
        let body = self.read(body, length).await?;
        Ok((http::Response::from_parts(head, body.clone()).into(), body))
    }
}
