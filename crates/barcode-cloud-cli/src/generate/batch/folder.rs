//! Creates folders that survive a crash of the system.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Creates a folder and those above it, and syncs their entries, unless it exists.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    folder.ancestors().skip(1).try_for_each(sync)
}

/// Syncs the entries of a folder to disk.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    // Elsewhere, a folder cannot be opened as a file.
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // The folder is not readable, which is not needed to create files in it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}
