//! Shows an image in the desktop's viewer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use barcode_cloud::BarcodeImageFormat;

/// The program that opens a file as a double click does.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(windows) {
    "explorer"
} else {
    "xdg-open"
};

/// Returns the path of a new file for an image that is only shown. The viewer reads it after this
/// program has ended, so it is left to the system to remove it.
pub(super) fn temporary_file(format: Option<BarcodeImageFormat>) -> anyhow::Result<PathBuf> {
    let format = format.unwrap_or(BarcodeImageFormat::Png).to_string();
    let extension = format!(".{}", format.to_lowercase());
    let file = tempfile::Builder::new()
        .prefix("barcode-")
        .suffix(&extension)
        .tempfile()
        .context("cannot create a temporary file; use -o FILE")?;
    Ok(file.into_temp_path().keep()?)
}

/// Opens `path` in the desktop's viewer.
pub(super) fn open(path: &Path) -> anyhow::Result<()> {
    let status = Command::new(OPENER).arg(path).stdin(Stdio::null()).status();
    let status = status.with_context(|| {
        format!("{} is written, but `{OPENER}` cannot be started", path.display())
    })?;
    // The explorer of Windows reports a failure even if it succeeds.
    if !status.success() && !cfg!(windows) {
        bail!("{} is written, but `{OPENER}` could not show it", path.display());
    }
    Ok(())
}
