//! Writes a file to disk safely. The bytes go to a temporary file in the target's folder, which is synced and then renamed,
//! so that readers see the old file or the whole new one, after a crash too. An error or a dropped future removes the
//! temporary file; a process that is killed while it writes leaves it behind, named `.barcode-*`.
//!
//! `O_TMPFILE` would not leave it, but such a file cannot replace an existing one: it has to be linked under a temporary
//! name first.
//!
//! A symbolic link is followed: the file that it leads to is replaced, not the link.

use std::fs::Metadata;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use crate::Error;

/// A file that appears at its path when it is finished.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    beside: TempPath,
    /// The file that is replaced: `path`, or the one that it links to.
    target: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file at `path`, which replaces the file that is there.
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

/// The file that is written for `path`: where that is a symbolic link, the file that it leads to. A link that leads nowhere
/// is an error.
fn target(path: &Path) -> io::Result<PathBuf> {
    names_a_file(path)?;
    match path.symlink_metadata() {
        Ok(existing) if existing.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}

/// Checks that the path ends with the name of a file: `Path` ignores the end of `folder/` and `folder/.`.
fn names_a_file(path: &Path) -> io::Result<()> {
    let text = path.as_os_str().as_encoded_bytes();
    let ends_with_name = path
        .file_name()
        .is_some_and(|name| text.ends_with(name.as_encoded_bytes()));
    if ends_with_name {
        return Ok(());
    }
    let reason = "the path names no file; end it with a file's name";
    Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
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

/// A temporary file in the folder of `path`, with the permissions that the file at `path` will have.
fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let replaced = replaced(path)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".barcode-");
    #[cfg(unix)]
    {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;
        if let Some(replaced) = replaced {
            let file = builder.tempfile_in(folder(path))?;
            // Without the set-user-ID and set-group-ID bits: the new content was not granted them.
            let mode = replaced.permissions().mode() & 0o777;
            let kept = Permissions::from_mode(mode);
            file.as_file().set_permissions(kept)?;
            return Ok(file);
        }
        // Read and write for all, less the umask, as for any new file.
        builder.permissions(Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    drop(replaced);
    builder.tempfile_in(folder(path))
}

/// The regular file that a new file at `path` replaces, if there is one; an error where none can be written to `path`.
fn replaced(path: &Path) -> io::Result<Option<Metadata>> {
    match path.metadata() {
        Ok(existing) if existing.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        // Renaming over a device or a pipe would replace it.
        Ok(existing) if !existing.is_file() => {
            let reason = "is no regular file; write to another path and copy from there";
            Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
        }
        Ok(existing) => Ok(Some(existing)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // The name is too long, or a parent is not a folder: the rename would fail for the same reason.
        Err(error) => Err(error),
    }
}

fn in_file(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
