//! `barcode generate`: writes a barcode image, draws it in the terminal, or generates one barcode
//! for each row of a file.

mod arguments;
mod batch;
mod data;
mod drawing;
mod options;
mod output;
mod viewer;

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use barcode_cloud::auth::TokenSource;
use barcode_cloud::{
    BarcodeImageFormat, Client, CodeLocation, EncodeBarcodeType, Generate, reqwest,
};
use barcode_cloud_sandbox::Sandbox;
use serde_json::json;

use crate::arguments::Service;
use crate::{connect, terminal};
use options::{BarcodeOptions, in_flags};
use output::Output;

pub(crate) use arguments::Generate as Arguments;

/// The width of a terminal if it is unknown.
const DEFAULT_COLUMNS: u16 = 80;

pub(crate) async fn run(
    service: Service,
    output: crate::arguments::Output,
    arguments: Arguments,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    if arguments.is_batch() {
        return batch::run(service, output.quiet, arguments, out).await;
    }
    one(service, arguments, out).await?;
    Ok(ExitCode::SUCCESS)
}

/// Generates one barcode.
async fn one(service: Service, arguments: Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    let (Some(barcode_type), Some(data)) = (arguments.barcode_type, arguments.data) else {
        // Unreachable: clap requires both without --from.
        bail!("TYPE and DATA are missing");
    };
    let mut options = arguments.options;
    let output = match arguments.output {
        None if arguments.open => Output::File(viewer::temporary_file(options.format())?),
        path => Output::new(path),
    };
    if (arguments.open || arguments.json) && output.file().is_none() {
        bail!("--open and --json need a file; use -o FILE");
    }
    output.prepare(&mut options, arguments.no_clobber)?;
    let format = options.format().unwrap_or(BarcodeImageFormat::Png);
    let data = data::read(&data).await?;
    let request = |client: &Client| -> anyhow::Result<Generate> {
        let mut options = options.clone();
        if matches!(output, Output::Terminal) {
            for_drawing(&mut options);
        }
        let request = options.request(client, barcode_type, data.clone())?;
        Ok(match arguments.unchecked {
            true => request.unchecked(),
            false => request,
        })
    };
    // Reports invalid arguments without credentials and without a network.
    request(&offline()?)?.check().map_err(in_flags)?;

    if matches!(output, Output::Terminal) {
        check_width(&request).await?;
    }
    let connection = connect::connect(service).await?;
    let request = request(&connection.client)?;
    if matches!(output, Output::Terminal) {
        let image = request.send().await?;
        let drawing = match draw(image.bytes()) {
            Ok(drawing) => drawing,
            // The image has been billed, so it is kept.
            Err(error) => {
                let path = viewer::temporary_file(None)?;
                image.save(&path).await?;
                return Err(error.context(format!("the image is in {}", path.display())));
            }
        };
        out.write_all(drawing.as_bytes())?;
        return Ok(out.flush()?);
    }
    let length = output.write(request, out).await?;
    let Some(path) = output.file() else {
        return Ok(());
    };
    if arguments.open {
        viewer::open(path)?;
    }
    report(path, barcode_type, format, length, arguments.json, out)
}

/// Prints where the image is.
fn report(
    path: &std::path::Path,
    barcode_type: EncodeBarcodeType,
    format: BarcodeImageFormat,
    length: u64,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let path = path.display().to_string();
    if json {
        let result = json!({
            "file": path,
            "type": barcode_type,
            "format": format,
            "bytes": length,
        });
        writeln!(out, "{result}")?;
    } else {
        let path = terminal::printable(&path);
        let format = format.to_string().to_uppercase();
        writeln!(out, "{path}: {barcode_type}, {length} bytes of {format}")?;
    }
    Ok(())
}

/// Selects an image from which the modules can be read exactly.
fn for_drawing(options: &mut BarcodeOptions) {
    let image = options.barcode_image_params.get_or_insert_default();
    image.image_format = Some(BarcodeImageFormat::Png);
    image.text_location = Some(CodeLocation::None);
}

/// Finds a drawing that is too wide before its request is billed: it draws the barcode of the
/// emulator.
async fn check_width(request: impl Fn(&Client) -> anyhow::Result<Generate>) -> anyhow::Result<()> {
    let sandbox = Sandbox::start().await?;
    let request = request(&connect::to_sandbox(&sandbox)?)?;
    let image = request.send().await.context(
        "the emulator cannot generate this barcode, so it is unknown whether its drawing fits into \
         the terminal; use -o FILE",
    )?;
    draw(image.bytes()).map(drop)
}

fn draw(image: &[u8]) -> anyhow::Result<String> {
    let size = console::Term::stdout().size_checked();
    let columns = size.map_or(DEFAULT_COLUMNS, |(_, columns)| columns);
    drawing::draw(image, columns.into(), terminal::allows_colors())
}

/// Returns a client that only checks requests. It loads no root certificates, which takes longer
/// than the check.
fn offline() -> anyhow::Result<Client> {
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy();
    let token = TokenSource::static_token("unused").build()?;
    let client = Client::builder().http(http.build()?).token_source(token);
    client.build().context("cannot check the arguments")
}
