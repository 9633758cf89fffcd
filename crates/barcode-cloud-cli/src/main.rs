//! The `barcode` command-line tool: parses the arguments, runs one command and reports an error as a
//! single line or as JSON.

mod arguments;
mod connect;
mod demo;
mod failure;
mod generate;
mod logging;
mod names;
mod read;
mod sandbox;
mod terminal;
mod token;
mod types;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Command};
use clap::Parser as _;

/// Exit status if no barcode was found.
const NOTHING_FOUND: u8 = 1;
/// Exit status after any error.
const FAILED: u8 = 2;
/// Exit status after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How long to wait for background threads after the command has finished. Dropping the runtime
/// would wait indefinitely.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && failure::wants_json() => {
            failure::print(&anyhow::anyhow!("{}", usage(&error)));
            return ExitCode::from(FAILED);
        }
        Err(error) => error.exit(),
    };
    match start(arguments) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            failure::print(&error);
            ExitCode::from(FAILED)
        }
    }
}

fn start(arguments: Arguments) -> anyhow::Result<ExitCode> {
    logging::init(arguments.output)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runtime.block_on(run_until_interrupted(arguments));
    // The result is known, so do not wait for blocking work in other threads.
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    outcome
}

/// Runs a command. Stops it after Ctrl-C, unless it stops itself.
async fn run_until_interrupted(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout();
    let stops_itself = arguments.command.stops_itself();
    tokio::select! {
        biased;
        outcome = run(arguments, &mut out) => outcome,
        Ok(()) = tokio::signal::ctrl_c(), if !stops_itself => {
            eprintln!("interrupted");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Arguments {
        service,
        output,
        command,
    } = arguments;
    match command {
        Command::Generate(generate) => return generate::run(service, output, *generate, out).await,
        Command::Types(types) => return types::run(&types, out),
        Command::Recognize(recognize) => {
            return read::recognize(service, output, recognize, out).await;
        }
        Command::Scan(scan) => return read::scan(service, output, scan, out).await,
        Command::Token => token::run(service, out).await?,
        Command::Sandbox(sandbox) => sandbox::run(sandbox, out).await?,
        Command::Demo(demo) => demo::run(demo, out).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the message of an error in the arguments without the usage that follows it.
fn usage(error: &clap::Error) -> String {
    let text = error.to_string();
    let message = text.split("\n\nUsage:").next().unwrap_or_default();
    message.trim_start_matches("error: ").trim_end().to_owned()
}

/// Returns whether the reader of our output closed the pipe, as `head` does. That is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
