//! `barcode sandbox`: serves the emulator until it is told to stop.

use std::io::Write;

use barcode_cloud_sandbox::Sandbox;
use serde_json::json;

use crate::arguments;

pub(crate) async fn run(arguments: arguments::Sandbox, out: &mut impl Write) -> anyhow::Result<()> {
    let mut builder = Sandbox::builder().port(arguments.port);
    for (url, path) in arguments.url_file {
        builder = builder.url_file(url, path);
    }
    let sandbox = builder.start().await?;
    if arguments.json {
        let line = json!({
            "base_url": sandbox.base_url(),
            "token_url": sandbox.token_url(),
            "client_id": sandbox.client_id(),
            "client_secret": sandbox.client_secret(),
            "admin_url": sandbox.admin_url(),
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
            "The sandbox serves until Ctrl-C. Paste the lines above into another terminal to use it there."
        );
    }
    out.flush()?;
    sandbox.run_until(told_to_stop()).await?;
    Ok(())
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
