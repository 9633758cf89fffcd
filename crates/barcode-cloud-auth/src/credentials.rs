//! The credentials of a client, and the places they are read from.

use std::env::VarError;
use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, ready};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::error::{Error, ErrorKind};
#[cfg(feature = "private-key-jwt")]
use crate::private_key_jwt::AssertionSigner;

/// A client id and its secret
/// ([RFC 6749 section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
///
/// `Debug` shows the id but not the secret. The memory of the secret is zeroed when the last copy
/// is dropped. That of the form in a token request is not, because HTTP bodies do not support it.
///
/// ```
/// use barcode_cloud_auth::ClientCredentials;
///
/// let credentials = ClientCredentials::new("weather-station", "s3cret")?;
/// assert!(!format!("{credentials:?}").contains("s3cret"));
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct ClientCredentials {
    id: String,
    method: Method,
}

/// How the client authenticates.
#[derive(Clone)]
pub(crate) enum Method {
    Secret(SecretString),
    #[cfg(feature = "private-key-jwt")]
    PrivateKey(Arc<AssertionSigner>),
    /// Nothing but the id is sent.
    IdOnly,
}

impl ClientCredentials {
    /// Creates credentials from an id and a secret, which are not trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`] if either is empty.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Result<Self, Error> {
        let (id, secret) = (id.into(), secret.into());
        Self::check_id(&id)?;
        if secret.expose_secret().is_empty() {
            return Err(invalid("the client secret is empty: set it"));
        }
        Ok(Self { id, method: Method::Secret(secret) })
    }

    /// Creates credentials of a client that the server knows by its TLS certificate:
    /// `tls_client_auth` and `self_signed_tls_client_auth` of
    /// [RFC 8705](https://www.rfc-editor.org/rfc/rfc8705#section-2).
    ///
    /// The requests have the client id and no secret. The certificate and its key are settings of
    /// the [HTTP client](crate::TokenSourceBuilder::http).
    ///
    /// ```no_run
    /// use barcode_cloud_auth::{ClientCredentials, TokenSource};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pem = std::fs::read("/run/secrets/client.pem")?; // the certificate and its key
    /// let identity = reqwest::Identity::from_pem(&pem)?;
    /// let credentials = ClientCredentials::tls_client_auth("weather-station")?;
    /// let source = TokenSource::builder("https://mtls.login.example.com/token", credentials)
    ///     .http(reqwest::Client::builder().identity(identity))
    ///     .api_origin("https://api.example.com")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`] if the id is empty.
    pub fn tls_client_auth(id: impl Into<String>) -> Result<Self, Error> {
        let (id, method) = (id.into(), Method::IdOnly);
        Self::check_id(&id)?;
        Ok(Self { id, method })
    }

    /// Reads the id and the secret from environment variables. [`EnvCredentials`] reads them for
    /// each fetch instead.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`] if a variable is not set, is empty or is not UTF-8; the error
    /// names it.
    pub fn from_env(id_var: &str, secret_var: &str) -> Result<Self, Error> {
        let required = |name: &str| {
            let message = format!("the environment variable {name} is not set: set it");
            env_var(name)?.ok_or_else(|| invalid(message))
        };
        let secret = Zeroizing::new(required(secret_var)?);
        Self::new(required(id_var)?, secret.as_str())
    }

    #[cfg(feature = "private-key-jwt")]
    pub(crate) fn with_private_key(id: String, signer: AssertionSigner) -> Result<Self, Error> {
        Self::check_id(&id)?;
        let method = Method::PrivateKey(Arc::new(signer));
        Ok(Self { id, method })
    }

    pub(crate) fn check_id(id: &str) -> Result<(), Error> {
        match id.is_empty() {
            true => Err(invalid("the client id is empty: set it")),
            false => Ok(()),
        }
    }

    /// Stands for the client of a token endpoint that needs no credentials.
    pub(crate) fn anonymous() -> Self {
        Self { id: String::new(), method: Method::IdOnly }
    }

    /// Returns the client id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the client secret, for token endpoints of your own. `None` if the client
    /// authenticates in another way.
    pub fn secret(&self) -> Option<&SecretString> {
        match &self.method {
            Method::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn same_as(&self, other: &ClientCredentials) -> bool {
        self.id == other.id && self.method.same_as(&other.method)
    }
}

impl Method {
    fn same_as(&self, other: &Method) -> bool {
        match (self, other) {
            (Self::Secret(one), Self::Secret(other)) => {
                one.expose_secret() == other.expose_secret()
            }
            #[cfg(feature = "private-key-jwt")]
            (Self::PrivateKey(one), Self::PrivateKey(other)) => one.same_as(other),
            (Self::IdOnly, Self::IdOnly) => true,
            _ => false,
        }
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The future that [`CredentialsProvider::credentials`] returns.
pub type CredentialsFuture<'a> = Pin<
    Box<
        dyn Future<Output = Result<ClientCredentials, Box<dyn StdError + Send + Sync>>> + Send + 'a,
    >,
>;

/// Provides the credentials of each token request.
///
/// It is called for each token request, so a rotated secret is used without a restart.
/// [`ClientCredentials`] implements it by returning itself.
///
/// An error should say what to do next and must not contain a secret: it becomes the
/// [`source`](StdError::source) of an [`Error`], unless it is an [`Error`] itself. A provider that
/// hangs or panics makes only the current fetch fail.
///
/// ```
/// use barcode_cloud_auth::{ClientCredentials, CredentialsFuture, CredentialsProvider};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl CredentialsProvider for Vault {
///     fn credentials(&self) -> CredentialsFuture<'_> {
///         Box::pin(async { Ok(ClientCredentials::new("weather-station", ask_vault().await?)?) })
///     }
/// }
///
/// async fn ask_vault() -> Result<String, std::io::Error> {
///     Ok("s3cret".to_owned())
/// }
/// ```
pub trait CredentialsProvider: fmt::Debug + Send + Sync + 'static {
    /// Returns the current credentials.
    fn credentials(&self) -> CredentialsFuture<'_>;
}

impl CredentialsProvider for ClientCredentials {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(ready(Ok(self.clone())))
    }
}

impl<P: CredentialsProvider + ?Sized> CredentialsProvider for Arc<P> {
    fn credentials(&self) -> CredentialsFuture<'_> {
        (**self).credentials()
    }
}

