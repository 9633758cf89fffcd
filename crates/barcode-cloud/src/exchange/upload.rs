//! Uploads an image as a stream of exactly the announced number of bytes, in constant memory. A
//! source with fewer or more bytes aborts the request, so that no partial image is sent. The cause
//! is recorded separately, in `UploadOutcome`, because HTTP/2 discards it when the stream is reset.

use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{self, Stream, TryStreamExt as _};
use tokio::io::AsyncRead;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::error::{Error, InvalidInput};

/// The maximum number of bytes that are read at a time.
const CHUNK_SIZE: usize = 64 * 1024;

/// A reader that an image is uploaded from.
pub(crate) type Source = Box<dyn AsyncRead + Send + Unpin>;

/// The stream of a source's bytes.
pub(crate) struct Upload {
    state: State,
    length: u64,
    sent: u64,
    path: Option<PathBuf>,
    shared: Option<SharedSource>,
}

enum State {
    Untouched(Source),
    Reading(ReaderStream<Source>),
    Ended,
}

/// Converts a blocking reader into an asynchronous one, which is read on the runtime's threads for
/// blocking work.
pub(crate) fn unblocked(reader: impl Read + Send + 'static) -> impl AsyncRead + Send + Unpin {
    let chunks = stream::try_unfold(reader, |mut reader| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut chunk = Vec::with_capacity(CHUNK_SIZE);
            let read = reader.by_ref().take(CHUNK_SIZE as u64).read_to_end(&mut chunk);
            read.map(|read| (read > 0).then(|| (Bytes::from(chunk), reader)))
        });
        read.await.map_err(io::Error::other)?
    });
    StreamReader::new(Box::pin(chunks))
}

/// A source that can be read only once. An upload takes it, and returns it if nothing was read.
pub(crate) type SharedSource = Arc<Mutex<Option<Source>>>;

/// How the upload of one attempt ended, if the attempt has one.
#[derive(Debug, Default)]
pub(crate) struct UploadOutcome(OnceLock<Arc<OnceLock<AbortedUpload>>>);

impl UploadOutcome {
    /// The error to report for an attempt that failed with `error`. If the upload was aborted, that
    /// is the cause, and the broken connection only its consequence.
    #[cold]
    pub(crate) fn cause_of(&self, error: Error) -> Error {
        match (self.0.get().and_then(|aborted| aborted.get()), error) {
            (Some(aborted), Error::Transport { .. }) => aborted.to_error(),
            (_, error) => error,
        }
    }
}

/// Why an upload was aborted.
#[derive(Debug)]
pub(crate) struct AbortedUpload {
    path: Option<PathBuf>,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    Short { sent: u64, length: u64 },
    Long { length: u64 },
    Read(io::Error),
}

impl Upload {
    /// An upload of a file, whose path is named in errors.
    pub(crate) fn file(source: Source, length: u64, path: PathBuf) -> Self {
        Self { state: State::Untouched(source), length, sent: 0, path: Some(path), shared: None }
    }

    /// An upload of a shared source. Returns `None` if it was read before.
    pub(crate) fn shared(shared: &SharedSource, length: u64) -> Option<Self> {
        let source = locked(shared).take()?;
        Some(Self {
            state: State::Untouched(source),
            length,
            sent: 0,
            path: None,
            shared: Some(shared.clone()),
        })
    }

    /// Converts the upload into the body of a request. If it is aborted, the cause is recorded in
    /// `outcome`.
    pub(crate) fn into_body(self, outcome: &UploadOutcome) -> reqwest::Body {
        let outcome = outcome.0.get_or_init(Arc::default).clone();
        reqwest::Body::wrap_stream(self.map_err(move |aborted| {
            let text = aborted.to_string();
            // Only the first cause is kept.
            let _ = outcome.set(aborted);
            text
        }))
    }

    /// The announced number of bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    fn aborted(&self, reason: Reason) -> AbortedUpload {
        AbortedUpload { path: self.path.clone(), reason }
    }
}

