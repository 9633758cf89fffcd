//! The client's id and secret, and where they come from. Knows no token endpoint.

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

/// A client id and its secret
/// ([RFC 6749 section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
///
/// `Debug` shows the id and hides the secret. The secret is wiped from memory when the last copy is
/// dropped; the form that carries it to the server is not, because HTTP bodies cannot be.
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
    secret: SecretString,
}

impl ClientCredentials {
    /// Takes the id and the secret exactly as they are; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`] when either is empty.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Result<Self, Error> {
        let (id, secret) = (id.into(), secret.into());
        if id.is_empty() {
            return Err(unusable("the client id is empty: set it"));
        }
        if secret.expose_secret().is_empty() {
            return Err(unusable("the client secret is empty: set it"));
        }
        Ok(Self { id, secret })
    }

    /// Reads both from environment variables, once; [`EnvCredentials`] reads them for each fetch.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Credentials`], naming the variable, when it is not set, set but empty, or not
    /// Unicode.
    pub fn from_env(id_var: &str, secret_var: &str) -> Result<Self, Error> {
        Self::new(
            variable(id_var)?,
            Zeroizing::new(variable(secret_var)?).as_str(),
        )
    }

    /// The client id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }

    pub(crate) fn same_as(&self, other: &ClientCredentials) -> bool {
        self.id == other.id && self.secret() == other.secret()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("id", &self.id)
            .field("secret", &"[redacted]")
            .finish()
    }
}

/// What [`CredentialsProvider::credentials`] returns.
pub type CredentialsFuture<'a> = Pin<
    Box<
        dyn Future<Output = Result<ClientCredentials, Box<dyn StdError + Send + Sync>>> + Send + 'a,
    >,
>;

/// Supplies the id and secret for one fetch.
///
/// It is called for each token request, so a rotated secret is picked up without a restart.
/// [`ClientCredentials`] is the provider that always returns itself.
///
/// The error should say what to do next and must hold no secret: it becomes the
/// [`source`](StdError::source) of an [`Error`], or the error itself if it is one. A provider that
/// never answers is cut off by the fetch's deadline; one that panics costs that fetch only.
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
    /// The credentials as they are now.
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
#[derive(Debug, Clone)]
pub struct EnvCredentials {
    id_var: String,
    secret_var: String,
}

impl EnvCredentials {
    /// Names the variables; nothing is read yet.
    pub fn new(id_var: impl Into<String>, secret_var: impl Into<String>) -> Self {
        Self {
            id_var: id_var.into(),
            secret_var: secret_var.into(),
        }
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
/// The file holds `{"client_id": "…", "client_secret": "…"}`, the names of
/// [RFC 7591 section 3.2.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1); other members
/// are ignored. Both are in one file so that a rotation replaces them together: write a new file
/// and rename it over the old one, as a mounted Kubernetes secret does.
#[derive(Debug, Clone)]
pub struct FileCredentials {
    path: PathBuf,
}

impl FileCredentials {
    /// Names the file; nothing is read yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    async fn read(&self) -> Result<ClientCredentials, Error> {
        let path = self.path.display();
        let bytes = tokio::fs::read(&self.path)
            .await
            .map(Zeroizing::new)
            .map_err(|source| {
                let message = format!(
                    "cannot read the credentials file {path}: check the path and its permissions"
                );
                Error::permanent(ErrorKind::Credentials, message)
                    .source(source)
                    .build()
            })?;
        // The error of the parser may quote the file, so only its position is reported.
        let file: CredentialsFile = serde_json::from_slice(&bytes).map_err(|error| {
            unusable(format!(
                "the credentials file {path} is not usable at line {}, column {}: write {{\"client_id\": \"…\", \"client_secret\": \"…\"}}",
                error.line(),
                error.column(),
            ))
        })?;
        ClientCredentials::new(file.client_id, file.client_secret).map_err(|source| {
            let message = format!("the credentials file {path} has an empty value: fill it in");
            Error::permanent(ErrorKind::Credentials, message)
                .source(source)
                .build()
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

fn variable(name: &str) -> Result<String, Error> {
    use std::env::VarError;
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Err(unusable(format!(
            "the environment variable {name} is empty: give it a value"
        ))),
        Ok(value) => Ok(value),
        Err(VarError::NotPresent) => Err(unusable(format!(
            "the environment variable {name} is not set: set it"
        ))),
        // The source would contain the value, so it is left out.
        Err(VarError::NotUnicode(_)) => Err(unusable(format!(
            "the environment variable {name} is not Unicode: correct it"
        ))),
    }
}

fn unusable(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::Credentials, message).build()
}
