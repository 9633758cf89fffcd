//! The `barcode` command-line tool: parses the arguments, runs one command and prints an error as a
//! single line.

mod arguments;
mod connect;
mod demo;
mod generate;
mod names;
mod read;
mod sandbox;
mod terminal;
mod token;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Command};
use clap::Parser as _;

/// Exit status if all images were read, but no barcode was found in at least one of them.
const NOTHING_FOUND: u8 = 3;

/// How long to wait for background threads after the command has finished. Dropping the runtime
/// would wait indefinitely.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(run(arguments, &mut io::stdout()));
            // The result is known, so do not wait for blocking work in other threads.
            runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
            outcome
        });
    match outcome {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", terminal::one_line(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let service = arguments.service;
    match arguments.command {
        Command::Generate(generate) => generate::run(service, generate, out).await?,
        Command::Recognize(recognize) => {
            return read::run(service, read::Reading::Recognize(recognize), out).await;
        }
        Command::Scan(scan) => return read::run(service, read::Reading::Scan(scan), out).await,
        Command::Token => token::run(service, out).await?,
        Command::Sandbox(sandbox) => sandbox::run(sandbox, out).await?,
        Command::Demo(demo) => demo::run(demo, out).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns whether the reader of our output closed the pipe, as `head` does. That is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
