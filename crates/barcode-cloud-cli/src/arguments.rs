//! The command line as people type it, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Generate, recognize and scan barcodes through Aspose.BarCode Cloud.
///
/// Credentials come from the environment: BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET. With --sandbox no
/// account and no network are needed: an emulator with a real barcode engine runs inside this program.
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

Exit status: 0 done, 1 an error, 2 wrong arguments, 3 a picture without any barcode.";

/// Which service is called.
#[derive(Args, Clone, Copy)]
pub(crate) struct Service {
    /// Run an emulator inside this program and use it instead of the service
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Draw a barcode
    Generate(Generate),
    /// Read the barcodes of pictures, of the types asked for
    Recognize(Recognize),
    /// Read the barcodes of pictures, whatever they are
    Scan(Scan),
    /// Obtain an access token and print it, for other HTTP tools
    Token,
    /// Serve the emulator until Ctrl-C, for tests and other programs
    Sandbox(Sandbox),
    /// See everything work: all nine operations against the emulator, each value read back
    Demo(Demo),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode generate QR \"Hello, world\" -o hello.png
  barcode generate Code128 PARCEL-0042 -o label.svg --foreground DarkBlue
  printf 'long text' | barcode generate Pdf417 - -o ticket.gif", after_long_help = types_help())]
pub(crate) struct Generate {
    /// Barcode type, such as QR, Code128 or EAN13; in any case. `--help` lists all
    #[arg(value_name = "TYPE")]
    pub(crate) barcode_type: String,
    /// What the barcode says; `-` reads it from standard input
    pub(crate) data: String,
    /// Where to write the picture; its ending chooses the format. Standard output unless given
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Png, Jpeg, Svg, Tiff or Gif
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Colour of the bars: a name, or #RRGGBB
    #[arg(long, value_name = "COLOR")]
    pub(crate) foreground: Option<String>,
    /// Colour behind the bars: a name, or #RRGGBB
    #[arg(long, value_name = "COLOR")]
    pub(crate) background: Option<String>,
    /// Width of the picture in pixels
    #[arg(long, value_name = "PIXELS")]
    pub(crate) width: Option<f32>,
    /// Height of the picture in pixels
    #[arg(long, value_name = "PIXELS")]
    pub(crate) height: Option<f32>,
    /// Dots per inch, 1 to 100000
    #[arg(long, value_name = "DPI")]
    pub(crate) resolution: Option<f32>,
    /// Degrees to turn the picture by
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub(crate) rotation: Option<i32>,
    /// Where the text stands: Below, Above or None
    #[arg(long, value_name = "PLACE")]
    pub(crate) text: Option<String>,
}

#[derive(Args)]
pub(crate) struct Recognize {
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// A type to look for; may be repeated. The most commonly used ones unless given
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// How hard to look: Fast, Normal or Excellent
    #[arg(long)]
    pub(crate) mode: Option<String>,
}

#[derive(Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) pictures: Pictures,
}

#[derive(Args)]
pub(crate) struct Pictures {
    /// Pictures: PNG, JPEG, GIF, TIFF or BMP files, http(s) addresses, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print each barcode as a line of JSON, with its region and checksum
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode sandbox --port 8787
  barcode sandbox --fault 'status=503; retry-after=1, ok' --token-lifetime 30
  barcode sandbox --url-file https://pictures.example/label.png=label.png

For a script:
  barcode sandbox --json > sandbox.json &

The first line of its output is
  {\"base_url\": ..., \"token_url\": ..., \"client_id\": ..., \"client_secret\": ..., \"admin_url\": ...,
   \"page_url\": ...}

Below admin_url are /health, /faults, /requests and /tokens/revoke: see the README of barcode-cloud-sandbox.
At page_url a browser finds a page to generate and read barcodes, and to watch the requests.")]
pub(crate) struct Sandbox {
    /// The port to listen on; 0 for any free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// The address to listen on. Whoever can reach another than 127.0.0.1 can use the sandbox and see what is
    /// sent to it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) listen: std::net::IpAddr,
    /// A picture that `recognize` and `scan` find at a URL; may be repeated. The sandbox opens no address
    #[arg(long, value_name = "URL=PATH")]
    pub(crate) url_file: Vec<String>,
    /// Refuse what the service tolerates although its document or a standard forbids it: colours between
    /// apostrophes, data that Code39 cannot encode in full, token requests as multipart/form-data. Unless
    /// given, the sandbox accepts them as the service does, and data that is lost is a warning in its log
    #[arg(long)]
    pub(crate) strict: bool,
    /// A host name by which the page and the calls under `/_sandbox` may be reached, such as
    /// sandbox.example.com; may be repeated. IP addresses, localhost, names without a dot and names below
    /// .internal always may; any other name is refused unless it is given here
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// Faults that happen to requests, such as `status=503, ok` or `delay=2s`; may be repeated
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) fault: Vec<String>,
    /// How long a token is good for, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) token_lifetime: u64,
    /// Print addresses and credentials as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Folder for the pictures
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
