//! `barcode sandbox`: runs the emulator as a server until the process receives a termination
//! signal.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use barcode_cloud_sandbox::{Builder, Sandbox, Script};
use serde_json::json;

use crate::arguments;

pub(crate) async fn run(arguments: arguments::Sandbox, out: &mut impl Write) -> anyhow::Result<()> {
    let sandbox = configured(&arguments)?.start().await?;
    if !arguments.listen.is_loopback() {
        eprintln!(
            "warning: everyone who can connect to {} can use this sandbox and see its credentials and requests",
            arguments.listen
        );
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
        writeln!(
            out,
            "export BARCODE_CLOUD_TOKEN_URL={}",
            sandbox.token_url()
        )?;
        writeln!(
            out,
            "export BARCODE_CLOUD_CLIENT_ID={}",
            sandbox.client_id()
        )?;
        writeln!(
            out,
            "export BARCODE_CLOUD_CLIENT_SECRET={}",
            sandbox.client_secret()
        )?;
        eprintln!(
            "The sandbox runs until you press Ctrl-C. To use it, paste the lines above into another terminal, or open {} in \
             a browser.",
            sandbox.page_url()
        );
    }
    out.flush()?;
    sandbox.run_until(termination_signal()).await?;
    Ok(())
}

fn configured(arguments: &arguments::Sandbox) -> anyhow::Result<Builder> {
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
            bail!(
                "--url-file: {} does not exist or is not a file",
                path.display()
            );
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
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
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
