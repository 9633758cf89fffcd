//! The command line: the global options and the commands. Each command defines its own arguments.

use clap::{Args, Parser, Subcommand};

use crate::{demo, generate, read, sandbox};

/// Generate, recognize and scan barcodes with the Aspose.BarCode Cloud API.
///
/// Credentials are read from the environment variables BARCODE_CLOUD_CLIENT_ID and
/// BARCODE_CLOUD_CLIENT_SECRET. With --sandbox, neither an account nor a network is needed: the
/// program starts its own emulator, which has a real barcode engine.
#[derive(Parser)]
#[command(name = "barcode", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) service: Service,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  barcode demo
  barcode --sandbox generate QR \"Hello, world\" -o hello.png
  barcode --sandbox recognize hello.png

Exit status: 0 success, 1 error, 2 invalid arguments, 3 no barcode found in at least one image.";

/// Options that select the service to call.
#[derive(Args, Clone, Copy)]
pub(crate) struct Service {
    /// Start an emulator inside this program and use it instead of the service
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Generate a barcode image
    Generate(generate::Arguments),
    /// Read barcodes of the given types from images
    Recognize(read::Recognize),
    /// Read barcodes of any type from images
    Scan(read::Scan),
    /// Obtain an access token and print it, for use with other HTTP tools
    Token,
    /// Run the emulator as a server until Ctrl-C, for tests and other programs
    Sandbox(sandbox::Arguments),
    /// Run all nine operations against the emulator and verify that each value is read back
    Demo(demo::Arguments),
}
