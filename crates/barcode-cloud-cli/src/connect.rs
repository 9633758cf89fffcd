//! Connects a command to the service configured in the environment, or to a sandbox inside this
//! program.

use std::time::Duration;

use barcode_cloud::{Client, ClientBuilder, ClientCredentials, ConfigurationError, Error};
use barcode_cloud_sandbox::Sandbox;

use crate::arguments::Service;

/// How long a person waits for an unreachable token endpoint. The client itself would retry for
/// longer, which suits services.
const TOKEN_WAIT: Duration = Duration::from_secs(3);

/// A client, and the embedded sandbox that it calls, if any. Dropping the connection stops the
/// sandbox.
pub(crate) struct Connection {
    pub(crate) client: Client,
    _sandbox: Option<Sandbox>,
}

pub(crate) async fn connect(service: Service) -> anyhow::Result<Connection> {
    if service.sandbox {
        let sandbox = Sandbox::start().await?;
        let client = limited(sandbox_client(&sandbox)?, service).build()?;
        return Ok(Connection {
            client,
            _sandbox: Some(sandbox),
        });
    }
    let builder = Client::builder().env();
    let client = builder.and_then(|builder| limited(builder, service).build());
    let client = client.map_err(|error| match error {
        Error::Configuration(
            missing @ (ConfigurationError::NoCredentials
            | ConfigurationError::MissingSetting { .. }),
        ) => anyhow::anyhow!("{missing} (with --sandbox, no credentials are needed)"),
        error => error.into(),
    })?;
    let wait = service.timeout.unwrap_or(TOKEN_WAIT);
    let token = client.token_source().token_within(wait).await;
    token.map_err(Error::Auth)?;
    Ok(Connection {
        client,
        _sandbox: None,
    })
}

/// Returns a client that is configured to call `sandbox`.
pub(crate) fn to_sandbox(sandbox: &Sandbox) -> anyhow::Result<Client> {
    Ok(sandbox_client(sandbox)?.build()?)
}

fn sandbox_client(sandbox: &Sandbox) -> anyhow::Result<ClientBuilder> {
    let credentials = ClientCredentials::new(sandbox.client_id(), sandbox.client_secret())?;
    Ok(Client::builder()
        .credentials(credentials)
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url()))
}

/// Applies `--timeout`.
fn limited(builder: ClientBuilder, service: Service) -> ClientBuilder {
    match service.timeout {
        Some(limit) => builder.timeout(limit),
        None => builder,
    }
}
