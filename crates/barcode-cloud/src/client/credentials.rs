//! Reads the credentials of a client from its configuration and from the environment.

use std::path::PathBuf;

use barcode_cloud_auth::{ClientCredentials, TokenSource};
use secrecy::SecretString;

use crate::config::Config;
use crate::error::ConfigurationError;

pub(crate) const CLIENT_ID: &str = "BARCODE_CLOUD_CLIENT_ID";
pub(crate) const CLIENT_SECRET: &str = "BARCODE_CLOUD_CLIENT_SECRET";
pub(crate) const ACCESS_TOKEN: &str = "BARCODE_CLOUD_ACCESS_TOKEN";
pub(crate) const BASE_URL: &str = "BARCODE_CLOUD_BASE_URL";
pub(crate) const TOKEN_URL: &str = "BARCODE_CLOUD_TOKEN_URL";

/// The settings that environment variables provide.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) base_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) credentials: Option<CredentialSource>,
}

/// Where the access tokens of a client come from.
#[derive(Clone)]
pub(crate) enum CredentialSource {
    Credentials(ClientCredentials),
    File(PathBuf),
    Token(SecretString),
    Source(TokenSource),
}

/// Returns the credentials in a configuration, if there are any.
pub(crate) fn from_config(config: &Config) -> Result<Option<CredentialSource>, ConfigurationError> {
    if let Some(token) = &config.access_token {
        return Ok(Some(CredentialSource::Token(token.clone())));
    }
    if let Some(path) = &config.credentials_file {
        return Ok(Some(CredentialSource::File(path.clone())));
    }
    client_credentials(
        ("client_id", config.client_id.as_deref()),
        ("client_secret", config.client_secret.clone()),
    )
}

/// Combines a client id and a secret. Returns `None` if both are missing, and an error if only one
/// is.
fn client_credentials(
    (id_name, id): (&'static str, Option<&str>),
    (secret_name, secret): (&'static str, Option<SecretString>),
) -> Result<Option<CredentialSource>, ConfigurationError> {
    let (given, missing) = match (id, secret) {
        (Some(id), Some(secret)) => {
            let credentials = ClientCredentials::new(id, secret);
            let credentials = credentials.map_err(ConfigurationError::Auth)?;
            return Ok(Some(CredentialSource::Credentials(credentials)));
        }
        (None, None) => return Ok(None),
        (Some(_), None) => (id_name, secret_name),
        (None, Some(_)) => (secret_name, id_name),
    };
    Err(ConfigurationError::MissingSetting { given, missing })
}

impl Environment {
    /// Reads the variables that are set; `variable` returns the value of one.
    pub(crate) fn read(
        variable: impl Fn(&'static str) -> Result<Option<String>, barcode_cloud_auth::Error>,
    ) -> Result<Self, ConfigurationError> {
        let read = |name| variable(name).map_err(ConfigurationError::Auth);
        let credentials = match read(ACCESS_TOKEN)? {
            Some(token) => Some(CredentialSource::Token(token.into())),
            None => {
                let secret = read(CLIENT_SECRET)?.map(SecretString::from);
                client_credentials(
                    (CLIENT_ID, read(CLIENT_ID)?.as_deref()),
                    (CLIENT_SECRET, secret),
                )?
            }
        };
        Ok(Self { base_url: read(BASE_URL)?, token_url: read(TOKEN_URL)?, credentials })
    }
}
