//! The image that barcodes are read from: where it is, how it is validated, and how it is uploaded.

use std::fmt;
use std::io::{Read, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use barcode_cloud_client::FilePart;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tokio::fs::File;
use tokio::io::AsyncRead;

use super::spool::{Contents, Spool};
use crate::error::{Error, InvalidInput};
use crate::exchange::upload::{self, SharedSource, Source, Upload, UploadOutcome, locked};

/// An image to read barcodes from: PNG, JPEG, GIF, TIFF or BMP.
///
/// Paths and bytes convert into an `ImageSource`. Strings do not, because a string could be a path
/// or a URL: use a [`Path`] or [`ImageSource::url`].
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::path::Path;
/// use barcode_cloud::ImageSource;
///
/// client.scan(Path::new("label.png")).await?;
/// client.scan(std::fs::read("label.png")?).await?;
/// client.scan(ImageSource::url("https://images.example.com/label.png")).await?;
/// # Ok(())
/// # }
/// ```
///
/// The name of a file is never sent, because it may contain personal data. The service receives the
/// name `image` with the file's extension.
#[derive(Clone)]
#[non_exhaustive]
pub enum ImageSource {
    /// A file. It is uploaded from disk in constant memory, unless
    /// [several types](crate::Recognize::types) are requested.
    Path(PathBuf),
    /// The contents of an image file.
    Bytes(Bytes),
    /// A URL that the service fetches the image from.
    ///
    /// It is sent as part of the request's URL, which proxies may log. It should not contain
    /// secrets or personal data.
    Url(String),
    /// A reader, created by [`ImageSource::reader`].
    Reader(Reader),
    /// A reader of unknown length, created by [`ImageSource::unsized_reader`].
    Spool(Spool),
}

/// A reader that can be read once, and its length. Created by [`ImageSource::reader`].
#[derive(Clone)]
pub struct Reader {
    source: SharedSource,
    length: u64,
}

/// An image that is ready to be sent.
enum Opened {
    Bytes(Bytes),
    Upload(Upload),
}

/// The maximum buffer size, in bytes, that is allocated in advance because of the stated length of
/// a file or reader.
const MAX_INITIAL_CAPACITY: usize = 32 << 20;

impl ImageSource {
    /// Creates a source from a URL that the service can reach. Proxies may log the URL: see
    /// [`ImageSource::Url`].
    pub fn url(url: impl Into<String>) -> Self {
        Self::Url(url.into())
    }

    /// Creates a source from a reader that returns exactly `length` bytes.
    ///
    /// The image is uploaded in constant memory, unless [several types](crate::Recognize::types)
    /// are requested.
    ///
    /// The reader can be read once. A call that has started to read it is not retried, and a second
    /// call with the same source or a clone of it fails with [`Error::InvalidInput`].
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use barcode_cloud::ImageSource;
    ///
    /// let file = tokio::fs::File::open("label.png").await?;
    /// let length = file.metadata().await?.len();
    /// let barcodes = client.scan(ImageSource::reader(file, length)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static, length: u64) -> Self {
        Self::Reader(Reader { source: Arc::new(Mutex::new(Some(Box::new(reader)))), length })
    }

    /// Creates a source from a blocking reader, such as one from `std`, that returns exactly
    /// `length` bytes.
    ///
    /// It is read on one of Tokio's threads for blocking work. Otherwise the same as
    /// [`reader`](Self::reader).
    pub fn blocking_reader(reader: impl Read + Send + 'static, length: u64) -> Self {
        Self::reader(upload::unblocked(reader), length)
    }

    /// Creates a source from a reader whose length is not known. A call fails with
    /// [`Error::InvalidInput`] if it returns more than `max_length` bytes.
    ///
    /// The reader is read to its end before the request is sent. An image of more than 2 MiB is
    /// written to a temporary file, which is deleted when the source and its clones are dropped.
    /// Because the image is kept, the call is retried, and clones of the source can be sent too. A
    /// [`reader`](Self::reader) of known length can be sent only once.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use barcode_cloud::ImageSource;
    ///
    /// // Accepts at most 10 MiB from a client that does not say how much it will send.
    /// let (upload, _) = tokio::net::TcpListener::bind("127.0.0.1:8000").await?.accept().await?;
    /// let barcodes = client.scan(ImageSource::unsized_reader(upload, 10 << 20)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unsized_reader(
        reader: impl AsyncRead + Send + Unpin + 'static,
        max_length: u64,
    ) -> Self {
        let source: Source = Box::new(reader);
        Self::Spool(Spool::new(Arc::new(Mutex::new(Some(source))), max_length))
    }

    /// Creates a source from an open file, which is sent from its current position to its end.
    ///
    /// Otherwise the same as [`blocking_reader`](Self::blocking_reader).
    ///
    /// # Errors
    ///
    /// The error of the operating system if the length of the file cannot be determined.
    pub fn file(mut file: std::fs::File) -> std::io::Result<Self> {
        let position = file.stream_position()?;
        let length = file.metadata()?.len();
        Ok(Self::blocking_reader(file, length.saturating_sub(position)))
    }

    /// Whether the image can still be sent, for the first time or again.
    pub(crate) fn can_resend(&self) -> bool {
        match self {
            Self::Reader(reader) => locked(&reader.source).is_some(),
            _ => true,
        }
    }

    /// Checks, without opening or sending the image, that it exists, is not empty, and has at most
    /// `max` bytes.
    pub(crate) async fn validate(&self, max: u64) -> Result<(), Error> {
        let length = match self {
            Self::Path(path) => file_length(path).await?,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Reader(reader) if locked(&reader.source).is_none() => {
                return Err(already_read().into());
            }
            Self::Reader(reader) => reader.length,
            Self::Spool(spool) => spool.contents().await?.length(),
            Self::Url(_) => return Ok(()),
        };
        require_not_empty(length)?;
        Ok(require_at_most(length, max)?)
    }

    /// Returns the image as a part of a multipart form. An error during the upload is recorded in
    /// `outcome`.
    pub(crate) async fn file_part(&self, outcome: &UploadOutcome) -> Result<FilePart, Error> {
        let part = match self.open().await? {
            Opened::Bytes(bytes) => FilePart::bytes(bytes),
            Opened::Upload(upload) => {
                let length = upload.length();
                FilePart::stream(upload.into_body(outcome), length)
            }
        };
        Ok(part.file_name(self.upload_name()))
    }

    /// Returns the image as base64. A file or reader with more than `max` bytes is rejected before
    /// it is read.
    pub(crate) async fn base64(&self, max: u64) -> Result<String, Error> {
        match self.open().await? {
            Opened::Bytes(bytes) => Ok(STANDARD.encode(bytes)),
            Opened::Upload(mut upload) => {
                require_at_most(upload.length(), max)?;
                let length = usize::try_from(upload.length()).unwrap_or(usize::MAX);
                let mut bytes = Vec::with_capacity(length.min(MAX_INITIAL_CAPACITY));
                while let Some(chunk) =
                    upload.try_next().await.map_err(|broken| broken.to_error())?
                {
                    bytes.extend_from_slice(&chunk);
                }
                Ok(STANDARD.encode(bytes))
            }
        }
    }

    /// Opens the image, which must not be empty, for sending.
    async fn open(&self) -> Result<Opened, Error> {
        match self {
            Self::Path(path) => {
                let (file, length) = open(path).await?;
                let upload = Upload::file(Box::new(file), length, path.clone());
                Ok(Opened::Upload(upload))
            }
            Self::Bytes(bytes) => {
                require_not_empty(bytes.len() as u64)?;
                Ok(Opened::Bytes(bytes.clone()))
            }
            Self::Spool(spool) => Ok(match spool.contents().await? {
                Contents::Memory(bytes) => Opened::Bytes(bytes.clone()),
                Contents::File(path, length) => {
                    let file = File::open(path).await.map_err(in_file(path))?;
                    Opened::Upload(Upload::file(Box::new(file), *length, path.to_path_buf()))
                }
            }),
            Self::Reader(reader) => {
                require_not_empty(reader.length)?;
                let upload = Upload::shared(&reader.source, reader.length);
                Ok(Opened::Upload(upload.ok_or_else(already_read)?))
            }
            Self::Url(_) => {
                let reason =
                    "is a URL, which cannot be uploaded; the service fetches the image itself";
                Err(InvalidInput::new("image", reason).into())
            }
        }
    }

    /// Returns the file name that is sent. It has the extension of the real name and nothing else
    /// of it.
    fn upload_name(&self) -> &'static str {
        let Self::Path(path) = self else {
            return "image";
        };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("png") => "image.png",
            Some("jpg" | "jpeg") => "image.jpg",
            Some("gif") => "image.gif",
            Some("tif" | "tiff") => "image.tiff",
            Some("bmp") => "image.bmp",
            _ => "image",
        }
    }
}

