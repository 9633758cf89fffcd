//! A generated picture: its bytes, or the stream of them, what kind they are, and the way to disk.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use crate::Error;
use crate::complete::Completeness;
use crate::error::Head;
#[cfg(feature = "image")]
use crate::error::{Fault, InvalidResponse};
use crate::exchange::response;
use crate::exchange::{Bounded, Bounds, Pieces, ResponseContext, Streaming};
use crate::save::{self, NewFile};

/// Of the formats that the service draws.
const MEDIA_TYPES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/svg+xml",
    "image/gif",
    "image/tiff",
];

/// A picture that the service drew, complete by its own file format: BMP, GIF, JPEG, PNG, SVG or TIFF. Any other `image/*`
/// is taken as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    bytes: Bytes,
    media_type: Cow<'static, str>,
}

impl Image {
    /// The whole picture of an answer that says it is one.
    pub(crate) async fn read(
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Self, Error> {
        let length = response.content_length();
        let Some(media_type) = media_type(&response, length) else {
            return Err(Box::pin(response::other_than_picture(response, &context)).await);
        };
        let bytes = context.read(response.into(), length).await?;
        let mut completeness = Completeness::of(essence(&media_type));
        completeness.push(&bytes);
        whole(&completeness, &context.head)?;
        Ok(Self { bytes, media_type })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The file's bytes, out of the picture.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The media type that the service gave, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Writes the picture to `path`, replacing the file that is there, whose permissions are kept.
    ///
    /// The bytes go to a temporary file in the same folder, which is then renamed, so that no half file is ever seen. The
    /// picture is on disk when this returns. A process that is killed before that may leave the temporary file, named
    /// `.barcode-*`, behind. A symbolic link is followed; one that leads nowhere is an error.
    ///
    /// The service has billed the picture already: [`Generate::save`](crate::Generate::save) checks the path first. The
    /// path is used as it is, with any `..` in it: do not build it from untrusted text.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with the path.
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::whole(path.as_ref(), self.bytes.clone()).await
    }

    /// The picture's pixels: PNG, JPEG, GIF (its first frame) and TIFF; an SVG has none.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] where the bytes are no picture of such a format.
    #[cfg(feature = "image")]
    pub fn decode(&self) -> Result<image::DynamicImage, Error> {
        image::load_from_memory(&self.bytes).map_err(|source| {
            InvalidResponse::new(Fault::NoPicture, b"")
                .because(source)
                .into()
        })
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// A picture as it comes: a stream of pieces, in constant memory.
///
/// It ends with an error where the connection breaks, the answer is longer than the client's `max_answer_bytes`, or no
/// piece comes within its `idle_timeout`. The call's other deadlines ended with the beginning of the stream.
///
/// It also ends with an error ([`InvalidResponse::is_incomplete`](crate::InvalidResponse::is_incomplete)) if the picture is
/// not complete by its own file format: BMP, GIF, JPEG, PNG, SVG or TIFF. Any other `image/*` is taken as it is. The
/// pieces before that error are not a whole picture.
///
/// Until it ends or is dropped it is a request under way: it keeps its turn among the client's
/// [`concurrency`](crate::ClientBuilder::concurrency), and the span of its call open, which tells how the stream ended. The
/// duration that is measured ends with its beginning.
pub struct ImageStream {
    pieces: Bounded<Pieces>,
    /// `None` when the stream has ended.
    completeness: Option<Completeness>,
    media_type: Cow<'static, str>,
    length: Option<u64>,
    bounds: Bounds,
    head: Head,
    streaming: Option<Streaming>,
}

impl ImageStream {
    /// The stream of an answer that says it is a picture.
    pub(crate) async fn new(
        response: Response,
        context: &ResponseContext<'_>,
    ) -> Result<Self, Error> {
        let length = response.content_length();
        let Some(media_type) = media_type(&response, length) else {
            return Err(response::other_than_picture(response, context).await);
        };
        Ok(Self {
            completeness: Some(Completeness::of(essence(&media_type))),
            media_type,
            length,
            pieces: Bounded::of(response, context.bounds),
            bounds: context.bounds,
            head: context.head.clone(),
            streaming: None,
        })
    }

    /// The same stream, which keeps its call's turn and span until it ends.
    pub(crate) fn keeping(mut self, streaming: Streaming) -> Self {
        self.streaming = Some(streaming);
        self
    }

    /// The media type that the service gave, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Bytes of the whole picture, where the service told.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Writes the picture to `path` in constant memory, as [`Image::save`] does; returns how many bytes it has. If the
    /// stream fails, or this future is dropped, the file at `path` stays as it was.
    ///
    /// # Errors
    ///
    /// [`Error::File`] with the path, and whatever ends the stream.
    pub async fn save(mut self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let mut file = NewFile::create(path.as_ref()).await?;
        let mut written = 0;
        while let Some(piece) = self.next().await {
            let piece = piece?;
            file.write(&piece).await?;
            written += piece.len() as u64;
        }
        file.finish().await?;
        Ok(written)
    }
}

/// The media type of an answer that says it is a picture, and not an empty one.
fn media_type(response: &Response, length: Option<u64>) -> Option<Cow<'static, str>> {
    let header = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    if length == Some(0) {
        return None;
    }
    // What the document knows needs no text of its own.
    let known = MEDIA_TYPES
        .iter()
        .find(|known| header.eq_ignore_ascii_case(known));
    if let Some(known) = known {
        return Some(Cow::Borrowed(known));
    }
    let is_image = header
        .get(..6)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("image/"));
    is_image.then(|| header.to_owned().into())
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    let end = media_type.find(';').unwrap_or(media_type.len());
    media_type[..end].trim()
}

/// Checks that the bytes that were received are a whole picture.
fn whole(completeness: &Completeness, head: &Head) -> Result<(), Error> {
    match completeness.received() {
        0 => Err(response::no_picture(b"", head)),
        received if !completeness.is_complete() => Err(response::incomplete(received, head)),
        _ => Ok(()),
    }
}

impl ImageStream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let Some(completeness) = &mut self.completeness else {
            return Poll::Ready(None);
        };
        match ready!(Pin::new(&mut self.pieces).poll_next(cx)) {
            Some(Ok(piece)) => {
                completeness.push(&piece);
                Poll::Ready(Some(Ok(piece)))
            }
            Some(Err(cut)) => {
                self.completeness = None;
                Poll::Ready(Some(Err(response::body_error(
                    cut,
                    self.bounds,
                    &self.head,
                ))))
            }
            None => {
                let outcome = whole(completeness, &self.head);
                self.completeness = None;
                Poll::Ready(outcome.err().map(Err))
            }
        }
    }
}

impl Stream for ImageStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(self.poll_piece(cx));
        if !matches!(piece, Some(Ok(_)))
            && let Some(streaming) = self.streaming.take()
        {
            streaming.end(piece.as_ref().and_then(|piece| piece.as_ref().err()));
        }
        Poll::Ready(piece)
    }
}

impl fmt::Debug for ImageStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageStream")
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
