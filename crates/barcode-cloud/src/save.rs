//! A safe way of bytes to disk: written beside the target and renamed, so that no half file is ever seen, and none is
//! left when the writing stops. It is on disk before it is renamed, and the rename before it is told as done: after a
//! crash there stands the old file or the new one, whole. A symbolic link is followed: the file that it leads to is
//! replaced, not the link.

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
    /// Where it comes to stand: `path`, or what that links to.
    target: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file that will stand at `path`, in place of what stands there.
    pub(crate) async fn create(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let link = path.clone();
        let made = blocking(move || {
            let target = target(&link)?;
            Ok((temporary(&target)?, target))
        });
        let (made, target) = made.await.map_err(in_file(&path))?;
        let (file, beside) = made.into_parts();
        Ok(Self {
            file: File::from_std(file),
            beside,
            target,
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
        self.file.sync_all().await.map_err(in_file(&self.path))?;
        let (beside, target) = (self.beside, self.target);
        let renamed = blocking(move || {
            beside.persist(&target)?;
            sync_folder(&target)
        });
        let renamed = renamed.await;
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
    let written = target(path).and_then(|target| {
        let mut file = temporary(&target)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&target)?;
        sync_folder(&target)
    });
    written.map_err(in_file(path))
}

/// What a file at `path` is: where that is a symbolic link, the file that it leads to. One that leads nowhere is an error.
fn target(path: &Path) -> io::Result<PathBuf> {
    match path.symlink_metadata() {
        Ok(there) if there.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}

/// The folder that a new file at `path` stands in.
fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Puts the names in the folder of `path` on disk, a new file's among them.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match std::fs::File::open(folder(path)) {
        Ok(folder) => folder.sync_all(),
        // One that can be written to but not read: the file is there all the same.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Elsewhere a folder cannot be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
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
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // As any new file: what the umask leaves of read and write for all.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".barcode-").tempfile_in(folder(path))
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
