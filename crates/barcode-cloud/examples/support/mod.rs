//! The client that the examples use: of the service if the environment contains credentials,
//! otherwise of a sandbox.

use barcode_cloud::{Client, ClientCredentials};
use barcode_cloud_sandbox::Sandbox;

/// Starts a sandbox and builds a client for it.
pub(crate) async fn sandbox() -> anyhow::Result<(Sandbox, Client)> {
    let sandbox = Sandbox::start().await?;
    let credentials = ClientCredentials::new(sandbox.client_id(), sandbox.client_secret())?;
    let client = Client::builder()
        .credentials(credentials)
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url())
        .build()?;
    Ok((sandbox, client))
}

/// Returns a client of the service or of a sandbox. The sandbox stops when it is dropped.
#[allow(dead_code, reason = "not every example uses it")]
pub(crate) async fn client() -> anyhow::Result<(Option<Sandbox>, Client)> {
    if std::env::var_os("BARCODE_CLOUD_CLIENT_ID").is_some() {
        return Ok((None, Client::from_env()?));
    }
    eprintln!("BARCODE_CLOUD_CLIENT_ID is not set: using a sandbox");
    let (sandbox, client) = sandbox().await?;
    Ok((Some(sandbox), client))
}
