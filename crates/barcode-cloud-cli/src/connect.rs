//! Connects a command to the service configured in the environment or in a profile, or to a sandbox
//! inside this program.

use std::path::Path;
use std::time::Duration;

use barcode_cloud::{Client, ClientBuilder, ClientCredentials, Config, api};
use barcode_cloud_sandbox::Sandbox;
use serde_json::Value;

use crate::arguments::Service;
use crate::profile::{self, Profile};

/// How long a person waits for an unreachable token endpoint. The client itself would retry for
/// longer, which suits services.
const TOKEN_WAIT: Duration = Duration::from_secs(3);

/// A client, and the embedded sandbox that it calls, if any. Dropping the connection stops the
/// sandbox.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    _sandbox: Option<Sandbox>,
}

/// The settings of a client that are not secret.
pub(crate) struct Settings {
    /// Where the credentials come from.
    pub(crate) origin: String,
    pub(crate) client_id: Option<String>,
    pub(crate) base_url: String,
    pub(crate) token_url: String,
}

/// Connects to the service and obtains a token, so that wrong credentials fail before any work.
pub(crate) async fn connect(service: Service) -> anyhow::Result<Connection> {
    let timeout = service.timeout;
    let connection = prepare(service).await?;
    connection.obtain_token(timeout).await?;
    Ok(connection)
}

/// Creates the client without sending anything.
pub(crate) async fn prepare(service: Service) -> anyhow::Result<Connection> {
    if service.sandbox {
        let sandbox = Sandbox::start().await?;
        let (builder, settings) = (sandbox_builder(&sandbox)?, sandbox_settings(&sandbox));
        return Connection::new(builder, service.timeout, settings, Some(sandbox));
    }
    with_profile(profile::load(service.profile.as_deref())?, service.timeout)
}

/// Creates the client of a profile, or of the environment.
pub(crate) fn with_profile(
    profile: Option<Profile>,
    timeout: Option<Duration>,
) -> anyhow::Result<Connection> {
    let origin = match &profile {
        Some(profile) => format!("profile `{}`", profile.name),
        None => "environment".to_owned(),
    };
    let config = profile.map(|profile| profile.config).unwrap_or_default();
    let settings = settings(origin, &config);
    Connection::new(Client::builder().config(config).env()?, timeout, settings, None)
}

impl Connection {
    fn new(
        builder: ClientBuilder,
        timeout: Option<Duration>,
        settings: Settings,
        sandbox: Option<Sandbox>,
    ) -> anyhow::Result<Self> {
        let builder = match timeout {
            Some(limit) => builder.timeout(limit),
            None => builder,
        };
        Ok(Self { client: builder.build()?, settings, _sandbox: sandbox })
    }

    /// Obtains a token within the limit of a call, and of what a person waits.
    pub(crate) async fn obtain_token(&self, timeout: Option<Duration>) -> anyhow::Result<()> {
        let limit = timeout.map_or(TOKEN_WAIT, |limit| limit.min(TOKEN_WAIT));
        self.client.token_source().token_within(limit).await?;
        Ok(())
    }
}

/// Returns a client that is configured to call `sandbox`.
pub(crate) fn to_sandbox(sandbox: &Sandbox) -> anyhow::Result<Client> {
    Ok(sandbox_builder(sandbox)?.build()?)
}

fn sandbox_builder(sandbox: &Sandbox) -> anyhow::Result<ClientBuilder> {
    let credentials = ClientCredentials::new(sandbox.client_id(), sandbox.client_secret())?;
    Ok(Client::builder()
        .credentials(credentials)
        .base_url(sandbox.base_url())
        .token_url(sandbox.token_url()))
}

fn sandbox_settings(sandbox: &Sandbox) -> Settings {
    Settings {
        origin: "sandbox".to_owned(),
        client_id: Some(sandbox.client_id().to_owned()),
        base_url: sandbox.base_url().to_owned(),
        token_url: sandbox.token_url().to_owned(),
    }
}

/// Returns the settings as the client itself reads them: from `config`, or else the environment.
fn settings(origin: String, config: &Config) -> Settings {
    let setting = |value: &Option<String>, name: &str| {
        let value = value.clone();
        value.or_else(|| std::env::var(name).ok())
    };
    let base_url = setting(&config.base_url, "BARCODE_CLOUD_BASE_URL");
    let token_url = setting(&config.token_url, "BARCODE_CLOUD_TOKEN_URL");
    Settings {
        origin,
        client_id: match &config.credentials_file {
            Some(path) => client_id_in(path),
            None => setting(&config.client_id, "BARCODE_CLOUD_CLIENT_ID"),
        },
        base_url: base_url.unwrap_or_else(|| api::BASE_URL.to_owned()),
        token_url: token_url.unwrap_or_else(|| api::TOKEN_URL.to_owned()),
    }
}

/// Returns the client id in a file of credentials. If it cannot be read, obtaining a token fails
/// with the reason.
fn client_id_in(path: &Path) -> Option<String> {
    let file: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    file["client_id"].as_str().map(str::to_owned)
}