impl State {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Self::Untouched(_) = self
            && let Self::Untouched(source) = std::mem::replace(self, Self::Ended)
        {
            *self = Self::Reading(ReaderStream::with_capacity(source, CHUNK_SIZE));
        }
        match self {
            Self::Reading(bytes) => Pin::new(bytes).poll_next(cx),
            Self::Untouched(_) | Self::Ended => Poll::Ready(None),
        }
    }
}

impl Stream for Upload {
    type Item = Result<Bytes, AbortedUpload>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.state.poll_chunk(cx));
        let length = self.length;
        Poll::Ready(match chunk {
            Some(Ok(chunk)) => {
                self.sent += chunk.len() as u64;
                if self.sent > length {
                    Some(Err(self.aborted(Reason::Long { length })))
                } else {
                    Some(Ok(chunk))
                }
            }
            Some(Err(error)) => Some(Err(self.aborted(Reason::Read(error)))),
            None if self.sent < length => {
                let sent = self.sent;
                Some(Err(self.aborted(Reason::Short { sent, length })))
            }
            None => None,
        })
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut self.state, State::Ended);
        if let (Some(shared), State::Untouched(source)) = (&self.shared, state) {
            *locked(shared) = Some(source);
        }
    }
}

/// Locks the source. A panic elsewhere does not invalidate it.
pub(crate) fn locked(shared: &SharedSource) -> std::sync::MutexGuard<'_, Option<Source>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl AbortedUpload {
    pub(crate) fn to_error(&self) -> Error {
        match (&self.reason, &self.path) {
            (Reason::Read(error), path) => Error::File {
                path: path.clone().unwrap_or_else(|| PathBuf::from("the reader")),
                source: copy_of(error),
                after_response: false,
            },
            (_, Some(path)) => Error::File {
                path: path.clone(),
                source: io::Error::other(self.to_string()),
                after_response: false,
            },
            (_, None) => InvalidInput::new("image", self.to_string()).into(),
        }
    }
}

/// A copy of the error, which is only borrowed.
fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

impl fmt::Display for AbortedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = if self.path.is_some() {
            "it was changed while it was sent"
        } else {
            "give the reader's true length"
        };
        match &self.reason {
            Reason::Short { sent, length } => {
                write!(f, "ended after {sent} of {length} bytes; {whose}")
            }
            Reason::Long { length } => write!(f, "has more than its {length} bytes; {whose}"),
            Reason::Read(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::StreamExt as _;
    use futures_util::TryStreamExt as _;

    use super::{SharedSource, Upload, locked};

    fn source(bytes: &'static [u8]) -> SharedSource {
        Arc::new(Mutex::new(Some(Box::new(bytes))))
    }

    async fn all(upload: Upload) -> Result<Vec<u8>, String> {
        let chunks: Result<Vec<_>, _> = upload.try_collect().await;
        chunks.map(|chunks| chunks.concat()).map_err(|aborted| aborted.to_error().to_string())
    }

    #[tokio::test]
    async fn an_upload_with_another_length_than_announced_is_aborted() {
        let upload = |length| Upload::shared(&source(b"picture"), length).unwrap();
        assert_eq!(all(upload(7)).await.unwrap(), b"picture");
        let short = all(upload(8)).await.unwrap_err();
        assert!(short.starts_with("image: ended after 7 of 8 bytes; give the"), "{short}");
        let long = all(upload(6)).await.unwrap_err();
        assert!(long.starts_with("image: has more than its 6 bytes"), "{long}");
    }

    #[tokio::test]
    async fn a_reader_is_returned_only_if_nothing_was_read_from_it() {
        let source = source(b"picture");
        drop(Upload::shared(&source, 7).unwrap());
        let mut upload = Upload::shared(&source, 7).unwrap();
        assert!(upload.next().await.unwrap().is_ok());
        drop(upload);
        assert!(locked(&source).is_none() && Upload::shared(&source, 7).is_none());
    }
}
