//! Reads request bodies within limits of size, time and memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Failure;

/// How much of a rejected body is read and discarded, and for how long.
const DRAINED_BYTES: usize = 128 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The maximum size of a small body. A larger one needs a permit.
const SMALL_BODY: usize = 1024 * 1024;
/// The maximum size of all large bodies in memory together.
const LARGE_BODIES: usize = 256 * 1024 * 1024;
/// The number of bytes that one semaphore permit represents.
const PERMIT_SIZE: usize = 1024 * 1024;

/// Reads a body of at most `limit` bytes, which must arrive within `time`.
pub(crate) async fn read_body(
    mut body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Failure> {
    let mut read = BytesMut::new();
    match read_up_to(&mut body, &mut read, limit, time).await? {
        true => Ok(read.freeze()),
        false => Err(drain(body, Failure::too_large(limit)).await),
    }
}

/// Reads the body of a request without consuming it. Returns it, unless it is larger than a small
/// body or cannot be read, and the request with the same body.
pub(crate) async fn peek(request: Request, time: Duration) -> (Option<Bytes>, Request) {
    let (parts, mut body) = request.into_parts();
    let mut read = BytesMut::new();
    let is_complete = read_up_to(&mut body, &mut read, SMALL_BODY, time).await;
    let read = read.freeze();
    let start = stream::iter([Ok(read.clone())]);
    let body = Body::from_stream(start.chain(body.into_data_stream()));
    (matches!(is_complete, Ok(true)).then_some(read), Request::from_parts(parts, body))
}

/// The length of a body. It is unknown if the body is chunked, or if it is decompressed, which
/// removes the header.
fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body until it exceeds the limit. Returns whether it is complete.
async fn read_up_to(
    body: &mut Body,
    read: &mut BytesMut,
    limit: usize,
    time: Duration,
) -> Result<bool, Failure> {
    let reading = async {
        while read.len() <= limit {
            // The next chunk of a decompressed body is always ready: let other tasks run in
            // between.
            tokio::task::coop::consume_budget().await;
            match next_chunk(body).await {
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                Some(Err(error)) => {
                    let message = format!("Error: The request body cannot be read: {error}.");
                    return Err(Failure::malformed(message));
                }
                None => return Ok(true),
            }
        }
        Ok(false)
    };
    let read = tokio::time::timeout(time, reading).await;
    read.unwrap_or_else(|_| Err(Failure::too_slow()))
}

/// Limits the memory of large bodies, so that many clients cannot exhaust it.
pub(crate) struct LargeBodies(Arc<Semaphore>);

impl LargeBodies {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_BODIES / PERMIT_SIZE)))
    }

    /// Reads a body as [`read_body`] does. A large body first waits for a permit, which it holds
    /// until the permit is dropped.
    pub(crate) async fn read(
        &self,
        mut body: Body,
        headers: &HeaderMap,
        limit: usize,
        time: Duration,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Failure> {
        let mut read = BytesMut::new();
        let mut permit = None;
        let small = limit.min(SMALL_BODY);
        let mut is_complete = read_up_to(&mut body, &mut read, small, time).await?;
        if !is_complete && small < limit {
            let max = content_length(headers).map_or(limit, |length| length.min(limit));
            permit = self.acquire(max).await;
            is_complete = read_up_to(&mut body, &mut read, limit, time).await?;
        }
        match is_complete {
            true => Ok((read.freeze(), permit)),
            false => Err(drain(body, Failure::too_large(limit)).await),
        }
    }

    /// Waits for a permit for a body of this many bytes. A body larger than the limit takes all of
    /// it.
    async fn acquire(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = bytes.min(LARGE_BODIES).div_ceil(PERMIT_SIZE);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        Arc::clone(&self.0).acquire_many_owned(units).await.ok()
    }
}

/// Discards the rest of a body that is rejected with `failure`.
pub(crate) async fn drain(body: Body, failure: Failure) -> Failure {
    discard(body).await;
    failure
}

/// Reads and discards the rest of a body. Otherwise a client that is still sending would see a
/// reset connection instead of the response.
pub(crate) async fn discard(mut body: Body) {
    let drained = async {
        let mut left = DRAINED_BYTES;
        while let Some(Ok(chunk)) = next_chunk(&mut body).await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // The response is the same if the body is incomplete.
    let _ = tokio::time::timeout(DRAIN_TIME, drained).await;
}

async fn next_chunk(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        let frame =
            std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_frame(cx)).await?;
        match frame.map(|frame| frame.into_data()) {
            Ok(Ok(chunk)) => return Some(Ok(chunk)),
            Ok(Err(_trailers)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}
