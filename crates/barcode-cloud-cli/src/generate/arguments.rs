//! The arguments of `barcode generate`.

use std::path::PathBuf;

use barcode_cloud::EncodeBarcodeType;
use clap::Args;

use super::batch::Batch;
use super::options::BarcodeOptions;
use crate::names;

#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Generate {
    /// Barcode type, such as qr, code128 or gs1-128. `barcode types` lists all types
    #[arg(value_name = "TYPE", value_parser = barcode_type, required_unless_present = "from")]
    pub(super) barcode_type: Option<EncodeBarcodeType>,
    /// Data to encode. `-` reads it from standard input, and `@FILE` from a file; `@@` stands for a
    /// single `@`
    #[arg(
        value_name = "DATA",
        required_unless_present = "from",
        conflicts_with = "from",
        allow_hyphen_values = true
    )]
    pub(super) data: Option<String>,
    /// Output file, whose extension selects the format. `-` is standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "from", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,
    /// Do not replace an existing file
    #[arg(long, requires = "output", help_heading = "Output")]
    pub(super) no_clobber: bool,
    /// Show the image in the desktop's viewer
    #[arg(long, conflicts_with = "from", help_heading = "Output")]
    pub(super) open: bool,
    /// Print the result as a JSON document
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    /// Send the data even if the barcode type cannot hold it. The service drops or corrects it
    #[arg(long, help_heading = "Data")]
    pub(super) unchecked: bool,
    #[command(flatten)]
    pub(super) options: BarcodeOptions,
    #[command(flatten)]
    pub(super) batch: Batch,
}

impl Generate {
    /// Returns whether a barcode is generated for each row of a file.
    pub(crate) fn is_batch(&self) -> bool {
        self.batch.from.is_some()
    }
}

const EXAMPLES: &str = "\
Examples:
  One barcode:
    barcode generate qr \"Hello, world\"                   # draws it in the terminal
    barcode generate code128 PARCEL-0042 -o label.svg --foreground DarkBlue
    barcode generate qr @ticket.json -o ticket.png --qr-error-level H --open
    printf 'long text' | barcode generate pdf417 - > ticket.png
    barcode generate code39 -- -42-

  One barcode for each row of a file, with the columns `type` and `data`:
    barcode generate --from labels.csv --out-dir labels --dry-run
    barcode generate --from labels.csv --out-dir labels --name '{id}.png'
    barcode generate --from labels.csv --out-dir labels --name '{id}.png' --resume
    barcode generate ean13 --from products.jsonl --out-dir ean --name '{shop}/{sku}.svg'";

fn barcode_type(text: &str) -> anyhow::Result<EncodeBarcodeType> {
    names::find(text, EncodeBarcodeType::ALL)
}
