//! Uploads of unknown length. The reader is read to its end before the request is sent, because the
//! request states its length.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use tempfile::{NamedTempFile, TempPath};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;

use crate::error::{Error, InvalidInput};
use crate::exchange::upload::{SharedSource, locked};

/// The maximum number of bytes that are kept in memory. More are written to a temporary file.
const MEMORY_LIMIT: usize = 2 << 20;

/// A reader of unknown length, created by
/// [`ImageSource::unsized_reader`](crate::ImageSource::unsized_reader).
#[derive(Clone)]
pub struct Spool {
    source: SharedSource,
    max_length: u64,
    contents: Arc<OnceCell<Contents>>,
}

/// What the reader returned.
pub(super) enum Contents {
    Memory(Bytes),
    /// A temporary file, which is deleted with the last clone of the spool, and its length.
    File(TempPath, u64),
}

impl Contents {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }
}

impl Spool {
    pub(super) fn new(source: SharedSource, max_length: u64) -> Self {
        Self { source, max_length, contents: Arc::default() }
    }

    /// Returns the contents, which the first call reads from the reader.
    pub(super) async fn contents(&self) -> Result<&Contents, Error> {
        self.contents.get_or_try_init(|| self.read()).await
    }

    async fn read(&self) -> Result<Contents, Error> {
        let source = locked(&self.source).take().ok_or_else(|| {
            let reason =
                "was read before, by a call that failed or was cancelled; use a new reader";
            InvalidInput::new("image", reason)
        })?;
        let mut chunks = ReaderStream::new(source);
        let mut memory = Vec::new();
        let mut file = None;
        let mut length = 0;
        while let Some(chunk) = chunks.try_next().await.map_err(read_error)? {
            length += chunk.len() as u64;
            if length > self.max_length {
                let reason = format!("has more than the {} bytes allowed", self.max_length);
                return Err(InvalidInput::new("image", reason).into());
            }
            memory.extend_from_slice(&chunk);
            if memory.len() > MEMORY_LIMIT {
                file = Some(append(file, std::mem::take(&mut memory)).await?);
            }
        }
        match file {
            None => Ok(Contents::Memory(memory.into())),
            file => {
                let file = append(file, memory).await?;
                Ok(Contents::File(file.into_temp_path(), length))
            }
        }
    }
}

/// Appends the bytes to the file, or to a new temporary file that only this user can read.
async fn append(file: Option<NamedTempFile>, bytes: Vec<u8>) -> Result<NamedTempFile, Error> {
    let written = spawn_blocking(move || {
        let mut file = match file {
            Some(file) => file,
            None => NamedTempFile::new()?,
        };
        file.write_all(&bytes)?;
        Ok(file)
    });
    let written = written.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    written.map_err(|source| Error::File {
        path: std::env::temp_dir(),
        source,
        after_response: false,
    })
}

fn read_error(source: std::io::Error) -> Error {
    Error::File { path: "the reader".into(), source, after_response: false }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spool(at most {} bytes)", self.max_length)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::io::AsyncReadExt as _;

    use super::{Contents, MEMORY_LIMIT, Spool};

    fn spool(length: usize, max_length: u64) -> Spool {
        let reader = tokio::io::repeat(7).take(length as u64);
        Spool::new(Arc::new(Mutex::new(Some(Box::new(reader)))), max_length)
    }

    #[tokio::test]
    async fn a_long_image_is_written_to_a_temporary_file_that_goes_with_its_last_user() {
        let small = spool(MEMORY_LIMIT, u64::MAX);
        assert!(matches!(small.contents().await.unwrap(), Contents::Memory(_)));

        let length = MEMORY_LIMIT * 2 + 5;
        let large = spool(length, u64::MAX);
        let Contents::File(path, stated) = large.contents().await.unwrap() else {
            panic!("a large image must not be kept in memory");
        };
        assert_eq!(*stated, length as u64);
        let path = path.to_path_buf();
        assert_eq!(std::fs::read(&path).unwrap(), vec![7; length]);
        let clone = large.clone();
        drop(large);
        assert_eq!(clone.contents().await.unwrap().length(), length as u64);
        drop(clone);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_reader_with_too_many_bytes_is_an_error_and_is_not_read_again() {
        let spool = spool(11, 10);
        for expected in ["more than the 10 bytes", "was read before"] {
            let error = spool.contents().await.map(Contents::length).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
