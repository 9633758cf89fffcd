//! Limits the body of a response: its size, and the time between two chunks.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::BodyDataStream;
use reqwest::{Body, Response};
use tokio::time::{Instant, Sleep, sleep_until};

/// The limits of a response's body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) max_bytes: usize,
    pub(crate) idle: Duration,
}

/// The chunks of a body, as they arrive.
pub(crate) type BodyChunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>;

/// The chunks of a body, up to the first that exceeds a limit.
pub(crate) struct LimitedBody<S> {
    chunks: S,
    /// The number of bytes that are still allowed.
    left: usize,
    idle: Duration,
    /// The idle timer. It is created only when a chunk has to be awaited, because most bodies
    /// arrive with the headers.
    idle_timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

/// Why a body ended early.
#[derive(Debug)]
pub(crate) enum BodyError {
    TooLong,
    Idle,
    Lost(reqwest::Error),
}

impl LimitedBody<BodyDataStream<Body>> {
    /// The chunks of the body of a response that announces this `length`.
    pub(super) fn body(body: Body, length: Option<u64>, limits: BodyLimits) -> Self {
        Self::new(BodyDataStream::new(body), length, limits)
    }
}

impl LimitedBody<BodyChunks> {
    /// The chunks of the body of `response`.
    pub(crate) fn of(response: Response, limits: BodyLimits) -> Self {
        let length = response.content_length();
        Self::new(Box::pin(response.bytes_stream()), length, limits)
    }
}

impl<S> LimitedBody<S> {
    /// The chunks of a body whose response announces this `length`.
    fn new(chunks: S, length: Option<u64>, limits: BodyLimits) -> Self {
        let too_long = length.is_some_and(|length| length > limits.max_bytes as u64);
        Self {
            chunks,
            // A body that announces too many bytes fails with its first chunk.
            left: if too_long { 0 } else { limits.max_bytes },
            idle: limits.idle,
            idle_timer: None,
            is_waiting: false,
        }
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // An idle timeout beyond the range of the clock never fires.
        let Some(end) = Instant::now().checked_add(self.idle) else {
            return Poll::Pending;
        };
        let idle_timer = self.idle_timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if !self.is_waiting {
            self.is_waiting = true;
            idle_timer.as_mut().reset(end);
        }
        idle_timer.as_mut().poll(cx)
    }
}

impl<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> Stream for LimitedBody<S> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Poll::Ready(chunk) = Pin::new(&mut this.chunks).poll_next(cx) else {
            ready!(this.poll_idle(cx));
            return Poll::Ready(Some(Err(BodyError::Idle)));
        };
        this.is_waiting = false;
        Poll::Ready(chunk.map(|chunk| {
            let chunk = chunk.map_err(BodyError::Lost)?;
            this.left = this.left.checked_sub(chunk.len()).ok_or(BodyError::TooLong)?;
            Ok(chunk)
        }))
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the response is too long"),
            Self::Idle => f.write_str("the server stopped sending"),
            Self::Lost(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Lost(error) => error.source(),
            Self::TooLong | Self::Idle => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use futures_util::stream::{self, Stream, StreamExt as _};
    use tokio::time::{Instant, sleep};

    use super::{BodyError, BodyLimits, LimitedBody};

    #[tokio::test(start_paused = true)]
    async fn an_unlimited_idle_timeout_never_fires() {
        let limits = BodyLimits { idle: Duration::MAX, ..LIMITS };
        let mut bounded = LimitedBody::new(chunks(&[1_000]), None, limits);
        assert!(bounded.next().await.is_some_and(|chunk| chunk.is_ok()));
    }

    const LIMITS: BodyLimits = BodyLimits { max_bytes: 10, idle: Duration::from_secs(30) };

    /// Chunks of five bytes, each after a pause of this many seconds.
    fn chunks(pauses: &[u64]) -> impl Stream<Item = reqwest::Result<Bytes>> + Unpin {
        Box::pin(stream::iter(pauses.to_vec()).then(|pause| async move {
            sleep(Duration::from_secs(pause)).await;
            Ok(Bytes::from_static(b"piece"))
        }))
    }

    async fn read(length: Option<u64>, pauses: &[u64]) -> (usize, Option<BodyError>) {
        let mut bounded = LimitedBody::new(chunks(pauses), length, LIMITS);
        let mut bytes = 0;
        while let Some(chunk) = bounded.next().await {
            match chunk {
                Ok(chunk) => bytes += chunk.len(),
                Err(error) => return (bytes, Some(error)),
            }
        }
        (bytes, None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_ends_with_an_error_at_its_first_byte_too_many() {
        assert!(matches!(read(None, &[0, 0]).await, (10, None)));
        let ended = read(None, &[0, 0, 0]).await;
        assert!(matches!(ended, (10, Some(BodyError::TooLong))), "{ended:?}");
        let announced = read(Some(11), &[0, 0]).await;
        assert!(matches!(announced, (0, Some(BodyError::TooLong))), "{announced:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_idle_timeout_starts_again_with_each_chunk() {
        let begin = Instant::now();
        assert!(matches!(read(None, &[29, 29]).await, (10, None)));
        assert_eq!(begin.elapsed().as_secs(), 58);
        let ended = read(None, &[29, 31]).await;
        assert!(matches!(ended, (5, Some(BodyError::Idle))), "{ended:?}");
        assert_eq!(begin.elapsed().as_secs(), 58 + 29 + 30);
    }
}
