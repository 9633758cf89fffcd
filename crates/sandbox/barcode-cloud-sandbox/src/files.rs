//! What stands behind the addresses that `fileUrl` may name.
//!
//! The sandbox never fetches anything: it would be a way into the network that it stands in. An
//! address is a name in this map, and every other one is refused.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use bytes::Bytes;

use crate::answer::Failure;

/// A picture that a `fileUrl` stands for: bytes at hand, or a file that is read at each request.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlFile {
    /// The bytes of the picture.
    Bytes(Bytes),
    /// The file to read.
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

/// Addresses and what stands behind them.
#[derive(Debug, Default)]
pub(crate) struct Files(RwLock<HashMap<String, UrlFile>>);

impl Files {
    pub(crate) fn insert(&self, url: String, file: UrlFile) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(url, file);
    }

    /// The picture behind `url`, if it is no larger than `limit` bytes.
    pub(crate) async fn read(&self, url: &str, limit: usize) -> Result<Bytes, Failure> {
        let file = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(url)
            .cloned();
        let path = match file {
            Some(UrlFile::Bytes(bytes)) => return Ok(bytes),
            Some(UrlFile::Path(path)) => path,
            None => {
                return Err(Failure::unsupported(
                    "fileUrl",
                    "addresses that are not mapped to a file: it opens none",
                ));
            }
        };
        let unreadable = |error: &dyn fmt::Display| {
            let path = path.display();
            Failure::field(
                "fileUrl",
                format!("The file {path} cannot be read: {error}."),
            )
        };
        let size = tokio::fs::metadata(&path)
            .await
            .map_err(|error| unreadable(&error))?
            .len();
        if usize::try_from(size).is_ok_and(|size| size <= limit) {
            let bytes = tokio::fs::read(&path)
                .await
                .map_err(|error| unreadable(&error))?;
            Ok(bytes.into())
        } else {
            Err(unreadable(&format_args!("it is larger than {limit} bytes")))
        }
    }
}
