//! A picture to be read: where it is, and how each form of a request takes it.

use std::fmt;
use std::path::{Path, PathBuf};

use barcode_cloud_client::FilePart;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

use crate::Error;
use crate::error::InvalidInput;

/// A picture to be read: PNG, JPEG, GIF, TIFF or BMP.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Image {
    /// A file; uploaded from disk in constant memory, but for [`Form::Body`](crate::Form::Body).
    Path(PathBuf),
    /// The bytes of a file.
    Bytes(Bytes),
    /// An address that the service fetches the picture from.
    Url(String),
}

impl Image {
    /// A picture at an address that the service can reach.
    pub fn url(url: impl Into<String>) -> Self {
        Self::Url(url.into())
    }

    /// The picture as a part of a form.
    pub(crate) async fn file_part(&self) -> Result<FilePart, Error> {
        match self {
            Self::Path(path) => {
                let (file, length) = open(path).await?;
                let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 64 * 1024));
                let part = FilePart::stream(body, length);
                Ok(match path.file_name().and_then(|name| name.to_str()) {
                    Some(name) => part.file_name(name),
                    None => part,
                })
            }
            Self::Bytes(bytes) => {
                not_empty(bytes.len() as u64)?;
                Ok(FilePart::bytes(bytes.clone()))
            }
            Self::Url(_) => Err(by_url_only()),
        }
    }

    /// The picture as base64.
    pub(crate) async fn base64(&self) -> Result<String, Error> {
        match self {
            Self::Path(path) => {
                let (mut file, length) = open(path).await?;
                let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
                file.read_to_end(&mut bytes).await.map_err(in_file(path))?;
                Ok(STANDARD.encode(bytes))
            }
            Self::Bytes(bytes) => {
                not_empty(bytes.len() as u64)?;
                Ok(STANDARD.encode(bytes))
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

    pub(crate) fn is_url(&self) -> bool {
        matches!(self, Self::Url(_))
    }
}

/// The opened file and its length, which is not 0.
async fn open(path: &Path) -> Result<(File, u64), Error> {
    let file = File::open(path).await.map_err(in_file(path))?;
    let metadata = file.metadata().await.map_err(in_file(path))?;
    if metadata.is_dir() {
        return Err(in_file(path)(std::io::Error::from(
            std::io::ErrorKind::IsADirectory,
        )));
    }
    not_empty(metadata.len())?;
    Ok((file, metadata.len()))
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

fn by_url_only() -> Error {
    InvalidInput::new(
        "form",
        "an image given by its URL can only go by query; force no form",
    )
    .into()
}

/// Bytes are counted, not shown.
impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Url(_) => f.write_str("Url(..)"),
        }
    }
}

impl From<PathBuf> for Image {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Image {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<Bytes> for Image {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Image {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}
