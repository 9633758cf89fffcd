//! The command line tool `barcode`: reads the arguments, runs one command, prints one line of error.

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

/// Pictures were read, and at least one held no barcode.
const NOTHING_FOUND: u8 = 3;

/// How long threads may go on after the command has ended. Dropping the runtime would wait for them without a limit.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(run(arguments, &mut io::stdout()));
            // Nothing waits for work that still goes on in another thread.
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

/// Whoever reads our output has seen enough, as `head` does: no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
