//! `barcode demo`: runs all nine operations for several symbologies against an embedded sandbox.
//! Saves every image, reads it back, and compares the values.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use barcode_cloud::{Barcode, BarcodeImageFormat, Client, DecodeBarcodeType, EncodeBarcodeType};
use barcode_cloud_sandbox::Sandbox;
use clap::Args;

use crate::{connect, terminal};

mod forms;

use self::forms::Form;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Directory for the images
    #[arg(long, value_name = "DIR", default_value = "barcode-demo")]
    out: PathBuf,
}

/// A barcode to generate, and the type that it is recognized as.
struct Sample {
    barcode_type: EncodeBarcodeType,
    reads_as: DecodeBarcodeType,
    value: &'static str,
}

const SAMPLES: [Sample; 6] = [
    Sample {
        barcode_type: EncodeBarcodeType::Qr,
        reads_as: DecodeBarcodeType::Qr,
        value: "Hello, world",
    },
    Sample {
        barcode_type: EncodeBarcodeType::Aztec,
        reads_as: DecodeBarcodeType::Aztec,
        value: "Boarding pass 12A",
    },
    Sample {
        barcode_type: EncodeBarcodeType::DataMatrix,
        reads_as: DecodeBarcodeType::DataMatrix,
        value: "Part 4711-B",
    },
    Sample {
        barcode_type: EncodeBarcodeType::Pdf417,
        reads_as: DecodeBarcodeType::Pdf417,
        value: "Ticket 2026/000042",
    },
    Sample {
        barcode_type: EncodeBarcodeType::Code128,
        reads_as: DecodeBarcodeType::Code128,
        value: "PARCEL-0042",
    },
    Sample {
        barcode_type: EncodeBarcodeType::Ean13,
        reads_as: DecodeBarcodeType::Ean13,
        value: "4006381333931",
    },
];

/// The three forms of an operation, each with a different image format, so that three formats are
/// read back.
const FORMS: [(Form, BarcodeImageFormat, &str); 3] = [
    (Form::Query, BarcodeImageFormat::Png, "png"),
    (Form::Body, BarcodeImageFormat::Jpeg, "jpg"),
    (Form::Multipart, BarcodeImageFormat::Gif, "gif"),
];

/// A call, as a row of the table.
struct Row {
    operation: &'static str,
    barcode_type: EncodeBarcodeType,
    bytes: usize,
    time: Duration,
    /// The value that was read or, for a generated image, where it was saved.
    result: String,
    /// Whether the value that was read equals the value that was written.
    equal: bool,
}

pub(crate) async fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    let folder = arguments.out;
    tokio::fs::create_dir_all(&folder)
        .await
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let sandbox = Sandbox::start().await?;
    let client = connect::to_sandbox(&sandbox)?;
    let started = Instant::now();
    let token = client.token_source().token().await?;
    writeln!(
        out,
        "sandbox at {}\ntoken obtained in {} ms, expires in {} s\n",
        sandbox.base_url(),
        terminal::milliseconds(started.elapsed()),
        token.remaining().unwrap_or_default().as_secs()
    )?;
    writeln!(out, "{:<20} {:<11} {:>6} {:>7}  value read", "operation", "type", "bytes", "ms")?;

    let progress = terminal::progress(SAMPLES.len() * FORMS.len() * 3);
    let mut differing = 0;
    for sample in &SAMPLES {
        for form in FORMS {
            for row in exercise(&sandbox, &client, sample, form, &folder).await? {
                differing += usize::from(!row.equal);
                progress.suspend(|| print(out, &row))?;
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    let calls = SAMPLES.len() * FORMS.len() * 3;
    if differing > 0 {
        bail!(
            "{differing} of {calls} calls returned a value that differs from the one that was written"
        );
    }
    writeln!(
        out,
        "\n{calls} calls of nine operations: every value read equals the value written. The images are in {}.",
        folder.display()
    )?;
    // Cargo sets this variable for the programs that it runs, which are not in the search path.
    let program = match std::env::var_os("CARGO") {
        Some(_) => "cargo run --",
        None => "barcode",
    };
    writeln!(out, "Next: {program} --sandbox generate QR \"Hello, world\" -o hello.png")?;
    Ok(())
}

/// Generates `sample` with one form, saves the image, and reads it back with the recognize and scan
/// operations of that form.
async fn exercise(
    sandbox: &Sandbox,
    client: &Client,
    sample: &Sample,
    (form, format, extension): (Form, BarcodeImageFormat, &str),
    folder: &Path,
) -> anyhow::Result<[Row; 3]> {
    let path = folder.join(format!("{}.{extension}", sample.barcode_type).to_lowercase());
    let [generate, recognize, scan] = form.operation_names();

    let started = Instant::now();
    let image = form.generate(client, sample.barcode_type, sample.value, format).await?;
    let time = started.elapsed();
    tokio::fs::write(&path, &image)
        .await
        .with_context(|| format!("cannot write {}", path.display()))?;
    let generated = Row {
        operation: generate,
        barcode_type: sample.barcode_type,
        bytes: image.len(),
        time,
        result: format!("saved as {}", path.display()),
        equal: true,
    };

    // In the query form, the service downloads the image from a URL. The sandbox uses this file for
    // that URL.
    let url = format!("https://pictures.example/{}", path.display());
    sandbox.url_file(url.as_str(), path.as_path());
    let source = forms::Source { path: &path, url: &url };
    let started = Instant::now();
    let found = form.recognize(client, &source, sample.reads_as).await?;
    let recognized = read(recognize, sample, image.len(), started.elapsed(), &found);

    let started = Instant::now();
    let found = form.scan(client, &source).await?;
    let scanned = read(scan, sample, image.len(), started.elapsed(), &found);
    Ok([generated, recognized, scanned])
}

fn read(
    operation: &'static str,
    sample: &Sample,
    bytes: usize,
    time: Duration,
    found: &[Barcode],
) -> Row {
    let values: Vec<_> = found.iter().map(|barcode| terminal::printable(&barcode.value)).collect();
    let equal = values == [sample.value] && found[0].barcode_type == sample.reads_as;
    let result =
        if equal { values.join(", ") } else { format!("{values:?} INSTEAD OF {:?}", sample.value) };
    Row { operation, barcode_type: sample.barcode_type, bytes, time, result, equal }
}

fn print(out: &mut impl Write, row: &Row) -> std::io::Result<()> {
    let Row { operation, barcode_type, bytes, time, result, .. } = row;
    let time = terminal::milliseconds(*time);
    writeln!(out, "{operation:<20} {:<11} {bytes:>6} {time:>7}  {result}", barcode_type.to_string())
}
