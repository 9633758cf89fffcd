//! A picture as it comes, for who reads without async.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;

use super::runtime::Runtime;
use crate::ImageStream;

/// As [`ImageStream`], without async; made by [`Generate::stream`](super::Generate::stream). What ends it early is an
/// [`io::Error`] that holds the [`Error`](crate::Error).
#[derive(Debug)]
pub struct ImageReader {
    /// `None` when it has ended.
    stream: Option<ImageStream>,
    piece: Bytes,
    media_type: String,
    length: Option<u64>,
    runtime: Runtime,
}

impl ImageReader {
    pub(super) fn new(stream: ImageStream, runtime: Runtime) -> Self {
        Self {
            piece: Bytes::new(),
            media_type: stream.media_type().to_owned(),
            length: stream.length(),
            stream: Some(stream),
            runtime,
        }
    }

    /// The media type that the service gave, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Bytes of the whole picture, where the service told.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Waits for the next piece that is not empty, if there is one.
    fn next_piece(&mut self) -> io::Result<()> {
        while self.piece.is_empty()
            && let Some(mut stream) = self.stream.take()
        {
            // A stream keeps time by the runtime that it is read on.
            let next = self.runtime.wait(async move {
                let piece = stream.next().await.transpose()?;
                Ok(piece.map(|piece| (piece, stream)))
            });
            if let Some((piece, stream)) = next.map_err(io::Error::other)? {
                self.piece = piece;
                self.stream = Some(stream);
            }
        }
        Ok(())
    }
}

impl Read for ImageReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        self.next_piece()?;
        let length = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
