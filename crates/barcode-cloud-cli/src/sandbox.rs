//! `barcode sandbox`: serves the emulator until it is told to stop.

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
            "warning: whoever can reach {} can use this sandbox, see its credentials and what is sent to it",
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
            "The sandbox serves until Ctrl-C. Paste the lines above into another terminal to use it there, or open {} in a \
             browser.",
            sandbox.page_url()
        );
    }
    out.flush()?;
    sandbox.run_until(told_to_stop()).await?;
    Ok(())
}

fn configured(arguments: &arguments::Sandbox) -> anyhow::Result<Builder> {
    let mut builder = Sandbox::builder()
        .address(arguments.listen)
        .port(arguments.port)
        .strict(arguments.strict)
        .token_lifetime(Duration::from_secs(arguments.token_lifetime));
    for pair in &arguments.url_file {
        // An address may hold a `=`, a path on most systems too: the last one parts them.
        let (url, path) = pair
            .rsplit_once('=')
            .filter(|(url, path)| !url.is_empty() && !path.is_empty())
            .context("--url-file: write the address, `=` and the path of the file")?;
        let path = PathBuf::from(path);
        if !path.is_file() {
            bail!("--url-file: there is no file {}", path.display());
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

/// Ctrl-C, or the signal that service managers send. Where neither can be listened for, only a kill ends the program.
async fn told_to_stop() {
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
