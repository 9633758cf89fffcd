//! `barcode generate`: draws a barcode into a file or to standard output.

use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use barcode_cloud::{
    BarcodeImageFormat, BarcodeImageParams, CodeLocation, Data, EncodeBarcodeType,
};
use tokio::io::AsyncReadExt as _;

use crate::arguments::{Generate, Service};
use crate::{connect, names, terminal};

pub(crate) async fn run(
    service: Service,
    arguments: Generate,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let barcode_type = names::parse("TYPE", &arguments.barcode_type, EncodeBarcodeType::ALL)?;
    let format = format(&arguments)?;
    let image = image_params(&arguments, format)?;
    if arguments.output.is_none() && std::io::stdout().is_terminal() {
        bail!("a picture is no text for a terminal: give -o FILE, or redirect the output");
    }
    let data = data(arguments.data).await?;
    let connection = connect::connect(service).await?;
    let request = connection.client.generate(barcode_type, data).render(image);
    match arguments.output {
        Some(path) => {
            // Checks the path before the request is sent and billed.
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

/// The format that is asked for, or that the file's ending names.
fn format(arguments: &Generate) -> anyhow::Result<Option<BarcodeImageFormat>> {
    match (&arguments.format, &arguments.output) {
        (Some(name), _) => names::parse("--format", name, BarcodeImageFormat::ALL).map(Some),
        (None, Some(path)) => format_of(path).map(Some),
        (None, None) => Ok(None),
    }
}

fn image_params(
    arguments: &Generate,
    format: Option<BarcodeImageFormat>,
) -> anyhow::Result<BarcodeImageParams> {
    let text = arguments.text.as_deref();
    Ok(BarcodeImageParams {
        image_format: format,
        text_location: text
            .map(|name| names::parse("--text", name, CodeLocation::ALL))
            .transpose()?,
        foreground_color: arguments.foreground.clone(),
        background_color: arguments.background.clone(),
        image_width: arguments.width,
        image_height: arguments.height,
        resolution: arguments.resolution,
        rotation_angle: arguments.rotation,
        units: None,
    })
}

/// The format that the file's ending names.
fn format_of(path: &Path) -> anyhow::Result<BarcodeImageFormat> {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "png" => Ok(BarcodeImageFormat::Png),
        "jpg" | "jpeg" => Ok(BarcodeImageFormat::Jpeg),
        "svg" => Ok(BarcodeImageFormat::Svg),
        "tif" | "tiff" => Ok(BarcodeImageFormat::Tiff),
        "gif" => Ok(BarcodeImageFormat::Gif),
        _ => bail!(
            "{}: its ending names no format; end it in .png, .jpg, .svg, .tiff or .gif, or give --format",
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
        .context("standard input")?;
    // What is no text goes as bytes; the barcode says the same either way.
    Ok(String::from_utf8(bytes).map_or_else(|error| error.into_bytes().into(), Data::from))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use barcode_cloud::BarcodeImageFormat;

    use super::format_of;

    #[test]
    fn the_ending_chooses_the_format() {
        assert_eq!(
            format_of(Path::new("a.b/c.JPG")).unwrap(),
            BarcodeImageFormat::Jpeg
        );
        for path in ["label", "label.bmp", ".png"] {
            let error = format_of(Path::new(path)).unwrap_err().to_string();
            assert!(error.contains("names no format"), "{error}");
        }
    }
}
