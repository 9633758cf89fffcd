//! Generated images, whole or as a stream: their bytes, their media type, and writing them to a
//! file.

mod complete;
#[cfg(feature = "verify")]
pub(crate) mod print;
pub(crate) mod save;
mod saved;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _, TryStreamExt as _};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::io::AsyncBufRead;
use tokio_util::io::StreamReader;

use self::complete::Completeness;
use self::save::NewFile;
pub use self::saved::SavedImage;
#[cfg(feature = "verify")]
use crate::error::PrintWarning;
use crate::error::{Error, ResponseHead};
#[cfg(feature = "image")]
use crate::error::{InvalidResponse, ResponseDefect};
use crate::exchange::{
    BodyChunks, BodyLimits, LimitedBody, ResponseContext, ResponseMetadata, Streaming, response,
};

/// The media types of the formats that the service generates.
const MEDIA_TYPES: [&str; 5] =
    ["image/png", "image/jpeg", "image/svg+xml", "image/gif", "image/tiff"];

/// Where an [`Image`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageOrigin {
    /// The service generated it for this call, and has billed it.
    Service,
    /// It was generated for another call, and comes from the
    /// [image cache](crate::ClientBuilder::image_cache). The service has not billed it again.
    Cache,
}

/// An image that the service generated.
///
/// BMP, GIF, JPEG, PNG, SVG and TIFF images are checked to be complete according to their file
/// format. Any other `image/*` is accepted without a check.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::EncodeBarcodeType;
///
/// let image = client.generate(EncodeBarcodeType::Qr, "Hello").await?;
/// println!("{}, {} bytes", image.media_type(), image.bytes().len());
/// image.save("hello.png").await?;
/// # Ok(())
/// # }
/// ```
///
/// Two images are equal if their bytes and media types are.
#[derive(Clone)]
pub struct Image {
    bytes: Bytes,
    media_type: Cow<'static, str>,
    metadata: ResponseMetadata,
    origin: ImageOrigin,
    #[cfg(feature = "verify")]
    warnings: Vec<PrintWarning>,
}

impl Image {
    /// Creates an image from the contents of a file, for example for a test. Nothing is checked.
    ///
    /// ```
    /// use barcode_cloud::Image;
    ///
    /// let image = Image::new(b"the contents".to_vec(), "image/png");
    /// assert_eq!(image.media_type(), "image/png");
    /// ```
    pub fn new(bytes: impl Into<Bytes>, media_type: impl Into<String>) -> Self {
        Self {
            bytes: bytes.into(),
            media_type: Cow::Owned(media_type.into()),
            metadata: ResponseMetadata::default(),
            origin: ImageOrigin::Service,
            #[cfg(feature = "verify")]
            warnings: Vec::new(),
        }
    }

    /// Creates an image from the contents of a cache.
    #[cfg(feature = "image-cache")]
    pub(crate) fn cached(bytes: Bytes, media_type: String) -> Self {
        Self { origin: ImageOrigin::Cache, ..Self::new(bytes, media_type) }
    }

    /// Sets the metadata of the response.
    #[must_use]
    pub fn with_metadata(mut self, metadata: ResponseMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Reads the whole image from a response. It is an error if the response has another media
    /// type.
    pub(crate) async fn read(
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Self, Error> {
        let length = response.content_length();
        let Some(media_type) = media_type(&response, length) else {
            return Err(Box::pin(response::not_an_image_response(response, &context)).await);
        };
        let metadata = context.metadata(response.headers());
        let bytes = context.read(response.into(), length).await?;
        let mut completeness = Completeness::of(essence(&media_type));
        completeness.push(&bytes);
        require_complete(&completeness, &context.head)?;
        Ok(Self {
            bytes,
            media_type,
            metadata,
            origin: ImageOrigin::Service,
            #[cfg(feature = "verify")]
            warnings: Vec::new(),
        })
    }

    /// Sets the warnings about printing the image.
    #[cfg(feature = "verify")]
    #[must_use]
    pub fn with_warnings(mut self, warnings: Vec<PrintWarning>) -> Self {
        self.warnings = warnings;
        self
    }

    /// Returns why the printer cannot print the image precisely. Empty unless the image was
    /// requested with [`VerifiedGenerate::for_print`](crate::VerifiedGenerate::for_print). Requires
    /// the feature `verify`.
    #[cfg(feature = "verify")]
    pub fn warnings(&self) -> &[PrintWarning] {
        &self.warnings
    }

    /// Returns whether the service generated the image for this call.
    pub fn origin(&self) -> ImageOrigin {
        self.origin
    }

    /// Returns the request id, the headers and other metadata of the response. An image from a
    /// cache has the [default](ResponseMetadata::default).
    pub fn metadata(&self) -> &ResponseMetadata {
        &self.metadata
    }

    /// Returns the contents of the image file.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Converts the image into the contents of its file.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Returns the media type in the response, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Writes the image to `path`. An existing file is replaced, and its permissions are kept.
    ///
    /// - The image is written to a temporary file in the same folder, which is then renamed. Other
    ///   processes therefore never see a partial file. When this returns, the image has been synced
    ///   to disk.
    /// - A process that is killed while it writes may leave the temporary file, named `.barcode-*`,
    ///   behind.
    /// - A symbolic link is followed; a dangling link is an error.
    /// - `path` is not sanitized and may contain `..`: do not build it from untrusted text.
    ///
    /// The service has already billed the image. Use [`Generate::save`](crate::Generate::save) to
    /// check the path before the request is sent.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be written.
    pub async fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        save::whole(path.as_ref(), self.bytes.clone()).await
    }

    /// Decodes the pixels of a PNG, JPEG, GIF (its first frame) or TIFF. Requires the feature
    /// `image`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidResponse`] if the image is in another format, such as SVG, or is invalid.
    #[cfg(feature = "image")]
    pub fn decode(&self) -> Result<image::DynamicImage, Error> {
        image::load_from_memory(&self.bytes).map_err(|source| {
            InvalidResponse::new(ResponseDefect::NotAnImage, b"").because(source).into()
        })
    }
}

impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.media_type == other.media_type
    }
}

