//! `barcode recognize` and `barcode scan`: read images and print the values of their barcodes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use barcode_cloud::{
    Barcode, Barcodes, Client, DecodeBarcodeType, Error, ImageSource, RecognitionMode,
};
use clap::Args;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::arguments::{Output, Service};
use crate::{NOTHING_FOUND, connect, names, terminal};

#[derive(Args)]
pub(crate) struct Recognize {
    #[command(flatten)]
    images: Images,
    /// Barcode type to look for; may be repeated. Defaults to the most commonly used types
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Recognition mode, from the fastest to the most thorough: Fast, Normal or Excellent
    #[arg(long)]
    mode: Option<String>,
}

#[derive(Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    images: Images,
}

#[derive(Args)]
pub(crate) struct Images {
    /// Images: PNG, JPEG, GIF, TIFF or BMP files, http(s) URLs, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print each barcode as one line of JSON that includes its region and checksum
    #[arg(long)]
    json: bool,
}

/// The operation to run on each image, with parsed arguments.
enum Reader {
    Recognize {
        types: Vec<DecodeBarcodeType>,
        mode: Option<RecognitionMode>,
    },
    Scan,
}

/// Runs `barcode recognize`.
pub(crate) async fn recognize(
    service: Service,
    output: Output,
    arguments: Recognize,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let types = arguments.types.iter();
    let types = types.map(|name| names::parse("--type", name, DecodeBarcodeType::ALL));
    let mode = arguments.mode.as_deref();
    let mode = mode.map(|name| names::parse("--mode", name, RecognitionMode::ALL));
    let reader = Reader::Recognize {
        types: types.collect::<Result<_, _>>()?,
        mode: mode.transpose()?,
    };
    run(service, output, &reader, arguments.images, out).await
}

/// Runs `barcode scan`.
pub(crate) async fn scan(
    service: Service,
    output: Output,
    arguments: Scan,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    run(service, output, &Reader::Scan, arguments.images, out).await
}

/// Reads the images in order and prints the barcodes of each. Stops at the first image that cannot
/// be read.
async fn run(
    service: Service,
    output: Output,
    reader: &Reader,
    Images { files, json }: Images,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let connection = connect::connect(service).await?;
    let progress = terminal::progress(files.len());
    let mut code = ExitCode::SUCCESS;
    for file in &files {
        let name = file.display().to_string();
        let image = image(file).await?;
        let found = match reader.read(&connection.client, image).await {
            // The message of a file error already contains the path.
            Err(error @ Error::File { .. }) => return Err(error.into()),
            outcome => outcome.with_context(|| name.clone())?,
        };
        progress.suspend(|| print(out, &name, &found, json, files.len() > 1))?;
        if found.is_empty() {
            if !output.quiet {
                terminal::notice(&format!(
                    "no barcode found in {}",
                    terminal::printable(&name)
                ));
            }
            code = ExitCode::from(NOTHING_FOUND);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(code)
}

impl Reader {
    async fn read(&self, client: &Client, image: ImageSource) -> Result<Barcodes, Error> {
        match self {
            Self::Scan => client.scan(image).send().await,
            Self::Recognize { types, mode } => {
                let mut request = client.recognize(image).types(types.iter().copied());
                if let Some(mode) = mode {
                    request = request.mode(*mode);
                }
                request.send().await
            }
        }
    }
}

async fn image(file: &PathBuf) -> anyhow::Result<ImageSource> {
    let name = file.to_str().unwrap_or_default();
    if name == "-" {
        let mut bytes = Vec::new();
        tokio::io::stdin()
            .read_to_end(&mut bytes)
            .await
            .context("cannot read standard input")?;
        return Ok(bytes.into());
    }
    if name.starts_with("https://") || name.starts_with("http://") {
        return Ok(ImageSource::url(name));
    }
    Ok(Path::new(file).into())
}

fn print(
    out: &mut impl Write,
    name: &str,
    found: &[Barcode],
    json: bool,
    many: bool,
) -> std::io::Result<()> {
    for barcode in found {
        if json {
            let region: Vec<_> = barcode
                .region
                .iter()
                .map(|point| json!({"x": point.x, "y": point.y}))
                .collect();
            let line = json!({
                "file": name,
                "type": barcode.barcode_type.to_string(),
                "value": barcode.value,
                "region": region,
                "checksum": barcode.checksum,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        if many {
            write!(out, "{}: ", terminal::printable(name))?;
        }
        writeln!(
            out,
            "{}: {}",
            barcode.barcode_type,
            terminal::printable(&barcode.value)
        )?;
    }
    Ok(())
}
