//! Blocking methods for synchronous programs. Requires the feature `blocking`.
//!
//! The feature adds the methods `send_blocking`, `save_blocking` and `stream_blocking` to the
//! requests of [`Client`](crate::Client):
//!
//! ```no_run
//! use barcode_cloud::{Client, EncodeBarcodeType};
//!
//! # fn example() -> Result<(), barcode_cloud::Error> {
//! let client = Client::from_env()?;
//! client.generate(EncodeBarcodeType::Qr, "Hello, world").save_blocking("hello.png")?;
//! for barcode in client.scan(std::path::Path::new("hello.png")).send_blocking()? {
//!     println!("{}: {}", barcode.barcode_type, barcode.value);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each method blocks the current thread until the call completes. The call itself runs on a
//! background thread, which all clients share and which the first blocking call starts. A blocking
//! call within an async runtime does not panic, but it blocks the other tasks of its thread.
//!
//! To send several requests at a time, call these methods from several threads.

use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};

use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use tokio::runtime::{Builder, Handle, Runtime};
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::error::{ConfigurationError, Error};
use crate::image::{Image, ImageStream, SavedImage, save};
use crate::request::{Barcodes, Generate, Recognize, Scan};

impl Generate {
    /// Blocks the current thread until [`send`](Self::send) completes.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send).
    pub fn send_blocking(self) -> Result<Image, Error> {
        wait(self.send())
    }

    /// Sends the request and returns a reader of the image, which needs constant memory. The
    /// service bills the request.
    ///
    /// The request is in flight until the reader has been read to its end or is dropped.
    ///
    /// ```no_run
    /// # fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use barcode_cloud::EncodeBarcodeType;
    ///
    /// let mut image = client.generate(EncodeBarcodeType::Qr, "Hello").stream_blocking()?;
    /// std::io::copy(&mut image, &mut std::io::stdout())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`stream`](Self::stream).
    pub fn stream_blocking(self) -> Result<ImageReader, Error> {
        wait(self.stream()).map(ImageReader::new)
    }

    /// Blocks the current thread until [`save`](Self::save) completes.
    ///
    /// # Errors
    ///
    /// The errors of [`save`](Self::save).
    pub fn save_blocking(self, path: impl AsRef<Path>) -> Result<SavedImage, Error> {
        let path = path.as_ref().to_owned();
        wait(async move { self.save(path).await })
    }
}

#[cfg(feature = "verify")]
impl crate::VerifiedGenerate {
    /// Blocks the current thread until [`send`](Self::send) completes.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send).
    pub fn send_blocking(self) -> Result<Image, Error> {
        wait(self.send())
    }

    /// Blocks the current thread until [`save`](Self::save) completes.
    ///
    /// # Errors
    ///
    /// The errors of [`save`](Self::save).
    pub fn save_blocking(self, path: impl AsRef<Path>) -> Result<SavedImage, Error> {
        let path = path.as_ref().to_owned();
        wait(async move { self.save(path).await })
    }
}

impl Recognize {
    /// Blocks the current thread until [`send`](Self::send) completes.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send).
    pub fn send_blocking(self) -> Result<Barcodes, Error> {
        wait(self.send())
    }
}

impl Scan {
    /// Blocks the current thread until [`send`](Self::send) completes.
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send).
    pub fn send_blocking(self) -> Result<Barcodes, Error> {
        wait(self.send())
    }
}

impl Image {
    /// Writes the image to `path`, as [`save`](Self::save) does, on the current thread.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be written.
    pub fn save_blocking(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::write(path.as_ref(), self.bytes())
    }
}

/// A generated image that is read incrementally, in constant memory. Returned by
/// [`Generate::stream_blocking`].
///
/// This is the blocking counterpart of [`ImageStream`]. An error of the stream is returned as an
/// [`io::Error`] that wraps the [`Error`].
#[derive(Debug)]
pub struct ImageReader {
    /// `None` when the stream has ended.
    stream: Option<ImageStream>,
    chunk: Bytes,
    media_type: String,
    length: Option<u64>,
}

impl ImageReader {
    fn new(stream: ImageStream) -> Self {
        Self {
            chunk: Bytes::new(),
            media_type: stream.media_type().to_owned(),
            length: stream.length(),
            stream: Some(stream),
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
            let next = wait(async move {
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

/// Runs `call` on the background thread and blocks until it completes. Unlike `block_on`, this does
/// not panic within another runtime.
fn wait<T: Send + 'static>(
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    // A new task inherits neither the span nor the subscriber of the current thread.
    let call = call.in_current_span().with_current_subscriber();
    runtime()?.spawn(async move { sender.send(call.await) });
    receiver.recv().unwrap_or_else(|_| {
        let reason = "the call panicked; report this as a bug";
        Err(ConfigurationError::Runtime(io::Error::other(reason)).into())
    })
}

/// Returns the runtime of all blocking calls, and starts it for the first one.
fn runtime() -> Result<Handle, ConfigurationError> {
    static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*runtime {
        return Ok(runtime.handle().clone());
    }
    let started = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("barcode-cloud")
        .enable_all()
        .build()
        .map_err(ConfigurationError::Runtime)?;
    Ok(runtime.insert(started).handle().clone())
}