/// Checks that the URL of an image is not empty, and that `request_url`, which contains it, is not
/// too long.
pub(crate) fn validate_url(url: &str, request_url: &reqwest::Url) -> Result<(), Error> {
    let reason = if url.is_empty() {
        "is an empty URL; use one that the service can reach"
    } else if http::Uri::try_from(request_url.as_str()).is_err() {
        "is a URL that is too long for a request; send the image itself"
    } else {
        return Ok(());
    };
    Err(InvalidInput::new("image", reason).into())
}

/// Returns the length of a file without opening it: opening a FIFO blocks until a writer appears.
async fn file_length(path: &Path) -> Result<u64, Error> {
    let metadata = tokio::fs::metadata(path).await.map_err(in_file(path))?;
    if metadata.is_dir() {
        let source = std::io::Error::from(std::io::ErrorKind::IsADirectory);
        return Err(in_file(path)(source));
    }
    if !metadata.is_file() {
        let reason =
            "is not a regular file, so its length is unknown; read it and pass the bytes instead";
        return Err(in_file(path)(std::io::Error::other(reason)));
    }
    Ok(metadata.len())
}

/// Opens a file that was validated before. It is checked again, because it may have changed since.
async fn open(path: &Path) -> Result<(File, u64), Error> {
    let file = File::open(path).await.map_err(in_file(path))?;
    let length = file.metadata().await.map_err(in_file(path))?.len();
    require_not_empty(length)?;
    Ok((file, length))
}

