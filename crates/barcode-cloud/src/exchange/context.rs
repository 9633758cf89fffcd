//! What a successful response comes with: limits for its body, and what lasts as long as the body
//! is read.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use reqwest::{Body, Response};
use tracing::Span;

use super::body::{Bounded, Bounds};
use super::deadline::Limit;
use super::limiter::Permit;
use super::response;
use crate::error::{Error, ResponseHead};

/// Most bytes that are allocated because a response announces them; more are allocated as they
/// arrive.
const PREALLOCATED: u64 = 1 << 20;

/// The context of a successful response.
pub(crate) struct ResponseContext<'a> {
    pub(crate) head: ResponseHead,
    pub(crate) bounds: Bounds,
    /// Dropped when the response was received, or kept for as long as its body is streamed.
    pub(crate) permit: Permit,
    pub(crate) span: &'a Span,
    /// The deadline of the attempt.
    pub(super) limit: Limit,
}

impl ResponseContext<'_> {
    /// Reads the whole body of a response that announces this `length`. The bytes are copied, so
    /// that they do not hold on to the buffer of the connection.
    pub(crate) async fn read(&self, body: Body, length: Option<u64>) -> Result<Bytes, Error> {
        let capacity = length.unwrap_or_default().min(PREALLOCATED) as usize;
        let mut whole = BytesMut::with_capacity(capacity);
        let mut pieces = Bounded::body(body, length, self.bounds);
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => whole.extend_from_slice(&piece),
                Err(error) => return Err(response::body_error(error, self.bounds, &self.head)),
            }
        }
        Ok(whole.freeze())
    }

    /// Reads the whole body; returns the response with the body in memory, and a second handle of
    /// that body.
    pub(crate) async fn whole(&self, response: Response) -> Result<(Response, Bytes), Error> {
        let length = response.content_length();
        let (head, body) = http::Response::<Body>::from(response).into_parts();
        let body = self.read(body, length).await?;
        Ok((http::Response::from_parts(head, body.clone()).into(), body))
    }
}
