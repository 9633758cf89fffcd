//! A file of a multipart form: bytes, or a stream whose length is known. Knows forms, nothing of barcodes.

use bytes::Bytes;
use reqwest::Body;
use reqwest::multipart::Part;

/// A file to upload in a multipart form.
///
/// Its length is always known, so that the request carries a `Content-Length` and is not sent in chunks.
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

/// The text is no media type, such as `image/png`.
#[derive(Debug, thiserror::Error)]
#[error("not a media type such as `image/png`")]
pub struct InvalidMediaType(#[source] reqwest::Error);

impl FilePart {
    /// The bytes of a file; they are not copied.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::named(Part::stream(Body::from(bytes.into())))
    }

    /// A stream that yields exactly `length` bytes, such as [`reqwest::Body::wrap_stream`] gives of an open file.
    ///
    /// A stream that yields fewer or more bytes fails the request when it is sent.
    pub fn stream(body: impl Into<Body>, length: u64) -> Self {
        Self::named(Part::stream_with_length(body, length))
    }

    /// The name that the form gives the file; `file` unless set.
    #[must_use]
    pub fn file_name(self, name: impl Into<String>) -> Self {
        Self(self.0.file_name(name.into()))
    }

    /// The media type that the form gives the file; none unless set.
    ///
    /// # Errors
    ///
    /// Where `media_type` is not one.
    pub fn content_type(self, media_type: &str) -> Result<Self, InvalidMediaType> {
        self.0
            .mime_str(media_type)
            .map(Self)
            .map_err(InvalidMediaType)
    }

    /// Servers take a part for a file when it has a file name.
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
