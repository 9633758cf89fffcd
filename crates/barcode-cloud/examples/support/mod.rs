//! The client of the examples: of the service where the environment has credentials, of a sandbox otherwise.

use barcode_cloud::{Client, ClientCredentials};
use barcode_cloud_sandbox::Sandbox;

/// Starts a sandbox and makes a client of it.
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

/// A client of the service or of a sandbox, which ends when it is dropped.
#[allow(dead_code, reason = "not every example needs it")]
pub(crate) async fn client() -> anyhow::Result<(Option<Sandbox>, Client)> {
    if std::env::var_os("BARCODE_CLOUD_CLIENT_ID").is_some() {
        return Ok((None, Client::from_env()?));
    }
    eprintln!("no BARCODE_CLOUD_CLIENT_ID: this talks to a sandbox");
    let (sandbox, client) = sandbox().await?;
    Ok((Some(sandbox), client))
}
