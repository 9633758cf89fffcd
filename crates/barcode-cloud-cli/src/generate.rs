//! `barcode generate`: writes a barcode image to a file or to standard output.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use barcode_cloud::{
    BarcodeImageFormat, BarcodeImageParams, CodeLocation, Data, EncodeBarcodeType,
};
use clap::Args;
use tokio::io::AsyncReadExt as _;

use crate::arguments::Service;
use crate::{connect, names, terminal};

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode generate QR \"Hello, world\" -o hello.png
  barcode generate Code128 PARCEL-0042 -o label.svg --foreground DarkBlue
  printf 'long text' | barcode generate Pdf417 - -o ticket.gif", after_long_help = types_help())]
pub(crate) struct Arguments {
    /// Barcode type, such as QR, Code128 or EAN13 (case-insensitive). `--help` lists all types
    #[arg(value_name = "TYPE")]
    barcode_type: String,
    /// Data to encode; `-` reads it from standard input
    data: String,
    /// Output file; its extension selects the image format. Defaults to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Image format: Png, Jpeg, Svg, Tiff or Gif
    #[arg(long)]
    format: Option<String>,
    /// Bar colour: a name or #RRGGBB
    #[arg(long, value_name = "COLOR")]
    foreground: Option<String>,
    /// Background colour: a name or #RRGGBB
    #[arg(long, value_name = "COLOR")]
    background: Option<String>,
    /// Image width in pixels
    #[arg(long, value_name = "PIXELS")]
    width: Option<f32>,
    /// Image height in pixels
    #[arg(long, value_name = "PIXELS")]
    height: Option<f32>,
    /// Resolution in dots per inch, from 1 to 100000
    #[arg(long, value_name = "DPI")]
    resolution: Option<f32>,
    /// Angle in degrees by which to rotate the image
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    rotation: Option<i32>,
    /// Position of the human-readable text: Below, Above or None
    #[arg(long, value_name = "POSITION")]
    text: Option<String>,
    /// Send the data even if the barcode type cannot hold it. The service drops or corrects it
    #[arg(long)]
    unchecked: bool,
}

fn types_help() -> String {
    let names: Vec<_> = barcode_cloud::EncodeBarcodeType::ALL
        .iter()
        .map(ToString::to_string)
        .collect();
    format!("Types: {}", names.join(", "))
}

pub(crate) async fn run(
    service: Service,
    arguments: Arguments,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let barcode_type = names::parse("TYPE", &arguments.barcode_type, EncodeBarcodeType::ALL)?;
    let format = format(&arguments)?;
    let image = image_params(&arguments, format)?;
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        bail!("refusing to write an image to a terminal: use -o FILE or redirect the output");
    }
    let data = data(arguments.data).await?;
    let connection = connect::connect(service).await?;
    let mut request = connection.client.generate(barcode_type, data).render(image);
    if arguments.unchecked {
        request = request.unchecked();
    }
    match arguments.output {
        Some(path) => {
            // `save` checks the path before it sends the request, because each request is billed.
            let length = request.save(&path).await?;
            let path = terminal::printable(&path.display().to_string());
            let format = format.unwrap_or(BarcodeImageFormat::Png).to_string();
            let format = format.to_uppercase();
            writeln!(out, "{path}: {barcode_type}, {length} bytes of {format}")?;
        }
        None => {
            out.write_all(request.send().await?.bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Returns the format from `--format`, or else the format that the extension of the output file
/// selects.
fn format(arguments: &Arguments) -> anyhow::Result<Option<BarcodeImageFormat>> {
    match (&arguments.format, &arguments.output) {
        (Some(name), _) => names::parse("--format", name, BarcodeImageFormat::ALL).map(Some),
        (None, Some(path)) => format_of(path).map(Some),
        (None, None) => Ok(None),
    }
}

fn image_params(
    arguments: &Arguments,
    format: Option<BarcodeImageFormat>,
) -> anyhow::Result<BarcodeImageParams> {
    let text = arguments.text.as_deref();
    let mut params = BarcodeImageParams::new();
    params.image_format = format;
    params.text_location = text
        .map(|name| names::parse("--text", name, CodeLocation::ALL))
        .transpose()?;
    params.foreground_color.clone_from(&arguments.foreground);
    params.background_color.clone_from(&arguments.background);
    params.image_width = arguments.width;
    params.image_height = arguments.height;
    params.resolution = arguments.resolution;
    params.rotation_angle = arguments.rotation;
    Ok(params)
}

/// Returns the format that the extension of `path` selects.
fn format_of(path: &Path) -> anyhow::Result<BarcodeImageFormat> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "png" => Ok(BarcodeImageFormat::Png),
        "jpg" | "jpeg" => Ok(BarcodeImageFormat::Jpeg),
        "svg" => Ok(BarcodeImageFormat::Svg),
        "tif" | "tiff" => Ok(BarcodeImageFormat::Tiff),
        "gif" => Ok(BarcodeImageFormat::Gif),
        _ => bail!(
            "{}: the file extension does not select an image format; use .png, .jpg, .svg, .tiff or .gif, or --format",
            path.display()
        ),
    }
}

async fn data(argument: String) -> anyhow::Result<Data> {
    if argument != "-" {
        return Ok(argument.into());
    }
    let mut bytes = Vec::new();
    tokio::io::stdin()
        .read_to_end(&mut bytes)
        .await
        .context("cannot read standard input")?;
    // Input that is not UTF-8 is sent as bytes. The encoded data is the same in both cases.
    Ok(String::from_utf8(bytes).map_or_else(|error| error.into_bytes().into(), Data::from))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use barcode_cloud::BarcodeImageFormat;

    use super::format_of;

    #[test]
    fn the_file_extension_selects_the_format() {
        assert_eq!(
            format_of(Path::new("a.b/c.JPG")).unwrap(),
            BarcodeImageFormat::Jpeg
        );
        for path in ["label", "label.bmp", ".png"] {
            let error = format_of(Path::new(path)).unwrap_err().to_string();
            assert!(error.contains("does not select an image format"), "{error}");
        }
    }
}
