//! Writes files atomically. The bytes are written to a temporary file in the target's folder, which
//! is synced and then renamed. Readers see either the old file or the whole new one, even after a
//! crash.
//!
//! An error or a dropped future removes the temporary file. A process that is killed while it
//! writes leaves it behind, named `.barcode-*`. `O_TMPFILE` would avoid that, but such a file
//! cannot replace an existing one: it would first have to be linked under a temporary name.
//!
//! A symbolic link is followed: the file that it points to is replaced, not the link.

use std::fs::Metadata;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::error::Error;

/// A new file that appears at its path when it is finished.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    temporary: TempPath,
    /// The path to replace: `path`, or the file that it links to.
    target: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Creates a temporary file that will replace the file at `path`.
    pub(crate) async fn create(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let link = path.clone();
        let created = blocking(move || {
            let target = target(&link)?;
            Ok((create_temporary(&target)?, target))
        });
        let (created, target) = created.await.map_err(in_file(&path))?;
        let (file, temporary) = created.into_parts();
        Ok(Self { file: File::from_std(file), temporary, target, path })
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(bytes).await;
        written.map_err(in_file(&self.path))
    }

    /// Syncs the file to disk and moves it to its path.
    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(in_file(&self.path))?;
        self.file.sync_all().await.map_err(in_file(&self.path))?;
        let (temporary, target) = (self.temporary, self.target);
        let renamed = blocking(move || {
            temporary.persist(&target)?;
            sync_folder(&target)
        });
        let renamed = renamed.await;
        renamed.map_err(in_file(&self.path))
    }
}

/// Writes a whole file to `path` on a thread for blocking work.
pub(crate) async fn whole(path: &Path, bytes: Bytes) -> Result<(), Error> {
    let target = path.to_owned();
    let written = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
    written.unwrap_or_else(|error| Err(in_file(path)(io::Error::other(error))))
}

/// Writes a whole file to `path`. Blocks the current thread.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = target(path).and_then(|target| {
        let mut file = create_temporary(&target)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&target)?;
        sync_folder(&target)
    });
    written.map_err(in_file(path))
}

/// Returns the path to replace: `path`, or the file that it links to. A dangling symbolic link is
/// an error.
fn target(path: &Path) -> io::Result<PathBuf> {
    require_file_name(path)?;
    match path.symlink_metadata() {
        Ok(existing) if existing.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}

/// Checks that the path ends with a file name. [`Path::file_name`] ignores the end of `folder/` and
/// `folder/.`.
fn require_file_name(path: &Path) -> io::Result<()> {
    let text = path.as_os_str().as_encoded_bytes();
    let ends_with_name =
        path.file_name().is_some_and(|name| text.ends_with(name.as_encoded_bytes()));
    if ends_with_name {
        return Ok(());
    }
    let reason = "the path does not end with a file name; add one";
    Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
}

/// Returns the folder of the file at `path`.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs the folder of `path`, so that the name of a new file is on disk too.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match std::fs::File::open(folder(path)) {
        Ok(folder) => folder.sync_all(),
        // The folder is writable but not readable. The file itself has been written.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Does nothing: on other platforms a folder cannot be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Creates a temporary file in the folder of `path`, with the permissions that the file at `path`
/// will have.
fn create_temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let replaced = replaced_file(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".barcode-");
    #[cfg(unix)]
    {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        if let Some(replaced) = replaced {
            let file = builder.tempfile_in(folder(path))?;
            // The set-user-ID and set-group-ID bits are dropped: they were granted to the old
            // content only.
            let mode = replaced.permissions().mode() & 0o777;
            let kept = Permissions::from_mode(mode);
            file.as_file().set_permissions(kept)?;
            return Ok(file);
        }
        // The default for new files: read and write for everyone, minus the umask.
        builder.permissions(Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    drop(replaced);
    builder.tempfile_in(folder(path))
}

/// Returns the metadata of the regular file at `path`, if it exists. It is an error if no file can
/// be written to `path`.
fn replaced_file(path: &Path) -> io::Result<Option<Metadata>> {
    match path.metadata() {
        Ok(existing) if existing.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // Renaming over a device or a pipe would replace it.
        Ok(existing) if !existing.is_file() => {
            let reason = "is not a regular file; save to another path and copy the file";
            Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
        }
        Ok(existing) => Ok(Some(existing)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // For example, the name is too long, or a parent is not a folder. The rename would fail for
        // the same reason.
        Err(error) => Err(error),
    }
}

/// Checks that a file can be written at `path`, before a request whose image is saved there is sent
/// and billed.
pub(crate) async fn check(path: &Path) -> Result<(), Error> {
    match NewFile::create(path).await {
        Err(Error::File { path, source, .. }) => {
            Err(Error::File { path, source, after_response: false })
        }
        outcome => outcome.map(drop),
    }
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File { path: path.to_owned(), source, after_response: true }
}
