//! The `barcode` command-line tool: parses the arguments, runs one command and reports an error as
//! a single line or as JSON.

mod arguments;
mod conformance;
mod connect;
mod demo;
mod doctor;
mod generate;
#[cfg_attr(not(feature = "keyring"), path = "no_keyring.rs")]
mod keyring;
mod logging;
mod login;
mod names;
mod output;
mod profile;
mod reading;
mod shell;
mod terminal;
mod token;
mod types;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
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
        Err(error) => return output::arguments(&error),
    };
    match start(arguments) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if output_error(&error).is_some() => {
            output::fatal(&error.context("cannot write the output"))
        }
        Err(error) => output::fatal(&error),
    }
}

fn start(arguments: Arguments) -> anyhow::Result<ExitCode> {
    logging::init(arguments.output)?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
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
        () = terminal::interrupted(), if !stops_itself => {
            output::failure("interrupted", "interrupted", output::is_json_requested());
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Arguments { service, output, command } = arguments;
    match command {
        Command::Generate(generate) => return generate::run(service, output, *generate, out).await,
        Command::Types(types) => return types::run(&types, out),
        Command::Recognize(recognize) => {
            return reading::recognize(service, recognize, output.quiet, out).await;
        }
        Command::Scan(scan) => return reading::scan(service, scan, output.quiet, out).await,
        Command::Token(token) => token::run(service, token, output.quiet, out).await?,
        Command::Login => login::login(service, out).await?,
        Command::Logout => login::logout(&service, out)?,
        Command::Doctor(doctor) => return doctor::run(service, doctor, out).await,
        Command::Conformance(arguments) => {
            return conformance::run(service, arguments, out).await;
        }
        Command::Sandbox(arguments) => barcode_cloud_sandbox::cli::run(arguments, out).await?,
        Command::Demo(demo) => demo::run(demo, out).await?,
        Command::Completions(arguments) => shell::completions(&arguments, out)?,
        Command::Man(arguments) => shell::man(&arguments, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns whether the reader of our output closed the pipe, as `head` does. That is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    output_error(error).is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Returns the error of writing the output, which is the only one of the operating system that has
/// no context.
fn output_error(error: &anyhow::Error) -> Option<&io::Error> {
    error.chain().next()?.downcast_ref()
}
