//! The command line: the global options and the commands. Each command defines its own arguments.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::{conformance, demo, doctor, generate, reading, shell, token, types};

/// Generate, recognize and scan barcodes with the Aspose.BarCode Cloud API.
///
/// Credentials are read from the environment variables BARCODE_CLOUD_CLIENT_ID and
/// BARCODE_CLOUD_CLIENT_SECRET, or from a profile of ~/.config/barcode/config.toml. With --sandbox,
/// neither an account nor a network is needed: the program starts its own emulator, which has a
/// real barcode engine.
#[derive(Parser)]
#[command(name = "barcode", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) service: Service,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  barcode demo
  barcode --sandbox generate QR \"Hello, world\" -o hello.png
  barcode --sandbox recognize hello.png

Exit status: 0 success, 1 no barcode found, 2 error, 130 interrupted by Ctrl-C.";

/// Options that select the service to call.
#[derive(Args, Clone)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Service {
    /// Start an emulator inside this program and use it instead of the service
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// Profile of the configuration file to use instead of the credentials in the environment
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "sandbox")]
    pub(crate) profile: Option<String>,
    /// Limit for each call, with its retries, such as `20s` or `1m 30s`. 5 minutes by default
    #[arg(long, global = true, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Option<Duration>,
}

/// Options for the messages on standard error.
#[derive(Args, Clone, Copy)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Output {
    /// Log requests and tokens to standard error; twice for everything. RUST_LOG selects modules
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Print no progress and no notices, only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Generate a barcode, or one for each row of a file
    ///
    /// On a terminal, the barcode is drawn in the terminal, where a phone can read it. With -o, or
    /// if the output is redirected, it is written as an image file.
    Generate(Box<generate::Arguments>),
    /// List the barcode types, their rules, and whether the service and the sandbox support them
    Types(types::Arguments),
    /// Read barcodes of the given types from images
    Recognize(reading::Recognize),
    /// Read barcodes of any type from images
    Scan(reading::Scan),
    /// Obtain an access token, and show its client, expiry and scope
    Token(token::Token),
    /// Store the client secret of a profile in the keyring of the system
    ///
    /// The secret is read from the terminal without showing it, or else from standard input. It is
    /// stored if the service accepts it. The profile must be in the configuration file, with its
    /// `client_id`. Without --profile, it is the profile `default`.
    Login,
    /// Remove the client secret of a profile from the keyring of the system
    Logout,
    /// Check the settings, the network, the clock and the credentials, and say what to fix
    Doctor(doctor::Doctor),
    /// Run the emulator as a server until Ctrl-C, for tests and other programs
    Sandbox(barcode_cloud_sandbox::cli::Arguments),
    /// Compare a server with the known facts about the service
    Conformance(conformance::Conformance),
    /// Run all nine operations against the emulator and verify that each value is read back
    Demo(demo::Arguments),
    /// Print a completion script for a shell
    Completions(shell::Completions),
    /// Print a manual page
    Man(shell::Man),
}

impl Command {
    /// Returns whether the command waits for Ctrl-C itself, and then completes what it has begun.
    pub(crate) fn stops_itself(&self) -> bool {
        match self {
            Self::Generate(generate) => generate.is_batch(),
            Self::Recognize(_) | Self::Scan(_) | Self::Sandbox(_) => true,
            _ => false,
        }
    }
}
