//! The options of `barcode-sandbox` and `barcode sandbox`, which run the emulator as a server until
//! the process receives a termination signal.

mod parent;

use std::borrow::Cow;
use std::env::VarError;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::builder::BoolishValueParser;
use clap::{Arg, Args};
use futures_util::future::OptionFuture;
use serde_json::json;

use crate::{Builder, Sandbox, Script};

/// The options on the command line and in the environment.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[command(mut_args = with_variable, after_help = "\
Each option can also be set with an environment variable, such as BARCODE_SANDBOX_TOKEN_LIFETIME for
--token-lifetime. In a variable, the values of an option that may be repeated are separated by line
breaks.

The client secret is read from the variable BARCODE_SANDBOX_CLIENT_SECRET or from a file, because
other users of the machine can see the arguments of a process.

Examples:
  barcode sandbox --port 8787
  barcode sandbox --fault 'status=503; retry-after=1, ok' --token-lifetime 30
  barcode sandbox --url-file https://pictures.example/label.png=label.png
  barcode sandbox --seed 1 --listen 0.0.0.0 --public-url http://sandbox:8787 --port 8787

In a script:
  barcode sandbox --json > sandbox.json &

The first line of its output is
  {\"base_url\": ..., \"token_url\": ..., \"client_id\": ..., \"client_secret\": ..., \"admin_url\": ...,
   \"page_url\": ..., \"ca_certificate\": null}

The README of barcode-cloud-sandbox describes the admin endpoints below admin_url. Open page_url in
a browser to generate and read barcodes and to watch the requests.")]
pub struct Arguments {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// IP address to listen on. With any address other than a loopback address, everyone who can
    /// connect to it can use the sandbox and see the requests sent to it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// URL under which clients reach the sandbox, without a path, if it is not the address to
    /// listen on
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Client id to accept, together with a client secret. By default, both are random
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// File with the client secret to accept
    #[arg(long, value_name = "PATH")]
    client_secret_file: Option<PathBuf>,
    /// Number from which the credentials, keys and ids are derived, so that they are the same at
    /// each start. Anyone who knows it knows the credentials
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Image file to use for `recognize` and `scan` requests with this URL; may be repeated. The
    /// sandbox never downloads anything
    #[arg(long, value_name = "URL=PATH", value_delimiter = '\n')]
    url_file: Vec<String>,
    /// Reject requests that the service accepts although its OpenAPI document or a standard forbids
    /// them: colors in single quotes, data that Code39 cannot fully encode, and token requests
    /// sent as multipart/form-data. By default, the sandbox accepts them like the service and logs
    /// a warning if data is lost
    #[arg(long, value_parser = BoolishValueParser::new())]
    strict: bool,
    /// Host name to accept for the page and the admin endpoints under `/_sandbox`, such as
    /// sandbox.example.com; may be repeated. IP addresses, localhost, names without a dot and names
    /// that end in .internal are always accepted; all other names are rejected
    #[arg(long, value_name = "NAME", value_delimiter = '\n')]
    allow_host: Vec<String>,
    /// Faults to inject into requests, such as `status=503, ok` or `delay=2s`; may be repeated
    #[arg(long, value_name = "SCRIPT", value_delimiter = '\n')]
    fault: Vec<String>,
    /// Use TLS, with a certificate of a CA that is generated at each start. The certificate of the
    /// CA is printed, for clients to trust
    #[arg(long, value_parser = BoolishValueParser::new())]
    tls: bool,
    /// Origin of web pages that may call the operations and the token endpoint, such as
    /// http://localhost:3000, or * for all; may be repeated
    #[arg(long, value_name = "ORIGIN", value_delimiter = '\n')]
    cors_origin: Vec<String>,
    /// Token lifetime in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_lifetime: u64,
    /// How many seconds a token is still accepted after it has expired
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    token_leeway: u64,
    /// How many seconds the clock of the sandbox is ahead
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    clock_ahead: u64,
    /// How many seconds the clock of the sandbox is behind
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    clock_behind: u64,
    /// Maximum size of a request body in bytes. 64 MiB by default
    #[arg(long, value_name = "BYTES")]
    body_limit: Option<usize>,
    /// Maximum number of connections. 1024 by default
    #[arg(long, value_name = "NUMBER")]
    max_connections: Option<usize>,
    /// How many seconds the headers of a request may take to arrive, and then its body. 60 by
    /// default
    #[arg(long, value_name = "SECONDS")]
    read_timeout: Option<u64>,
    /// Stop when the process that started the sandbox ends. On Linux, the kernel reports that; on
    /// other systems, the sandbox stops when its standard input ends
    #[arg(long, value_parser = BoolishValueParser::new())]
    exit_with_parent: bool,
    /// Print the URLs and credentials as one line of JSON
    #[arg(long, value_parser = BoolishValueParser::new())]
    json: bool,
}

/// Runs a sandbox until the process receives a termination signal, or until the parent process ends
/// if that is requested. Writes the URLs and credentials to `out`, and notes to standard error.
///
/// # Errors
///
/// An error if an option is invalid, if the sandbox cannot start, or if `out` cannot be written.
pub async fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    let parent = match arguments.exit_with_parent {
        true => Some(parent::parent_end().context("--exit-with-parent")?),
        false => None,
    };
    let sandbox = configured(&arguments)?.start().await?;
    if !arguments.listen.is_loopback() {
        note(&format!(
            "warning: everyone who can connect to {} can use this sandbox and see its credentials and requests",
            arguments.listen
        ));
    }
    if arguments.json {
        let line = json!({
            "base_url": sandbox.base_url(),
            "token_url": sandbox.token_url(),
            "client_id": sandbox.client_id(),
            "client_secret": sandbox.client_secret(),
            "admin_url": sandbox.admin_url(),
            "page_url": sandbox.page_url(),
            "ca_certificate": sandbox.ca_certificate(),
        });
        writeln!(out, "{line}")?;
    } else {
        for (name, value) in [
            ("BASE_URL", sandbox.base_url()),
            ("TOKEN_URL", sandbox.token_url()),
            ("CLIENT_ID", sandbox.client_id()),
            ("CLIENT_SECRET", sandbox.client_secret()),
        ] {
            writeln!(out, "export BARCODE_CLOUD_{name}={}", quoted(value))?;
        }
        if let Some(certificate) = sandbox.ca_certificate() {
            note(&format!("Let your clients trust this certificate:\n{certificate}"));
        }
        note(&format!(
            "The sandbox runs until you press Ctrl-C. To use it, paste the lines above into another terminal, or open {} in \
             a browser.",
            sandbox.page_url()
        ));
    }
    out.flush()?;
    let parent = OptionFuture::from(parent);
    let stop = async {
        tokio::select! { () = termination_signal() => {}, Some(()) = parent => {} }
    };
    sandbox.run_until(stop).await?;
    Ok(())
}

