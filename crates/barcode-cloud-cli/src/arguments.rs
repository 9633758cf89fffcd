//! The command-line arguments and their help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    Generate(Generate),
    /// Read barcodes of the given types from images
    Recognize(Recognize),
    /// Read barcodes of any type from images
    Scan(Scan),
    /// Obtain an access token and print it, for use with other HTTP tools
    Token,
    /// Run the emulator as a server until Ctrl-C, for tests and other programs
    Sandbox(Sandbox),
    /// Run all nine operations against the emulator and verify that each value is read back
    Demo(Demo),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode generate QR \"Hello, world\" -o hello.png
  barcode generate Code128 PARCEL-0042 -o label.svg --foreground DarkBlue
  printf 'long text' | barcode generate Pdf417 - -o ticket.gif", after_long_help = types_help())]
pub(crate) struct Generate {
    /// Barcode type, such as QR, Code128 or EAN13 (case-insensitive). `--help` lists all types
    #[arg(value_name = "TYPE")]
    pub(crate) barcode_type: String,
    /// Data to encode; `-` reads it from standard input
    pub(crate) data: String,
    /// Output file; its extension selects the image format. Defaults to standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Image format: Png, Jpeg, Svg, Tiff or Gif
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Bar colour: a name or #RRGGBB
    #[arg(long, value_name = "COLOR")]
    pub(crate) foreground: Option<String>,
    /// Background colour: a name or #RRGGBB
    #[arg(long, value_name = "COLOR")]
    pub(crate) background: Option<String>,
    /// Image width in pixels
    #[arg(long, value_name = "PIXELS")]
    pub(crate) width: Option<f32>,
    /// Image height in pixels
    #[arg(long, value_name = "PIXELS")]
    pub(crate) height: Option<f32>,
    /// Resolution in dots per inch, from 1 to 100000
    #[arg(long, value_name = "DPI")]
    pub(crate) resolution: Option<f32>,
    /// Angle in degrees by which to rotate the image
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub(crate) rotation: Option<i32>,
    /// Position of the human-readable text: Below, Above or None
    #[arg(long, value_name = "POSITION")]
    pub(crate) text: Option<String>,
    /// Send the data even if the barcode type cannot hold it. The service drops or corrects it
    #[arg(long)]
    pub(crate) unchecked: bool,
}

#[derive(Args)]
pub(crate) struct Recognize {
    #[command(flatten)]
    pub(crate) images: Images,
    /// Barcode type to look for; may be repeated. Defaults to the most commonly used types
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Recognition mode, from the fastest to the most thorough: Fast, Normal or Excellent
    #[arg(long)]
    pub(crate) mode: Option<String>,
}

#[derive(Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) images: Images,
}

#[derive(Args)]
pub(crate) struct Images {
    /// Images: PNG, JPEG, GIF, TIFF or BMP files, http(s) URLs, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print each barcode as one line of JSON that includes its region and checksum
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode sandbox --port 8787
  barcode sandbox --fault 'status=503; retry-after=1, ok' --token-lifetime 30
  barcode sandbox --url-file https://pictures.example/label.png=label.png

In a script:
  barcode sandbox --json > sandbox.json &

The first line of its output is
  {\"base_url\": ..., \"token_url\": ..., \"client_id\": ..., \"client_secret\": ..., \"admin_url\": ...,
   \"page_url\": ...}

The admin endpoints below admin_url are /health, /faults, /requests and /tokens/revoke. The
README of barcode-cloud-sandbox describes them. Open page_url in a browser to generate and read
barcodes and to watch the requests.")]
pub(crate) struct Sandbox {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// IP address to listen on. With any address other than a loopback address, everyone who can
    /// connect to it can use the sandbox and see the requests sent to it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) listen: std::net::IpAddr,
    /// Image file to use for `recognize` and `scan` requests with this URL; may be repeated. The
    /// sandbox never downloads anything
    #[arg(long, value_name = "URL=PATH")]
    pub(crate) url_file: Vec<String>,
    /// Reject requests that the service accepts although its OpenAPI document or a standard forbids
    /// them: colours in single quotes, data that Code39 cannot fully encode, and token requests
    /// sent as multipart/form-data. By default, the sandbox accepts them like the service and logs
    /// a warning if data is lost
    #[arg(long)]
    pub(crate) strict: bool,
    /// Host name to accept for the page and the admin endpoints under `/_sandbox`, such as
    /// sandbox.example.com; may be repeated. IP addresses, localhost, names without a dot and names
    /// that end in .internal are always accepted; all other names are rejected
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// Faults to inject into requests, such as `status=503, ok` or `delay=2s`; may be repeated
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) fault: Vec<String>,
    /// Token lifetime in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) token_lifetime: u64,
    /// Print the URLs and credentials as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Directory for the images
    #[arg(long, value_name = "DIR", default_value = "barcode-demo")]
    pub(crate) out: PathBuf,
}

fn types_help() -> String {
    let names: Vec<_> = barcode_cloud::EncodeBarcodeType::ALL
        .iter()
        .map(ToString::to_string)
        .collect();
    format!("Types: {}", names.join(", "))
}
