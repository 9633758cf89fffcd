//! `cargo xtask`: parses the arguments, runs a command, prints its output and sets the exit code.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::sync::{self, Mode};
use xtask::{Error, diff, release, update};

/// Maintains the generated client and the OpenAPI document.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Generate the typed client from the document and the overlay.
    ///
    /// Reads openapi/barcode-v4.json, applies openapi/overlay.json and writes
    /// crates/barcode-cloud-client/src/generated/. The output is deterministic.
    Generate {
        /// Write nothing; fail if a generated file differs from the file on disk
        #[arg(long)]
        check: bool,
        /// Another OpenAPI document (JSON or YAML, 3.0.x or 3.1.x); the overlay is applied to it
        /// too
        #[arg(long, value_name = "PATH")]
        document: Option<PathBuf>,
        /// Another overlay (OpenAPI Overlay 1.0, JSON)
        #[arg(long, value_name = "FILE")]
        overlay: Option<PathBuf>,
        /// Another folder for the generated files
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Print each change that lowering made to the document (pointer, before, after)
        #[arg(long)]
        explain: bool,
    },
    /// Show the changes from OLD to NEW, and which of them break callers.
    Diff(diff::Arguments),
    /// Validate a new published document, show the changes, and merge it with --accept.
    Update(update::Arguments),
    /// Check that the packages can be released, and publish them.
    Release(release::Arguments),
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    match Arguments::parse().command {
        Command::Generate { check, document, overlay, out, explain } => {
            let document = document.unwrap_or_else(|| root.join("openapi/barcode-v4.json"));
            let out = out.unwrap_or_else(|| root.join("crates/barcode-cloud-client/src/generated"));
            let mode = if check { Mode::Check } else { Mode::Write };
            let overlay = overlay.unwrap_or_else(|| root.join("openapi/overlay.json"));
            finish(generate(&document, &overlay, explain, &out, mode))
        }
        Command::Diff(arguments) => finish(diff::run(&arguments, root)),
        Command::Update(arguments) => finish(update::run(&arguments, root)),
        Command::Release(arguments) => finish(release::run(&arguments, root)),
    }
}

fn generate(
    document: &Path,
    overlay: &Path,
    explain: bool,
    out: &Path,
    mode: Mode,
) -> Result<(String, u8), Error> {
    let generated = xtask::generate_client(document, overlay)?;
    if explain {
        for applied in &generated.applied {
            print(&format!("{applied}\n"));
        }
    }
    let report = sync::sync(out, &generated.files, mode)?;
    Ok((format!("{report}\n"), 0))
}

/// Prints the output of a command and returns its exit code, or prints its error and returns 1.
fn finish(outcome: Result<(String, u8), Error>) -> ExitCode {
    match outcome {
        Ok((text, code)) => {
            print(&text);
            code.into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints `text`. A write error is ignored, because a reader such as `head` may close the pipe
/// early.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
