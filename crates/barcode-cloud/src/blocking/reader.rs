//! A streamed image that implements [`std::io::Read`].

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;

use super::runtime::Runtime;
use crate::ImageStream;

/// A generated image that is read incrementally, in constant memory. Returned by
/// [`Generate::stream`](super::Generate::stream).
///
/// This is the blocking counterpart of [`ImageStream`]. An error of the stream is returned as an
/// [`io::Error`] that wraps the [`Error`](crate::Error).
#[derive(Debug)]
pub struct ImageReader {
    /// `None` when the stream has ended.
    stream: Option<ImageStream>,
    chunk: Bytes,
    media_type: String,
    length: Option<u64>,
    runtime: Runtime,
}

impl ImageReader {
    pub(super) fn new(stream: ImageStream, runtime: Runtime) -> Self {
        Self {
            chunk: Bytes::new(),
            media_type: stream.media_type().to_owned(),
            length: stream.length(),
            stream: Some(stream),
            runtime,
        }
    }

    /// Returns the media type in the response, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns the length of the whole image in bytes, if the response states it.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Waits for the next chunk that is not empty, or for the end of the stream.
    fn next_chunk(&mut self) -> io::Result<()> {
        while self.chunk.is_empty()
            && let Some(mut stream) = self.stream.take()
        {
            // The stream's timer requires it to be polled on the runtime.
            let next = self.runtime.wait(async move {
                let chunk = stream.next().await.transpose()?;
                Ok(chunk.map(|chunk| (chunk, stream)))
            });
            if let Some((chunk, stream)) = next.map_err(io::Error::other)? {
                self.chunk = chunk;
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
        self.next_chunk()?;
        let length = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
