//! The files that are mapped to URLs, for requests with `fileUrl`.
//!
//! The sandbox never fetches a URL, because that would give its clients access to its network. A
//! URL is only a key of this map, and every other URL is rejected.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use serde::Serialize;

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

impl UrlFile {
    /// The length of a file in memory, in bytes.
    fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Path(_) => None,
        }
    }
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

/// The maximum number of files that admin calls may store, and of their bytes, so that they cannot
/// exhaust the memory.
const MAX_FILES: usize = 1000;
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// The files by their URLs.
#[derive(Debug, Default)]
pub(crate) struct UrlFiles {
    files: RwLock<HashMap<String, UrlFile>>,
    at_start: HashMap<String, UrlFile>,
}

/// A file as the admin call lists it.
#[derive(Debug, Serialize)]
pub(crate) struct ListedFile {
    url: String,
    /// The length of a file in memory. A file on disk is read at each request.
    length: Option<usize>,
}

impl UrlFiles {
    /// Makes the current files those that a reset restores.
    pub(crate) fn started(self) -> Self {
        let at_start = self.read_lock().clone();
        Self { at_start, ..self }
    }

    pub(crate) fn reset(&self) {
        self.write_lock().clone_from(&self.at_start);
    }

    pub(crate) fn insert(&self, url: String, file: UrlFile) {
        self.write_lock().insert(url, file);
    }

    /// Stores a file from an admin call. If there is no room for it, returns why.
    pub(crate) fn store(&self, url: String, file: Bytes) -> Result<(), String> {
        let mut files = self.write_lock();
        let others = files.iter().filter(|(other, _)| **other != url);
        let stored = others.clone().map(|(url, file)| url.len() + file.length().unwrap_or(0));
        if others.count() >= MAX_FILES {
            return Err(format!("there are {MAX_FILES} files already"));
        }
        if stored.sum::<usize>() + url.len() + file.len() > MAX_BYTES {
            return Err(format!("the files need more than {MAX_BYTES} bytes"));
        }
        files.insert(url, UrlFile::Bytes(file));
        Ok(())
    }

    /// Removes a file. Returns whether it existed.
    pub(crate) fn remove(&self, url: &str) -> bool {
        self.write_lock().remove(url).is_some()
    }

    /// Returns the files in the order of their URLs.
    pub(crate) fn list(&self) -> Vec<ListedFile> {
        let files = self.read_lock();
        let list = files.iter().map(|(url, file)| (url.clone(), file.length()));
        let mut list: Vec<_> = list.map(|(url, length)| ListedFile { url, length }).collect();
        list.sort_unstable_by(|one, other| one.url.cmp(&other.url));
        list
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, HashMap<String, UrlFile>> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, HashMap<String, UrlFile>> {
        self.files.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the file that is mapped to `url`. A file larger than `limit` bytes is an error.
    pub(crate) async fn read(&self, url: &str, limit: usize) -> Result<Bytes, Failure> {
        let file = self.read_lock().get(url).cloned();
        let path = match file {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_and_the_size_of_stored_files_are_bounded() {
        let files = UrlFiles::default();
        for number in 0..MAX_FILES {
            files.store(number.to_string(), Bytes::new()).unwrap();
        }
        assert!(files.store("one more".to_owned(), Bytes::new()).is_err());
        files.store("0".to_owned(), Bytes::from_static(b"replaced")).unwrap();
        files.reset();
        assert!(files.list().is_empty());

        let half = Bytes::from(vec![0; MAX_BYTES / 2]);
        files.store("a".to_owned(), half.clone()).unwrap();
        assert!(files.store("b".to_owned(), half.clone()).is_err());
        files.store("a".to_owned(), half.clone()).unwrap();
        assert!(files.remove("a") && !files.remove("a"));
        files.store("b".to_owned(), half).unwrap();
    }
}
