//! A file in a multipart form: bytes, or a stream with a known length.

use bytes::Bytes;
use reqwest::Body;
use reqwest::multipart::Part;

/// A file to upload in a multipart form.
///
/// Its length is always known, so the request has a `Content-Length` header and is not sent in
/// chunks.
///
/// ```
/// use barcode_cloud_client::FilePart;
///
/// let part = FilePart::from(std::fs::read("Cargo.toml")?)
///     .file_name("label.png")
///     .content_type("image/png")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FilePart(Part);

/// The error of [`FilePart::content_type`]: the text is not a media type.
#[derive(Debug, thiserror::Error)]
#[error("the content type must be a media type such as `image/png`")]
pub struct InvalidMediaType(#[source] reqwest::Error);

impl FilePart {
    /// Creates a file from its bytes, which are not copied.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::named(Part::stream(Body::from(bytes.into())))
    }

    /// Creates a file from a stream of exactly `length` bytes. Use [`reqwest::Body::wrap_stream`]
    /// for an open file.
    ///
    /// If the stream yields fewer or more bytes, sending the request fails.
    pub fn stream(body: impl Into<Body>, length: u64) -> Self {
        Self::named(Part::stream_with_length(body, length))
    }

    /// Sets the file name in the form. The default is `file`.
    #[must_use]
    pub fn file_name(self, name: impl Into<String>) -> Self {
        Self(self.0.file_name(name.into()))
    }

    /// Sets the media type of the file in the form. By default, the form declares no media type.
    ///
    /// # Errors
    ///
    /// [`InvalidMediaType`] if `media_type` is not a media type.
    pub fn content_type(self, media_type: &str) -> Result<Self, InvalidMediaType> {
        self.0.mime_str(media_type).map(Self).map_err(InvalidMediaType)
    }

    /// Sets a file name, because servers recognize files in a form by it.
    fn named(part: Part) -> Self {
        Self(part.file_name("file"))
    }

    pub(crate) fn into_part(self) -> Part {
        self.0
    }
}

impl From<Bytes> for FilePart {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for FilePart {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}