/// Credentials in two environment variables, which are read for each fetch.
///
/// ```
/// use barcode_cloud_auth::{EnvCredentials, TokenSource};
///
/// let provider = EnvCredentials::new("WEATHER_CLIENT_ID", "WEATHER_CLIENT_SECRET");
/// let source = TokenSource::builder("https://login.example.com/token", provider).build()?;
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct EnvCredentials {
    id_var: String,
    secret_var: String,
}

impl EnvCredentials {
    /// Sets the names of the variables, which are not read yet.
    pub fn new(id_var: impl Into<String>, secret_var: impl Into<String>) -> Self {
        Self { id_var: id_var.into(), secret_var: secret_var.into() }
    }
}

impl CredentialsProvider for EnvCredentials {
    fn credentials(&self) -> CredentialsFuture<'_> {
        let read = ClientCredentials::from_env(&self.id_var, &self.secret_var);
        Box::pin(ready(read.map_err(Into::into)))
    }
}

/// Credentials in a JSON file, which is read for each fetch.
///
/// The file contains `{"client_id": "…", "client_secret": "…"}`, with the names of
/// [RFC 7591 section 3.2.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1). Other members
/// are ignored.
///
/// To rotate the secret, write a new file and rename it over the old one, so that both values
/// change together. A mounted Kubernetes secret is updated like this.
///
/// ```
/// use barcode_cloud_auth::{FileCredentials, TokenSource};
///
/// let provider = FileCredentials::new("/run/secrets/weather.json");
/// let source = TokenSource::builder("https://login.example.com/token", provider).build()?;
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileCredentials {
    path: PathBuf,
}

impl FileCredentials {
    /// Sets the path of the file, which is not read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    async fn read(&self) -> Result<ClientCredentials, Error> {
        let path = self.path.display();
        let bytes = tokio::fs::read(&self.path).await.map(Zeroizing::new).map_err(|source| {
            let message = format!(
                "cannot read the credentials file {path}: check the path and its permissions"
            );
            Error::permanent(ErrorKind::Credentials, message).source(source).build()
        })?;
        // The error of the parser may quote the file, so only its position is reported.
        let file: CredentialsFile = serde_json::from_slice(&bytes).map_err(|error| {
            invalid(format!(
                "the credentials file {path} is invalid at line {}, column {}: write {{\"client_id\": \"…\", \"client_secret\": \"…\"}}",
                error.line(),
                error.column(),
            ))
        })?;
        ClientCredentials::new(file.client_id, file.client_secret).map_err(|source| {
            let message = format!("the credentials file {path} has an empty value: fill it in");
            Error::permanent(ErrorKind::Credentials, message).source(source).build()
        })
    }
}

impl CredentialsProvider for FileCredentials {
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(async { self.read().await.map_err(Into::into) })
    }
}

#[derive(Deserialize)]
struct CredentialsFile {
    client_id: String,
    client_secret: String,
}

/// Reads an environment variable. Returns `None` if it is not set.
///
/// ```
/// assert_eq!(barcode_cloud_auth::env_var("A_VARIABLE_THAT_IS_NOT_SET")?, None);
/// # Ok::<(), barcode_cloud_auth::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Credentials`] if the variable is empty or is not UTF-8; the error names it.
pub fn env_var(name: &str) -> Result<Option<String>, Error> {
    let fault = match std::env::var(name) {
        Ok(value) if value.is_empty() => "is empty: set a value or unset it",
        Ok(value) => return Ok(Some(value)),
        Err(VarError::NotPresent) => return Ok(None),
        // The source would contain the value, so it is left out.
        Err(VarError::NotUnicode(_)) => "is not UTF-8: correct it",
    };
    Err(invalid(format!("the environment variable {name} {fault}")))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::Credentials, message).build()
}
