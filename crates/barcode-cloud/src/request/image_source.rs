//! An image to be read: where it is, how it is validated, and how a request carries it.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use barcode_cloud_client::FilePart;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tokio::fs::File;
use tokio::io::AsyncRead;

use crate::Error;
use crate::error::InvalidInput;
use crate::exchange::upload::{self, Source, Upload, UploadOutcome, locked};

/// An image to be read: PNG, JPEG, GIF, TIFF or BMP.
///
/// Made from a path, or from bytes. A string is neither: it could be a path or a URL ([`ImageSource::url`]).
///
/// The name of a file is never sent, as it may hold personal data: the service sees `image` with the file's extension.
#[derive(Clone)]
#[non_exhaustive]
pub enum ImageSource {
    /// A file; uploaded from disk in constant memory, unless [several types](crate::Recognize::types) are looked for.
    Path(PathBuf),
    /// The bytes of a file.
    Bytes(Bytes),
    /// A URL that the service fetches the image from. It is part of the URL of the request, so proxies may log it: it
    /// should hold no secret and no personal data.
    Url(String),
    /// Made by [`ImageSource::reader`].
    Reader(Reader),
}

/// Something to be read once, and how many bytes it has; made by [`ImageSource::reader`].
#[derive(Clone)]
pub struct Reader {
    source: Arc<Mutex<Option<Source>>>,
    length: u64,
}

/// A picture, ready to be sent.
enum Opened {
    Bytes(Bytes),
    Upload(Upload),
}

/// Bytes that are asked for on the word of a file's or a reader's length.
const MOST_AT_ONCE: usize = 32 << 20;

impl ImageSource {
    /// An image at a URL that the service can reach. See [`ImageSource::Url`] for who else can read that URL.
    pub fn url(url: impl Into<String>) -> Self {
        Self::Url(url.into())
    }

    /// An image of exactly `length` bytes, read from `reader`. It is uploaded in constant memory, unless
    /// [several types](crate::Recognize::types) are looked for.
    ///
    /// It can be read once: a call that has begun to read it is not attempted again, and a second call is refused, that
    /// of a clone too.
    pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static, length: u64) -> Self {
        Self::Reader(Reader {
            source: Arc::new(Mutex::new(Some(Box::new(reader)))),
            length,
        })
    }

    /// As [`reader`](Self::reader), for a reader that blocks, such as one of `std`. It is read on a thread for blocking
    /// work.
    pub fn blocking_reader(reader: impl Read + Send + 'static, length: u64) -> Self {
        Self::reader(upload::unblocked(reader), length)
    }

    /// Whether the image can be sent (once more).
    pub(crate) fn can_resend(&self) -> bool {
        match self {
            Self::Reader(reader) => locked(&reader.source).is_some(),
            _ => true,
        }
    }

    /// Checks what can be checked without sending or opening anything: that the image exists, is not empty, and has at
    /// most `most` bytes.
    pub(crate) async fn validate(&self, most: u64) -> Result<(), Error> {
        let length = match self {
            Self::Path(path) => file_length(path).await?,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Reader(reader) if locked(&reader.source).is_none() => {
                return Err(already_read().into());
            }
            Self::Reader(reader) => reader.length,
            Self::Url(_) => return Ok(()),
        };
        not_empty(length)?;
        Ok(not_larger(length, most)?)
    }

    /// The image as a part of a form; what breaks its upload is told to `outcome`.
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

    /// The picture as base64. A file or a reader of more than `most` bytes, whose text could not be sent, is not read.
    pub(crate) async fn base64(&self, most: u64) -> Result<String, Error> {
        match self.open().await? {
            Opened::Bytes(bytes) => Ok(STANDARD.encode(bytes)),
            Opened::Upload(mut upload) => {
                not_larger(upload.length(), most)?;
                let length = usize::try_from(upload.length()).unwrap_or(usize::MAX);
                let mut bytes = Vec::with_capacity(length.min(MOST_AT_ONCE));
                while let Some(piece) = upload
                    .try_next()
                    .await
                    .map_err(|broken| broken.to_error())?
                {
                    bytes.extend_from_slice(&piece);
                }
                Ok(STANDARD.encode(bytes))
            }
        }
    }

    /// What is sent, which is not empty.
    async fn open(&self) -> Result<Opened, Error> {
        match self {
            Self::Path(path) => {
                let (file, length) = open(path).await?;
                let upload = Upload::file(Box::new(file), length, path.clone());
                Ok(Opened::Upload(upload))
            }
            Self::Bytes(bytes) => {
                not_empty(bytes.len() as u64)?;
                Ok(Opened::Bytes(bytes.clone()))
            }
            Self::Reader(reader) => {
                not_empty(reader.length)?;
                let upload = Upload::lent(&reader.source, reader.length);
                Ok(Opened::Upload(upload.ok_or_else(already_read)?))
            }
            Self::Url(_) => {
                let reason = "is a URL, which the service fetches by itself; it cannot be uploaded";
                Err(InvalidInput::new("image", reason).into())
            }
        }
    }

    /// The name that an upload gives the file. It says what kind of image it is, and nothing of the real name.
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

/// Checks that the URL of an image fits into the URL of a request, which is `whole`.
pub(crate) fn validate_url(url: &str, whole: &reqwest::Url) -> Result<(), Error> {
    let reason = if url.is_empty() {
        "is an empty URL; give one that the service can reach"
    } else if http::Uri::try_from(whole.as_str()).is_err() {
        "is a URL that is too long for a request; send the image itself"
    } else {
        return Ok(());
    };
    Err(InvalidInput::new("image", reason).into())
}

/// The length of a file, which is checked before it is opened: opening a FIFO blocks until a writer appears.
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

/// Opens a file that was validated before; it may have changed since.
async fn open(path: &Path) -> Result<(File, u64), Error> {
    let file = File::open(path).await.map_err(in_file(path))?;
    let length = file.metadata().await.map_err(in_file(path))?.len();
    not_empty(length)?;
    Ok((file, length))
}

fn in_file(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}

fn not_empty(length: u64) -> Result<(), InvalidInput> {
    if length > 0 {
        return Ok(());
    }
    let reason = "is empty (0 bytes); give a PNG, JPEG, GIF, TIFF or BMP";
    Err(InvalidInput::new("image", reason))
}

fn not_larger(length: u64, most: u64) -> Result<(), InvalidInput> {
    if length <= most {
        return Ok(());
    }
    let reason = format!(
        "has {length} bytes, and at most {most} can be searched for several types; look for one type a request"
    );
    Err(InvalidInput::new("image", reason))
}

fn already_read() -> InvalidInput {
    let reason = "the reader was read before; give a new one for each call";
    InvalidInput::new("image", reason)
}

/// Bytes are counted, not shown.
impl fmt::Debug for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Url(_) => f.write_str("Url(..)"),
            Self::Reader(reader) => reader.fmt(f),
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
