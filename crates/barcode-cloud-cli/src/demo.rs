//! `barcode demo`: all nine operations against an embedded sandbox, on several symbologies. Every image is saved and
//! read back, and every value is compared with what was written.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use barcode_cloud::{Barcode, BarcodeImageFormat, Client, DecodeBarcodeType, EncodeBarcodeType};
use barcode_cloud_sandbox::Sandbox;

use crate::arguments::Demo;
use crate::{connect, terminal};

mod forms;

use self::forms::Form;

/// A barcode to draw, and the type it is read as.
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

/// The three forms of an operation, and a format for each, so that three kinds of images are read back.
const FORMS: [(Form, BarcodeImageFormat, &str); 3] = [
    (Form::Query, BarcodeImageFormat::Png, "png"),
    (Form::Body, BarcodeImageFormat::Jpeg, "jpg"),
    (Form::Multipart, BarcodeImageFormat::Gif, "gif"),
];

/// One call as the table shows it.
struct Row {
    operation: &'static str,
    barcode_type: EncodeBarcodeType,
    bytes: usize,
    time: Duration,
    /// What was read, and whether it is what was written; for a drawing, where it was saved.
    result: String,
    equal: bool,
}

pub(crate) async fn run(arguments: Demo, out: &mut impl Write) -> anyhow::Result<()> {
    let folder = arguments.out;
    tokio::fs::create_dir_all(&folder)
        .await
        .with_context(|| folder.display().to_string())?;
    let sandbox = Sandbox::start().await?;
    let client = connect::to_sandbox(&sandbox)?;
    let started = Instant::now();
    let token = client.token_source().token().await?;
    writeln!(
        out,
        "sandbox at {}\ntoken obtained in {} ms, good for {} s\n",
        sandbox.base_url(),
        terminal::milliseconds(started.elapsed()),
        token.remaining().unwrap_or_default().as_secs()
    )?;
    writeln!(
        out,
        "{:<20} {:<11} {:>6} {:>7}  value read",
        "operation", "type", "bytes", "ms"
    )?;

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
        bail!("{differing} of {calls} calls read another value than was written");
    }
    writeln!(
        out,
        "\n{calls} calls, nine operations, every value read equals the value written. Pictures are in {}.",
        folder.display()
    )?;
    writeln!(
        out,
        "Next: barcode --sandbox generate QR \"Hello, world\" -o hello.png"
    )?;
    Ok(())
}

/// Generates `sample` in one form, saves it, and reads it back with both reading operations of that form.
async fn exercise(
    sandbox: &Sandbox,
    client: &Client,
    sample: &Sample,
    (form, format, ending): (Form, BarcodeImageFormat, &str),
    folder: &Path,
) -> anyhow::Result<[Row; 3]> {
    let path = folder.join(format!("{}.{ending}", sample.barcode_type).to_lowercase());
    let [generate, recognize, scan] = form.operation_names();

    let started = Instant::now();
    let image = form
        .generate(client, sample.barcode_type, sample.value, format)
        .await?;
    let time = started.elapsed();
    tokio::fs::write(&path, &image)
        .await
        .with_context(|| path.display().to_string())?;
    let drawn = Row {
        operation: generate,
        barcode_type: sample.barcode_type,
        bytes: image.len(),
        time,
        result: format!("saved as {}", path.display()),
        equal: true,
    };

    // The sandbox serves the file at this URL to the forms that let the service fetch the image.
    let url = format!("https://pictures.example/{}", path.display());
    sandbox.url_file(url.as_str(), path.as_path());
    let source = forms::Source {
        path: &path,
        url: &url,
    };
    let started = Instant::now();
    let found = form.recognize(client, &source, sample.reads_as).await?;
    let recognized = read(recognize, sample, image.len(), started.elapsed(), &found);

    let started = Instant::now();
    let found = form.scan(client, &source).await?;
    let scanned = read(scan, sample, image.len(), started.elapsed(), &found);
    Ok([drawn, recognized, scanned])
}

fn read(
    operation: &'static str,
    sample: &Sample,
    bytes: usize,
    time: Duration,
    found: &[Barcode],
) -> Row {
    let values: Vec<_> = found
        .iter()
        .map(|barcode| terminal::printable(&barcode.value))
        .collect();
    let equal = values == [sample.value] && found[0].barcode_type == sample.reads_as;
    let result = if equal {
        values.join(", ")
    } else {
        format!("{values:?} INSTEAD OF {:?}", sample.value)
    };
    Row {
        operation,
        barcode_type: sample.barcode_type,
        bytes,
        time,
        result,
        equal,
    }
}

fn print(out: &mut impl Write, row: &Row) -> std::io::Result<()> {
    let Row {
        operation,
        barcode_type,
        bytes,
        time,
        result,
        ..
    } = row;
    let time = terminal::milliseconds(*time);
    writeln!(
        out,
        "{operation:<20} {:<11} {bytes:>6} {time:>7}  {result}",
        barcode_type.to_string()
    )
}
