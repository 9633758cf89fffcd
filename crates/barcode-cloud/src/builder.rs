//! The settings of a client, by method or from the environment, and their checking.

use std::time::Duration;

use barcode_cloud_auth::{ClientCredentials, TokenSource};
use barcode_cloud_client::{BASE_URL, TOKEN_URL};

use crate::error::ConfigurationError;
use crate::{Client, Error};

const CLIENT_ID: &str = "BARCODE_CLOUD_CLIENT_ID";
const CLIENT_SECRET: &str = "BARCODE_CLOUD_CLIENT_SECRET";
const ACCESS_TOKEN: &str = "BARCODE_CLOUD_ACCESS_TOKEN";
const BASE_URL_VAR: &str = "BARCODE_CLOUD_BASE_URL";
const TOKEN_URL_VAR: &str = "BARCODE_CLOUD_TOKEN_URL";

const USER_AGENT: &str = concat!("barcode-cloud/", env!("CARGO_PKG_VERSION"));

/// Builds a [`Client`]; made by [`Client::builder`].
///
/// ```
/// use std::time::Duration;
/// use barcode_cloud::{Client, ClientCredentials};
///
/// let client = Client::builder()
///     .credentials(ClientCredentials::new("id", "secret")?)
///     .timeout(Duration::from_secs(20))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[derive(Debug)]
pub struct ClientBuilder {
    authority: Option<Authority>,
    base_url: String,
    token_url: String,
    timeout: Duration,
    http: Option<reqwest::Client>,
}

/// What proves to the service who calls.
#[derive(Debug)]
enum Authority {
    Credentials(ClientCredentials),
    Source(TokenSource),
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            authority: None,
            base_url: BASE_URL.to_owned(),
            token_url: TOKEN_URL.to_owned(),
            timeout: Duration::from_secs(100),
            http: None,
        }
    }
}

impl ClientBuilder {
    /// Obtains tokens with these credentials. The secret is sent to the token address and nowhere else.
    pub fn credentials(mut self, credentials: ClientCredentials) -> Self {
        self.authority = Some(Authority::Credentials(credentials));
        self
    }

    /// Takes tokens from a source of the caller's, instead of credentials. Its
    /// [`api_origin`](barcode_cloud_auth::TokenSourceBuilder::api_origin) is the caller's to set.
    pub fn token_source(mut self, source: TokenSource) -> Self {
        self.authority = Some(Authority::Source(source));
        self
    }

    /// Calls the service at this address instead of [`BASE_URL`]; for a sandbox or a gateway.
    ///
    /// `https` only, but for loopback addresses. The token is sent to this origin and no other.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Obtains tokens at this address instead of [`TOKEN_URL`]. `https` only, but for loopback addresses.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = url.into();
        self
    }

    /// For one request, from connecting to the last byte of the answer. 100 s by default: a large picture has to go up
    /// and be read.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends requests with this HTTP client, whose settings then stand as they are:
    /// [`timeout`](Self::timeout) does nothing. Token requests have a client of their own.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Takes over what the environment sets; [`Client::from_env`] lists the variables.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where neither a token nor credentials are set, or a variable is empty.
    pub fn env(mut self) -> Result<Self, Error> {
        if let Some(url) = variable(BASE_URL_VAR)? {
            self.base_url = url;
        }
        if let Some(url) = variable(TOKEN_URL_VAR)? {
            self.token_url = url;
        }
        self.authority = Some(match variable(ACCESS_TOKEN)? {
            Some(token) => Authority::Source(
                TokenSource::static_token(token)
                    .api_origin(&self.base_url)
                    .allow_insecure_loopback(true)
                    .build()
                    .map_err(ConfigurationError::Auth)?,
            ),
            None => Authority::Credentials(
                ClientCredentials::from_env(CLIENT_ID, CLIENT_SECRET)
                    .map_err(ConfigurationError::Auth)?,
            ),
        });
        Ok(self)
    }

    /// Checks the settings. Needs no runtime and sends nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where credentials are missing, an address is not one that a token may be sent to, or
    /// no HTTP client can be set up.
    pub fn build(self) -> Result<Client, Error> {
        // Its text may be anything by mistake, a secret too: it is not shown.
        let base_url = reqwest::Url::parse(&self.base_url)
            .map_err(|_| ConfigurationError::BaseUrl("it cannot be parsed"))?;
        if base_url.query().is_some() || base_url.fragment().is_some() {
            return Err(ConfigurationError::BaseUrl("it has a query or a fragment").into());
        }
        let tokens = match self.authority {
            None => return Err(ConfigurationError::NoCredentials.into()),
            Some(Authority::Source(source)) => source,
            Some(Authority::Credentials(credentials)) => {
                TokenSource::builder(self.token_url, credentials)
                    .api_origin(&self.base_url)
                    // An address on this machine is opt-in enough: nobody else can listen there.
                    .allow_insecure_loopback(true)
                    .http(reqwest::Client::builder().user_agent(USER_AGENT))
                    .build()
                    .map_err(ConfigurationError::Auth)?
            }
        };
        let http = match self.http {
            Some(http) => http,
            None => reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .connect_timeout(Duration::from_secs(10))
                .timeout(self.timeout)
                // The service does not redirect; following would send data to who knows where.
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(ConfigurationError::Http)?,
        };
        let base_url = self.base_url.trim_end_matches('/').to_owned();
        Ok(Client::from_parts(base_url, http, tokens))
    }
}

/// A variable of the environment; one that is set but empty is a mistake, not a default.
fn variable(name: &'static str) -> Result<Option<String>, ConfigurationError> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Err(ConfigurationError::Variable {
            name,
            fault: "is empty",
        }),
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(ConfigurationError::Variable {
            name,
            fault: "is not UTF-8",
        }),
    }
}
