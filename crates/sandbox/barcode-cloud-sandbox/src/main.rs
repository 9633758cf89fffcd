//! `barcode-sandbox`: the sandbox as a program of its own, for the packages in other languages.

use std::io;
use std::process::ExitCode;

use anyhow::Context as _;
use barcode_cloud_sandbox::cli;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use tokio::runtime::Runtime;

/// A local emulator of the Aspose.BarCode Cloud v4.0 API, which runs until Ctrl-C.
#[derive(Parser)]
#[command(name = "barcode-sandbox", version)]
struct Program {
    #[command(flatten)]
    arguments: cli::Arguments,
}

fn main() -> ExitCode {
    let command = Program::command();
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let command = command.after_help(examples.replace("barcode sandbox", "barcode-sandbox"));
    let program = Program::from_arg_matches(&command.get_matches());
    match run(program.unwrap_or_else(|error| error.exit()).arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: cli::Arguments) -> anyhow::Result<()> {
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let outcome = runtime.block_on(cli::run(arguments, &mut io::stdout()));
    // A request that was dropped may still be decoding an image in another thread.
    runtime.shutdown_background();
    outcome
}
