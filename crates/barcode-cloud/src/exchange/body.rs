//! Bounds what a server may send: how many bytes, and how long it may be silent between two pieces.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::BodyDataStream;
use reqwest::{Body, Response};
use tokio::time::{Instant, Sleep, sleep_until};

/// The bounds of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) max_bytes: usize,
    pub(crate) idle: Duration,
}

/// A body as it comes.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send + Sync>>;

/// The pieces of a body, up to the first that breaks a bound.
pub(crate) struct Bounded<S> {
    pieces: S,
    /// Bytes that may still come.
    left: usize,
    idle: Duration,
    /// Set where a piece has to be waited for: most answers come whole, and a timer costs more than looking at them.
    silence: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

/// Why a body ended early.
#[derive(Debug)]
pub(crate) enum BodyError {
    TooLong,
    Idle,
    Lost(reqwest::Error),
}

impl Bounded<BodyDataStream<Body>> {
    /// The pieces of the body of an answer that announces this `length`.
    pub(super) fn body(body: Body, length: Option<u64>, bounds: Bounds) -> Self {
        Self::new(BodyDataStream::new(body), length, bounds)
    }
}

impl Bounded<Pieces> {
    /// The pieces of this answer.
    pub(crate) fn of(response: Response, bounds: Bounds) -> Self {
        let length = response.content_length();
        Self::new(Box::pin(response.bytes_stream()), length, bounds)
    }
}

impl<S> Bounded<S> {
    /// The pieces of an answer that announces this `length`.
    fn new(pieces: S, length: Option<u64>, bounds: Bounds) -> Self {
        let too_long = length.is_some_and(|length| length > bounds.max_bytes as u64);
        Self {
            pieces,
            // One that announces too much is not waited for.
            left: if too_long { 0 } else { bounds.max_bytes },
            idle: bounds.idle,
            silence: None,
            is_waiting: false,
        }
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A time that no clock reaches is no bound.
        let Some(end) = Instant::now().checked_add(self.idle) else {
            return Poll::Pending;
        };
        let silence = self
            .silence
            .get_or_insert_with(|| Box::pin(sleep_until(end)));
        if !self.is_waiting {
            self.is_waiting = true;
            silence.as_mut().reset(end);
        }
        silence.as_mut().poll(cx)
    }
}

impl<S: Stream<Item = reqwest::Result<Bytes>> + Unpin> Stream for Bounded<S> {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Poll::Ready(piece) = Pin::new(&mut this.pieces).poll_next(cx) else {
            ready!(this.poll_silence(cx));
            return Poll::Ready(Some(Err(BodyError::Idle)));
        };
        this.is_waiting = false;
        Poll::Ready(piece.map(|piece| {
            let piece = piece.map_err(BodyError::Lost)?;
            this.left = this
                .left
                .checked_sub(piece.len())
                .ok_or(BodyError::TooLong)?;
            Ok(piece)
        }))
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the answer is too long"),
            Self::Idle => f.write_str("the server fell silent"),
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

    use super::{BodyError, Bounded, Bounds};

    #[tokio::test(start_paused = true)]
    async fn no_bound_is_no_panic() {
        let bounds = Bounds {
            idle: Duration::MAX,
            ..BOUNDS
        };
        let mut bounded = Bounded::new(pieces(&[1_000]), None, bounds);
        assert!(bounded.next().await.is_some_and(|piece| piece.is_ok()));
    }

    const BOUNDS: Bounds = Bounds {
        max_bytes: 10,
        idle: Duration::from_secs(30),
    };

    /// Pieces of five bytes, each after a pause of so many seconds.
    fn pieces(pauses: &[u64]) -> impl Stream<Item = reqwest::Result<Bytes>> + Unpin {
        Box::pin(stream::iter(pauses.to_vec()).then(|pause| async move {
            sleep(Duration::from_secs(pause)).await;
            Ok(Bytes::from_static(b"piece"))
        }))
    }

    async fn read(length: Option<u64>, pauses: &[u64]) -> (usize, Option<BodyError>) {
        let mut bounded = Bounded::new(pieces(pauses), length, BOUNDS);
        let mut bytes = 0;
        while let Some(piece) = bounded.next().await {
            match piece {
                Ok(piece) => bytes += piece.len(),
                Err(cut) => return (bytes, Some(cut)),
            }
        }
        (bytes, None)
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_bytes_as_allowed_pass_and_no_more() {
        assert!(matches!(read(None, &[0, 0]).await, (10, None)));
        let cut = read(None, &[0, 0, 0]).await;
        assert!(matches!(cut, (10, Some(BodyError::TooLong))), "{cut:?}");
        let announced = read(Some(11), &[0, 0]).await;
        assert!(
            matches!(announced, (0, Some(BodyError::TooLong))),
            "{announced:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn each_piece_has_the_whole_time_for_itself() {
        let begin = Instant::now();
        assert!(matches!(read(None, &[29, 29]).await, (10, None)));
        assert_eq!(begin.elapsed().as_secs(), 58);
        let cut = read(None, &[29, 31]).await;
        assert!(matches!(cut, (5, Some(BodyError::Idle))), "{cut:?}");
        assert_eq!(begin.elapsed().as_secs(), 58 + 29 + 30);
    }
}
