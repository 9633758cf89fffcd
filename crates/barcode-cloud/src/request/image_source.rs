//! A picture to be read: where it is, and how each form of a request takes it.

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
use crate::exchange::upload::{self, Fate, Source, Upload, locked};

/// A picture to be read: PNG, JPEG, GIF, TIFF or BMP.
///
/// Made of a path, or of bytes. A string is neither: it could be a path or an address ([`ImageSource::url`]).
#[derive(Clone)]
#[non_exhaustive]
pub enum ImageSource {
    /// A file; uploaded from disk in constant memory, but for [`Form::Body`](crate::Form::Body).
    Path(PathBuf),
    /// The bytes of a file.
    Bytes(Bytes),
    /// An address that the service fetches the picture from.
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
    /// A picture at an address that the service can reach.
    pub fn url(url: impl Into<String>) -> Self {
        Self::Url(url.into())
    }

    /// A picture that comes out of `reader`, of exactly `length` bytes; uploaded in constant memory, but for
    /// [`Form::Body`](crate::Form::Body).
    ///
    /// It can be read once: a call that has begun to read it is not attempted again, and a second one, of a clone too,
    /// is refused.
    pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static, length: u64) -> Self {
        Self::Reader(Reader {
            source: Arc::new(Mutex::new(Some(Box::new(reader)))),
            length,
        })
    }

    /// The same of a reader that blocks, such as one of `std`: it is read on a thread for such work.
    pub fn blocking_reader(reader: impl Read + Send + 'static, length: u64) -> Self {
        Self::reader(upload::unblocked(reader), length)
    }

    /// Whether the picture can be sent once more.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Reader(reader) => locked(&reader.source).is_some(),
            _ => true,
        }
    }

    /// The picture as a part of a form; what breaks its upload is told to `fate`.
    pub(crate) async fn file_part(&self, fate: &Fate) -> Result<FilePart, Error> {
        match self.open().await? {
            Opened::Bytes(bytes) => Ok(FilePart::bytes(bytes)),
            Opened::Upload(upload) => {
                let length = upload.length();
                let part = FilePart::stream(upload.into_body(fate), length);
                Ok(match self.file_name() {
                    Some(name) => part.file_name(name),
                    None => part,
                })
            }
        }
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
                let upload = Upload::lent(&reader.source, reader.length).ok_or_else(|| {
                    let reason = "the reader was read before; give a new one for each call";
                    InvalidInput::new("image", reason)
                })?;
                Ok(Opened::Upload(upload))
            }
            Self::Url(_) => Err(by_url_only()),
        }
    }

    /// The picture's address, where that is what it is.
    pub(crate) fn as_url(&self) -> Result<&str, Error> {
        match self {
            Self::Url(url) => Ok(url),
            _ => Err(InvalidInput::new(
                "form",
                "only an image given by its URL can go by query; force no form",
            )
            .into()),
        }
    }

    fn file_name(&self) -> Option<&str> {
        match self {
            Self::Path(path) => path.file_name()?.to_str(),
            _ => None,
        }
    }

    pub(crate) fn is_url(&self) -> bool {
        matches!(self, Self::Url(_))
    }
}

/// The opened file and its length, which is not 0.
async fn open(path: &Path) -> Result<(File, u64), Error> {
    // Looked at before it is opened: to open a pipe is to wait for who writes to it.
    let there = tokio::fs::metadata(path).await.map_err(in_file(path))?;
    if there.is_dir() {
        return Err(in_file(path)(std::io::Error::from(
            std::io::ErrorKind::IsADirectory,
        )));
    }
    not_empty(there.len())?;
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
        "has {length} bytes, and {most} is the most in a body; look for one type only, by Form::Multipart"
    );
    Err(InvalidInput::new("image", reason))
}

fn by_url_only() -> Error {
    InvalidInput::new(
        "form",
        "an image given by its URL can only go by query; force no form",
    )
    .into()
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
