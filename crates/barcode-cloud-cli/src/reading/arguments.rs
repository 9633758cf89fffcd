//! The arguments of `barcode recognize` and `barcode scan`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use barcode_cloud::{DecodeBarcodeType, RecognitionMode};
use clap::Args;

use super::report::Format;
use crate::names;

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode recognize label.png
  barcode recognize -t qr,gs1-128 --mode excellent --csv scans/*.png > values.csv
  barcode recognize --recursive --annotate checked scans")]
pub(crate) struct Recognize {
    /// Barcode types to look for, separated by commas. Defaults to the most commonly used types
    #[arg(short = 't', long = "type", value_name = "TYPE", value_delimiter = ',')]
    #[arg(value_parser = barcode_type)]
    pub(super) types: Vec<DecodeBarcodeType>,
    /// Recognition mode, from the fastest to the most thorough: Fast, Normal or Excellent
    #[arg(long, value_parser = mode)]
    pub(super) mode: Option<RecognitionMode>,
    #[command(flatten)]
    pub(super) images: Images,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode scan label.png
  barcode scan --jsonl 'scans/*.jpg' > values.jsonl
  curl -s https://pictures.example/label.png | barcode scan -")]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(super) images: Images,
}

#[derive(Args)]
pub(super) struct Images {
    /// Images: PNG, JPEG, GIF, TIFF or BMP files, patterns such as 'scans/*.png', folders (with
    /// --recursive), http(s) URLs, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Read all images in the given folders and the folders below them
    #[arg(short, long)]
    pub(super) recursive: bool,
    /// Number of images to read at the same time. The output keeps the order of the images
    #[arg(short, long, value_name = "NUMBER", default_value = "4")]
    pub(super) jobs: NonZeroUsize,
    /// Save each image with its barcodes outlined and labeled as a PNG file in this folder
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(super) annotate: Option<PathBuf>,
    #[command(flatten)]
    formats: Formats,
}

#[derive(Args)]
#[group(multiple = false)]
#[command(next_help_heading = "Output")]
struct Formats {
    /// Print one JSON document: a list with an entry for each image
    #[arg(long)]
    json: bool,
    /// Print one line of JSON for each image
    #[arg(long)]
    jsonl: bool,
    /// Print one line of comma-separated values for each barcode, and for each image without one
    #[arg(long)]
    csv: bool,
}

impl Images {
    pub(super) fn format(&self) -> Format {
        let Formats { json, jsonl, csv } = self.formats;
        match (json, jsonl, csv) {
            (true, ..) => Format::Json,
            (_, true, _) => Format::JsonLines,
            (.., true) => Format::Csv,
            _ => Format::Text,
        }
    }
}

fn barcode_type(text: &str) -> anyhow::Result<DecodeBarcodeType> {
    names::find(text, DecodeBarcodeType::ALL)
}

fn mode(text: &str) -> anyhow::Result<RecognitionMode> {
    names::find(text, RecognitionMode::ALL)
}
