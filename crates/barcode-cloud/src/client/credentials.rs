//! What proves to the service who calls, as a configuration or the environment has it.

use std::env::VarError;
use std::path::PathBuf;

use barcode_cloud_auth::{ClientCredentials, TokenSource};
use secrecy::SecretString;

use crate::Config;
use crate::error::ConfigurationError;

pub(crate) const CLIENT_ID: &str = "BARCODE_CLOUD_CLIENT_ID";
pub(crate) const CLIENT_SECRET: &str = "BARCODE_CLOUD_CLIENT_SECRET";
pub(crate) const ACCESS_TOKEN: &str = "BARCODE_CLOUD_ACCESS_TOKEN";
pub(crate) const BASE_URL: &str = "BARCODE_CLOUD_BASE_URL";
pub(crate) const TOKEN_URL: &str = "BARCODE_CLOUD_TOKEN_URL";

/// What the environment sets.
#[derive(Default)]
pub(crate) struct Environment {
    pub(crate) base_url: Option<String>,
    pub(crate) token_url: Option<String>,
    pub(crate) authority: Option<Authority>,
}

/// What proves to the service who calls.
#[derive(Clone)]
pub(crate) enum Authority {
    Credentials(ClientCredentials),
    File(PathBuf),
    Token(SecretString),
    Source(TokenSource),
}

/// What a configuration has to prove who calls, if anything.
pub(crate) fn configured(config: &Config) -> Result<Option<Authority>, ConfigurationError> {
    if let Some(token) = &config.access_token {
        return Ok(Some(Authority::Token(token.clone())));
    }
    if let Some(path) = &config.credentials_file {
        return Ok(Some(Authority::File(path.clone())));
    }
    pair(
        ("client_id", config.client_id.as_deref()),
        ("client_secret", config.client_secret.clone()),
    )
}

/// Credentials of both, none of neither.
fn pair(
    (id_name, id): (&'static str, Option<&str>),
    (secret_name, secret): (&'static str, Option<SecretString>),
) -> Result<Option<Authority>, ConfigurationError> {
    let (given, missing) = match (id, secret) {
        (Some(id), Some(secret)) => {
            let credentials = ClientCredentials::new(id, secret);
            let credentials = credentials.map_err(ConfigurationError::Auth)?;
            return Ok(Some(Authority::Credentials(credentials)));
        }
        (None, None) => return Ok(None),
        (Some(_), None) => (id_name, secret_name),
        (None, Some(_)) => (secret_name, id_name),
    };
    Err(ConfigurationError::Half { given, missing })
}

impl Environment {
    pub(crate) fn read(
        variables: impl Fn(&'static str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigurationError> {
        let read = |name| value(name, variables(name));
        let authority = match read(ACCESS_TOKEN)? {
            Some(token) => Some(Authority::Token(token.into())),
            None => {
                let secret = read(CLIENT_SECRET)?.map(SecretString::from);
                pair(
                    (CLIENT_ID, read(CLIENT_ID)?.as_deref()),
                    (CLIENT_SECRET, secret),
                )?
            }
        };
        Ok(Self {
            base_url: read(BASE_URL)?,
            token_url: read(TOKEN_URL)?,
            authority,
        })
    }
}

/// What a variable of the environment holds; one that is set but empty is a mistake, not a default.
fn value(
    name: &'static str,
    read: Result<String, VarError>,
) -> Result<Option<String>, ConfigurationError> {
    let fault = |fault| Err(ConfigurationError::Variable { name, fault });
    match read {
        Ok(value) if value.is_empty() => fault("is empty"),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => fault("is not UTF-8"),
    }
}