fn configured(arguments: &Arguments) -> anyhow::Result<Builder> {
    let mut builder = Sandbox::builder()
        .address(arguments.listen)
        .port(arguments.port)
        .strict(arguments.strict)
        .tls(arguments.tls)
        .token_lifetime(Duration::from_secs(arguments.token_lifetime))
        .token_leeway(Duration::from_secs(arguments.token_leeway))
        .clock_ahead(Duration::from_secs(arguments.clock_ahead))
        .clock_behind(Duration::from_secs(arguments.clock_behind));
    if let Some((client_id, client_secret)) = credentials(arguments)? {
        builder = builder.credentials(client_id, client_secret);
    }
    if let Some(url) = &arguments.public_url {
        builder = builder.public_url(url);
    }
    if let Some(seed) = arguments.seed {
        builder = builder.seed(seed);
    }
    if let Some(bytes) = arguments.body_limit {
        builder = builder.body_limit(bytes);
    }
    if let Some(connections) = arguments.max_connections {
        builder = builder.max_connections(connections);
    }
    if let Some(seconds) = arguments.read_timeout {
        builder = builder.read_timeout(Duration::from_secs(seconds));
    }
    for pair in given(&arguments.url_file) {
        // Both a URL and a path may contain `=`. Split at the last one, because it is rarer in
        // paths.
        let (url, path) = pair
            .rsplit_once('=')
            .filter(|(url, path)| !url.is_empty() && !path.is_empty())
            .context("--url-file: expected URL=PATH")?;
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!("--url-file: {} does not exist or is not a file", path.display());
        }
        builder = builder.url_file(url, path);
    }
    for origin in given(&arguments.cors_origin) {
        builder = builder.cors_origin(origin);
    }
    for name in given(&arguments.allow_host) {
        builder = builder.allow_host(name);
    }
    for script in given(&arguments.fault) {
        let script: Script = script.parse().context("--fault")?;
        builder = builder.faults(script);
    }
    Ok(builder)
}

/// Writes a line to standard error. There is no place to report an error of that.
fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Quotes a value for a shell, if it has characters that a shell may interpret.
fn quoted(value: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/".contains(letter);
    match value.chars().all(is_plain) {
        true => value.into(),
        false => format!("'{}'", value.replace('\'', r"'\''")).into(),
    }
}

/// Makes an environment variable with the name of the option another way to set it.
fn with_variable(option: Arg) -> Arg {
    let name = option.get_id().as_str().to_uppercase();
    option.env(format!("BARCODE_SANDBOX_{name}")).hide_env(true)
}

/// Skips the empty values that line breaks at the start or the end of a variable cause.
fn given(values: &[String]) -> impl Iterator<Item = &String> {
    values.iter().filter(|value| !value.trim().is_empty())
}

/// Returns the client id and secret to accept, if they are set.
fn credentials(arguments: &Arguments) -> anyhow::Result<Option<(String, String)>> {
    const SECRET: &str = "BARCODE_SANDBOX_CLIENT_SECRET";
    let secret = match (&arguments.client_secret_file, std::env::var(SECRET)) {
        (Some(_), Ok(_)) => bail!("set either {SECRET} or {SECRET}_FILE, not both"),
        (Some(path), _) => {
            let text = std::fs::read_to_string(path);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, Ok(secret)) => Some(secret),
        (None, Err(VarError::NotPresent)) => None,
        (None, Err(VarError::NotUnicode(_))) => bail!("{SECRET} is not valid Unicode"),
    };
    match (arguments.client_id.clone(), secret) {
        (Some(id), Some(secret)) => Ok(Some((id, secret))),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("the client id is set but {SECRET} and {SECRET}_FILE are missing"),
        (None, Some(_)) => bail!("the client secret is set but --client-id is missing"),
    }
}

/// Waits for Ctrl-C or for SIGTERM, which service managers send. If no signal handler can be
/// installed, waits forever. The process then has to be killed.
async fn termination_signal() {
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending();
    tokio::select! { Ok(()) = tokio::signal::ctrl_c() => {}, () = terminate => {} }
}
