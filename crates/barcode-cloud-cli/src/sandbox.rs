//! `barcode sandbox`: runs the emulator as a server until the process receives a termination
//! signal.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use barcode_cloud_sandbox::{Builder, Sandbox, Script};
use clap::Args;
use serde_json::json;

use crate::terminal::{interrupted, note};

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
pub(crate) struct Arguments {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// IP address to listen on. With any address other than a loopback address, everyone who can
    /// connect to it can use the sandbox and see the requests sent to it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: std::net::IpAddr,
    /// Image file to use for `recognize` and `scan` requests with this URL; may be repeated. The
    /// sandbox never downloads anything
    #[arg(long, value_name = "URL=PATH")]
    url_file: Vec<String>,
    /// Reject requests that the service accepts although its OpenAPI document or a standard forbids
    /// them: colors in single quotes, data that Code39 cannot fully encode, and token requests
    /// sent as multipart/form-data. By default, the sandbox accepts them like the service and logs
    /// a warning if data is lost
    #[arg(long)]
    strict: bool,
    /// Host name to accept for the page and the admin endpoints under `/_sandbox`, such as
    /// sandbox.example.com; may be repeated. IP addresses, localhost, names without a dot and names
    /// that end in .internal are always accepted; all other names are rejected
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Faults to inject into requests, such as `status=503, ok` or `delay=2s`; may be repeated
    #[arg(long, value_name = "SCRIPT")]
    fault: Vec<String>,
    /// Token lifetime in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_lifetime: u64,
    /// Print the URLs and credentials as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments, out: &mut impl Write) -> anyhow::Result<()> {
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
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "export BARCODE_CLOUD_BASE_URL={}", sandbox.base_url())?;
        writeln!(out, "export BARCODE_CLOUD_TOKEN_URL={}", sandbox.token_url())?;
        writeln!(out, "export BARCODE_CLOUD_CLIENT_ID={}", sandbox.client_id())?;
        writeln!(out, "export BARCODE_CLOUD_CLIENT_SECRET={}", sandbox.client_secret())?;
        note(&format!(
            "The sandbox runs until you press Ctrl-C. To use it, paste the lines above into another terminal, or open {} in \
             a browser.",
            sandbox.page_url()
        ));
    }
    out.flush()?;
    sandbox.run_until(termination_signal()).await?;
    Ok(())
}

fn configured(arguments: &Arguments) -> anyhow::Result<Builder> {
    let mut builder = Sandbox::builder()
        .address(arguments.listen)
        .port(arguments.port)
        .strict(arguments.strict)
        .token_lifetime(Duration::from_secs(arguments.token_lifetime));
    for pair in &arguments.url_file {
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
    for name in &arguments.allow_host {
        builder = builder.allow_host(name);
    }
    for script in &arguments.fault {
        let script: Script = script.parse().context("--fault")?;
        builder = builder.faults(script);
    }
    Ok(builder)
}

/// Waits for Ctrl-C or for SIGTERM, which service managers send. If no signal handler can be
/// installed, waits forever. The process then has to be killed.
async fn termination_signal() {
    let interrupt = interrupted();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminate) => {
                    terminate.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! { () = interrupt => {}, () = terminate => {} }
    }
    #[cfg(not(unix))]
    interrupt.await;
}