fn in_file(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |source| Error::File { path: path.to_owned(), source, after_response: false }
}

fn require_not_empty(length: u64) -> Result<(), InvalidInput> {
    if length > 0 {
        return Ok(());
    }
    let reason = "is empty (0 bytes); use a PNG, JPEG, GIF, TIFF or BMP image";
    Err(InvalidInput::new("image", reason))
}

fn require_at_most(length: u64, max: u64) -> Result<(), InvalidInput> {
    if length <= max {
        return Ok(());
    }
    let reason = format!(
        "has {length} bytes, but a request for several types can carry at most {max}; send one request for each type"
    );
    Err(InvalidInput::new("image", reason))
}

fn already_read() -> InvalidInput {
    let reason = "is a reader that was already read; create a new one for each call";
    InvalidInput::new("image", reason)
}

/// Shows the number of bytes instead of the bytes, and does not show a URL.
impl fmt::Debug for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Url(_) => f.write_str("Url(..)"),
            Self::Reader(reader) => reader.fmt(f),
            Self::Spool(spool) => spool.fmt(f),
        }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader({} bytes)", self.length)
    }
}

impl From<PathBuf> for ImageSource {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for ImageSource {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&PathBuf> for ImageSource {
    fn from(path: &PathBuf) -> Self {
        Self::Path(path.clone())
    }
}

impl From<&[u8]> for ImageSource {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<[u8; N]> for ImageSource {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(Bytes::copy_from_slice(&bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for ImageSource {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(Bytes::copy_from_slice(bytes))
    }
}

impl From<Bytes> for ImageSource {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for ImageSource {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}
