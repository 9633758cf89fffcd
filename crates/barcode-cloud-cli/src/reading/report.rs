//! Writes the result of each image as text, JSON, lines of JSON or comma-separated values.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use barcode_cloud::{Barcode, Barcodes};
use serde_json::{Map, Value, json};

use crate::output;
use crate::terminal::{json_line, note, printable};
use crate::{FAILED, INTERRUPTED, NOTHING_FOUND};

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Format {
    Text,
    Json,
    JsonLines,
    Csv,
}

const CSV_HEADER: [&str; 6] = ["file", "type", "value", "checksum", "region", "error"];

/// The output of a run, which counts the images and the barcodes.
pub(super) struct Report<'a, W> {
    format: Format,
    out: &'a mut W,
    quiet: bool,
    /// The number of images.
    images: usize,
    done: usize,
    failed: usize,
    barcodes: usize,
}

impl<'a, W: Write> Report<'a, W> {
    pub(super) fn new(format: Format, images: usize, quiet: bool, out: &'a mut W) -> Self {
        Self { format, out, quiet, images, done: 0, failed: 0, barcodes: 0 }
    }

    /// Writes the result of one image, and the error of its annotated copy.
    pub(super) fn add(
        &mut self,
        name: &str,
        outcome: &anyhow::Result<Barcodes>,
        saved: anyhow::Result<()>,
    ) -> io::Result<()> {
        match self.format {
            Format::Text => self.text(name, outcome)?,
            Format::Json => {
                let start = if self.done == 0 { "[" } else { "," };
                write!(self.out, "{start}\n  {}", json_line(&entry(name, outcome)))?;
            }
            Format::JsonLines => writeln!(self.out, "{}", json_line(&entry(name, outcome)))?,
            Format::Csv => self.csv(name, outcome)?,
        }
        self.done += 1;
        match outcome {
            Ok(found) => {
                self.barcodes += found.len();
                if found.is_empty() && self.format == Format::Text && !self.quiet {
                    note(&format!("no barcode found in {}", printable(name)));
                }
            }
            Err(error) => output::file_error(name, error, self.is_json()),
        }
        if let Err(error) = &saved {
            output::file_error(name, error, self.is_json());
        }
        self.failed += usize::from(outcome.is_err() || saved.is_err());
        Ok(())
    }

    fn is_json(&self) -> bool {
        matches!(self.format, Format::Json | Format::JsonLines)
    }

    /// Completes the output, and returns the exit status.
    pub(super) fn finish(self, interrupted: bool) -> io::Result<ExitCode> {
        match (self.format, self.done) {
            (Format::Json, 0) => writeln!(self.out, "[]")?,
            (Format::Json, _) => writeln!(self.out, "\n]")?,
            _ => {}
        }
        self.out.flush()?;
        let Self { images, done, failed, .. } = self;
        if interrupted {
            let message = format!("interrupted after {done} of {images} images");
            output::failure("interrupted", &message, self.is_json());
            return Ok(ExitCode::from(INTERRUPTED));
        }
        if done < images {
            let message = format!("stopped after {done} of {images} images");
            output::failure("auth", &message, self.is_json());
        } else if failed > 0 && images > 1 && !self.is_json() {
            note(&format!("error: {failed} of {images} images failed"));
        }
        Ok(match (failed, self.barcodes) {
            (0, 0) => ExitCode::from(NOTHING_FOUND),
            (0, _) => ExitCode::SUCCESS,
            _ => ExitCode::from(FAILED),
        })
    }

    fn text(&mut self, name: &str, outcome: &anyhow::Result<Barcodes>) -> io::Result<()> {
        for barcode in outcome.iter().flatten() {
            if self.images > 1 {
                write!(self.out, "{}: ", printable(name))?;
            }
            let value = printable(&barcode.value);
            writeln!(self.out, "{}: {value}", barcode.barcode_type)?;
        }
        Ok(())
    }

    fn csv(&mut self, name: &str, outcome: &anyhow::Result<Barcodes>) -> io::Result<()> {
        // The lines are built in memory, so that an error of the output remains recognizable.
        let mut lines = csv::Writer::from_writer(Vec::new());
        // Files and pipes get the exact values.
        let is_terminal = io::stdout().is_terminal();
        let shown = |text: &str| match is_terminal {
            true => printable(text),
            false => text.to_owned(),
        };
        let name = shown(name);
        if self.done == 0 {
            lines.write_record(CSV_HEADER)?;
        }
        match outcome {
            Ok(found) if found.is_empty() => lines.write_record([&name, "", "", "", "", ""])?,
            Ok(found) => {
                for barcode in found {
                    let barcode_type = barcode.barcode_type.to_string();
                    let value = shown(&barcode.value);
                    let checksum = shown(barcode.checksum.as_deref().unwrap_or_default());
                    let region = region(barcode);
                    let columns = [&name, &barcode_type, &value, &checksum, &region, ""];
                    lines.write_record(columns)?;
                }
            }
            Err(error) => {
                let error = output::message(error);
                lines.write_record([&name, "", "", "", "", &error])?;
            }
        }
        let lines = lines.into_inner().map_err(|error| error.into_error())?;
        self.out.write_all(&lines)
    }
}

/// The corners as `x,y x,y x,y x,y`, as in the `points` of an SVG polygon.
fn region(barcode: &Barcode) -> String {
    let points = barcode.region.iter();
    let points: Vec<_> = points.map(|point| format!("{},{}", point.x, point.y)).collect();
    points.join(" ")
}

/// The entry of an image in the JSON output: its barcodes, or its error.
fn entry(name: &str, outcome: &anyhow::Result<Barcodes>) -> Value {
    let mut entry = Map::from_iter([("file".to_owned(), json!(name))]);
    match outcome {
        Ok(found) => entry.insert("barcodes".to_owned(), json!(found)),
        Err(error) => entry.insert("error".to_owned(), output::error_object(error)),
    };
    entry.into()
}
