//! The files that are mapped to URLs, for requests with `fileUrl`.
//!
//! The sandbox never fetches a URL, because that would give its clients access to its network. A
//! URL is only a key of this map, and every other URL is rejected.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use crate::http::Failure;

/// An image that is mapped to a URL: bytes in memory, or a file that is read at each request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlFile {
    /// The bytes of the image file.
    Bytes(Bytes),
    /// The path of the image file.
    Path(PathBuf),
}

impl fmt::Debug for UrlFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
        }
    }
}

impl From<Bytes> for UrlFile {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for UrlFile {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<PathBuf> for UrlFile {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for UrlFile {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

/// The files by their URLs.
#[derive(Debug, Default)]
pub(crate) struct UrlFiles(RwLock<HashMap<String, UrlFile>>);

impl UrlFiles {
    pub(crate) fn insert(&self, url: String, file: UrlFile) {
        let mut files = self.0.write().unwrap_or_else(PoisonError::into_inner);
        files.insert(url, file);
    }

    /// Returns the file that is mapped to `url`. A file larger than `limit` bytes is an error.
    pub(crate) async fn read(&self, url: &str, limit: usize) -> Result<Bytes, Failure> {
        let files = || self.0.read().unwrap_or_else(PoisonError::into_inner);
        let path = match files().get(url).cloned() {
            Some(UrlFile::Bytes(bytes)) => return Ok(bytes),
            Some(UrlFile::Path(path)) => path,
            None => {
                let what = "URLs that are not mapped to a file, because it never opens a URL";
                return Err(Failure::unsupported("fileUrl", what));
            }
        };
        let unreadable = |error: &dyn fmt::Display| {
            let path = path.display();
            Failure::field("fileUrl", format!("The file {path} cannot be read: {error}."))
        };
        let metadata = tokio::fs::metadata(&path).await.map_err(|error| unreadable(&error))?;
        if usize::try_from(metadata.len()).is_ok_and(|size| size <= limit) {
            let bytes = tokio::fs::read(&path).await.map_err(|error| unreadable(&error))?;
            return Ok(bytes.into());
        }
        Err(unreadable(&format_args!("it is larger than {limit} bytes")))
    }
}
