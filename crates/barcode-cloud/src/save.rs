//! A safe way of bytes to disk: written beside the target and renamed, so that no half file is ever seen, and none is
//! left when the writing stops.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::Error;

/// A file that comes to be at its path when it is whole.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    beside: TempPath,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file that will stand at `path`, in place of what stands there.
    pub(crate) async fn create(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let target = path.clone();
        let made = blocking(move || temporary(&target)).await;
        let (file, beside) = made.map_err(in_file(&path))?.into_parts();
        Ok(Self {
            file: File::from_std(file),
            beside,
            path,
        })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes).await;
        written.map_err(in_file(&self.path))
    }

    /// Puts the file at its path.
    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(in_file(&self.path))?;
        let target = self.path.clone();
        let beside = self.beside;
        let renamed = blocking(move || beside.persist(target).map_err(io::Error::from)).await;
        renamed.map_err(in_file(&self.path))
    }
}

/// Writes a whole file to `path`, beside what a runtime does.
pub(crate) async fn whole(path: &Path, bytes: Bytes) -> Result<(), Error> {
    let target = path.to_owned();
    let written = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
    written.unwrap_or_else(|stopped| Err(in_file(path)(io::Error::other(stopped))))
}

/// Writes a whole file to `path` at once.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = temporary(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.persist(path).map_err(io::Error::from)
    });
    written.map(drop).map_err(in_file(path))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}

fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    if path.file_name().is_none() {
        let reason = "the path names no file; end it with a file's name";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    match path.metadata() {
        Ok(there) if there.is_dir() => {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        // To rename over a device or a pipe would be to replace it.
        Ok(there) if !there.is_file() => {
            let reason = "is no regular file; write to another path and copy from there";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        // A path that the system cannot even look at.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
        _ => {}
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // As any new file: what the umask leaves of read and write for all.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".barcode-").tempfile_in(folder)
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
