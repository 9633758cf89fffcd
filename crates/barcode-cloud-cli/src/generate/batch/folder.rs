//! Creates folders that survive a crash of the system, and removes temporary files in them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use walkdir::WalkDir;

/// Creates a folder and those above it, and syncs their entries, unless it exists.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    folder.ancestors().skip(1).try_for_each(sync)
}

/// Removes the temporary files that a run left behind when it was killed while it wrote images.
/// They do no harm, so an error is ignored.
pub(super) fn remove_temporary_files(folder: &Path) {
    let files = WalkDir::new(folder).into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file());
    for file in files.filter(|file| is_temporary(file.file_name())) {
        let _ = fs::remove_file(file.path());
    }
}

/// Returns whether this is the name of a temporary file of `Image::save`.
fn is_temporary(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(".barcode-"));
    random.is_some_and(|random| random.len() == 6 && random.chars().all(char::is_alphanumeric))
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
