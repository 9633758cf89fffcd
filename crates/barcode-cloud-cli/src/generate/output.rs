//! Where the image goes, and in which format.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use barcode_cloud::{BarcodeImageFormat, Generate};

use super::options::BarcodeOptions;

/// Where the image goes.
pub(super) enum Output {
    /// It is drawn in the terminal.
    Terminal,
    Stdout,
    /// It replaces a regular file, or creates one.
    File(PathBuf),
    /// It is written to a device or a pipe, which cannot be replaced.
    Device(PathBuf),
}

impl Output {
    /// Returns the output for the argument of `-o`.
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        let Some(path) = path else {
            return match std::io::stdout().is_terminal() {
                true => Self::Terminal,
                false => Self::Stdout,
            };
        };
        if path == Path::new("-") || path == Path::new("/dev/stdout") {
            return Self::Stdout;
        }
        match path.metadata() {
            Ok(found) if !found.is_file() && !found.is_dir() => Self::Device(path),
            _ => Self::File(path),
        }
    }

    /// Returns the path of the regular file.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            _ => None,
        }
    }

    /// Determines the format and checks the output, before anything is sent.
    pub(super) fn prepare(
        &self,
        options: &mut BarcodeOptions,
        no_clobber: bool,
    ) -> anyhow::Result<()> {
        match self {
            Self::Terminal if options.barcode_image_params.is_some() => bail!(
                "the options of an image have no effect on a drawing in the terminal; use -o FILE"
            ),
            Self::File(path) if no_clobber && path.symlink_metadata().is_ok() => {
                bail!("{}: already exists (--no-clobber)", path.display())
            }
            Self::File(path) => select_format(path, options),
            _ => Ok(()),
        }
    }

    /// Sends the request and writes the image. Returns the number of bytes.
    pub(super) async fn write(
        &self,
        request: Generate,
        out: &mut impl Write,
    ) -> anyhow::Result<u64> {
        match self {
            // `save` checks the path before it sends the request, because each request is billed.
            Self::File(path) => Ok(request.save(path).await?.length()),
            Self::Device(path) => {
                let in_path = || path.display().to_string();
                let device = std::fs::OpenOptions::new().write(true).open(path);
                let mut device = device.with_context(in_path)?;
                let image = request.send().await?;
                device.write_all(image.bytes()).with_context(in_path)?;
                Ok(image.bytes().len() as u64)
            }
            Self::Terminal | Self::Stdout => {
                let image = request.send().await?;
                out.write_all(image.bytes())?;
                out.flush()?;
                Ok(image.bytes().len() as u64)
            }
        }
    }
}

/// Sets the format that the extension of `path` selects. It is an error if another one is set.
pub(super) fn select_format(path: &Path, options: &mut BarcodeOptions) -> anyhow::Result<()> {
    match (format_of(path), options.format()) {
        (Some(format), None) => {
            let image = options.barcode_image_params.get_or_insert_default();
            image.image_format = Some(format);
            Ok(())
        }
        (Some(extension), Some(format)) if extension != format => bail!(
            "{}: the file extension selects {extension}, but --format is {format}; change one of them",
            path.display()
        ),
        (_, Some(_)) => Ok(()),
        (None, None) => bail!(
            "{}: the file extension does not select an image format; use .png, .jpg, .svg, .tiff or .gif, or --format",
            path.display()
        ),
    }
}

/// Returns the format that the extension of `path` selects.
fn format_of(path: &Path) -> Option<BarcodeImageFormat> {
    let extension = path.extension()?.to_str()?;
    match extension.to_ascii_lowercase().as_str() {
        "png" => Some(BarcodeImageFormat::Png),
        "jpg" | "jpeg" => Some(BarcodeImageFormat::Jpeg),
        "svg" => Some(BarcodeImageFormat::Svg),
        "tif" | "tiff" => Some(BarcodeImageFormat::Tiff),
        "gif" => Some(BarcodeImageFormat::Gif),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use barcode_cloud::BarcodeImageFormat;

    use super::{BarcodeOptions, format_of, select_format};

    #[test]
    fn the_file_extension_selects_the_format() {
        for format in BarcodeImageFormat::ALL {
            let path = format!("a.b/c.{}", format.to_string().to_uppercase());
            assert_eq!(format_of(Path::new(&path)), Some(*format));
        }
        for path in ["label", "label.bmp", ".png"] {
            let error = select_format(Path::new(path), &mut BarcodeOptions::default());
            let error = error.unwrap_err().to_string();
            assert!(error.contains("does not select an image format"), "{error}");
        }
    }
}