impl Eq for Image {}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("media_type", &self.media_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// A generated image as a stream of chunks, which needs constant memory.
///
/// The stream ends with an error if
///
/// - the connection breaks;
/// - the response is longer than the client's `max_response_bytes`;
/// - no chunk arrives within the client's `idle_timeout` (the call's other deadlines no longer
///   apply);
/// - the image is incomplete according to its file format, which is checked for BMP, GIF, JPEG,
///   PNG, SVG and TIFF ([`InvalidResponse::is_incomplete`](crate::InvalidResponse::is_incomplete)).
///   Any other `image/*` is accepted without a check.
///
/// The chunks before an error are not a complete image.
///
/// The request is in flight until the stream ends or is dropped. Until then it holds a permit of
/// the client's [`concurrency`](crate::ClientBuilder::concurrency) and keeps the span of its call
/// open, which records how the stream ended. The duration in metrics does not include reading the
/// stream.
pub struct ImageStream {
    chunks: LimitedBody<BodyChunks>,
    /// `None` when the stream has ended.
    completeness: Option<Completeness>,
    media_type: Cow<'static, str>,
    length: Option<u64>,
    limits: BodyLimits,
    head: ResponseHead,
    metadata: ResponseMetadata,
    streaming: Option<Streaming>,
}

impl ImageStream {
    /// Creates a stream from a response. It is an error if the response has another media type.
    pub(crate) async fn new(
        response: Response,
        context: &ResponseContext<'_>,
    ) -> Result<Self, Error> {
        let length = response.content_length();
        let Some(media_type) = media_type(&response, length) else {
            return Err(response::not_an_image_response(response, context).await);
        };
        let metadata = context.metadata(response.headers());
        Ok(Self {
            completeness: Some(Completeness::of(essence(&media_type))),
            media_type,
            length,
            chunks: LimitedBody::of(response, context.limits),
            limits: context.limits,
            head: context.head.clone(),
            metadata,
            streaming: None,
        })
    }

    /// Keeps the permit and the span of the call until the stream ends.
    pub(crate) fn with_streaming(mut self, streaming: Streaming) -> Self {
        self.streaming = Some(streaming);
        self
    }

    /// Returns the media type in the response, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns the request id, the headers and other metadata of the response.
    pub fn metadata(&self) -> &ResponseMetadata {
        &self.metadata
    }

    /// Returns the length of the whole image in bytes, if the response states it.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Writes the image to `path` in constant memory, as [`Image::save`] does.
    ///
    /// If the stream fails, or if this future is dropped, an existing file at `path` is not
    /// changed.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be written, and any error of the stream.
    pub async fn save(mut self, path: impl AsRef<Path>) -> Result<SavedImage, Error> {
        let mut file = NewFile::create(path.as_ref()).await?;
        let mut length = 0;
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            file.write(&chunk).await?;
            length += chunk.len() as u64;
        }
        file.finish().await?;
        Ok(SavedImage {
            length,
            media_type: self.media_type,
            metadata: self.metadata,
            #[cfg(feature = "verify")]
            warnings: Vec::new(),
        })
    }
}

impl ImageStream {
    /// Converts the stream into a reader. An error of the stream becomes a [`std::io::Error`] that
    /// wraps the [`Error`].
    pub fn into_async_read(self) -> impl AsyncBufRead + Send + Unpin {
        StreamReader::new(self.map_err(std::io::Error::other))
    }
}

/// Returns the media type of a response, or `None` if it is not an image or the body is empty.
fn media_type(response: &Response, length: Option<u64>) -> Option<Cow<'static, str>> {
    let header = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    if length == Some(0) {
        return None;
    }
    // A known media type needs no allocation.
    let known = MEDIA_TYPES.iter().find(|known| header.eq_ignore_ascii_case(known));
    if let Some(known) = known {
        return Some(Cow::Borrowed(known));
    }
    let is_image = header.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("image/"));
    is_image.then(|| header.to_owned().into())
}

/// Returns a media type without its parameters.
fn essence(media_type: &str) -> &str {
    let end = media_type.find(';').unwrap_or(media_type.len());
    media_type[..end].trim()
}

/// Checks that the received bytes are a complete image.
fn require_complete(completeness: &Completeness, head: &ResponseHead) -> Result<(), Error> {
    match completeness.received() {
        0 => Err(response::not_an_image(b"", head)),
        received if !completeness.is_complete() => Err(response::incomplete_image(received, head)),
        _ => Ok(()),
    }
}

impl ImageStream {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let Some(completeness) = &mut self.completeness else {
            return Poll::Ready(None);
        };
        match ready!(Pin::new(&mut self.chunks).poll_next(cx)) {
            Some(Ok(chunk)) => {
                completeness.push(&chunk);
                Poll::Ready(Some(Ok(chunk)))
            }
            Some(Err(error)) => {
                self.completeness = None;
                Poll::Ready(Some(Err(response::body_error(error, self.limits, &self.head))))
            }
            None => {
                let outcome = require_complete(completeness, &self.head);
                self.completeness = None;
                Poll::Ready(outcome.err().map(Err))
            }
        }
    }
}

impl Stream for ImageStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.poll_chunk(cx));
        if !matches!(item, Some(Ok(_)))
            && let Some(streaming) = self.streaming.take()
        {
            streaming.end(item.as_ref().and_then(|result| result.as_ref().err()));
        }
        Poll::Ready(item)
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
