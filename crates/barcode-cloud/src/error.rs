//! What can go wrong in a call, as one type: what happened, what the service said, what to do next.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use reqwest::StatusCode;

/// Why a call failed.
///
/// [`Display`](fmt::Display) is one line that says what to do next; causes stay in
/// [`source`](std::error::Error::source). Neither that line nor [`Debug`](fmt::Debug) shows a secret or a token, nor more
/// of a barcode's data than the service's own message tells. The cause of an [`InvalidResponse`] may quote the answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the client is missing or wrong; nothing was sent.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// An argument cannot be sent; nothing was.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No token could be obtained; the request was not sent.
    #[error(transparent)]
    Auth(barcode_cloud_auth::Error),
    /// The service answered with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The service could not be reached, or the connection broke. A request whose answer was lost may have been
    /// billed.
    #[error(
        "{}; check the network and the address, then try again",
        transport_text(source)
    )]
    Transport {
        /// What reqwest said, without the address: that may hold the data of a barcode.
        source: reqwest::Error,
    },
    /// The service answered with success, but not as the document says.
    #[error(transparent)]
    InvalidResponse(Box<InvalidResponse>),
}

/// What is wrong with the settings of a client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// There is nothing to prove to the service who calls.
    #[error("no credentials: give the builder `credentials`, or a `token_source`")]
    NoCredentials,
    /// A variable of the environment is wrong.
    #[error("the environment variable {name} {fault}: set it or unset it")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The base URL is none.
    #[error("the base URL is not an absolute URL ({0}): write it as https://host/v4.0")]
    BaseUrl(&'static str),
    /// The credentials, the token or an address is wrong.
    #[error(transparent)]
    Auth(barcode_cloud_auth::Error),
    /// No HTTP client can be set up.
    #[error("cannot set up an HTTP client: {0}")]
    Http(#[source] reqwest::Error),
}

/// An argument that cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidInput {
    field: Cow<'static, str>,
    reason: String,
}

impl InvalidInput {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self {
            field: Cow::Borrowed(field),
            reason: reason.into(),
        }
    }

    /// What the generated client says of an argument: the field's name comes first where it knows one.
    pub(crate) fn from_client(said: String) -> Self {
        match said.split_once(": ") {
            Some((field, reason)) if field.chars().all(char::is_alphanumeric) => Self {
                field: Cow::Owned(field.to_owned()),
                reason: reason.to_owned(),
            },
            _ => Self::new("request", said),
        }
    }

    /// The argument.
    pub fn field(&self) -> &str {
        &self.field
    }
}

/// An error that the service answered with.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// Id of the request, to quote to support.
    pub request_id: Option<String>,
    /// Name of the error, for programs, such as `errorInvalidInputData`.
    pub code: Option<String>,
    /// What is wrong, for people.
    pub message: Option<String>,
    /// What the code means in general.
    pub description: Option<String>,
    /// The beginning of the body, where it was not as the document says.
    pub body: Option<String>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service answered {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        if let Some(message) = self.message.as_ref().or(self.description.as_ref()) {
            write!(f, ": {}", message.trim())?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        match self.status.as_u16() {
            401 => f.write_str("; check the client id and secret"),
            403 => f.write_str("; ask the account's owner for access"),
            429 | 500..=599 => f.write_str("; try again later"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

/// The body is measured, not shown: nobody knows what it holds.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("description", &self.description)
            .field("body_bytes", &self.body.as_ref().map(String::len))
            .finish()
    }
}

/// A success that is not as the document says.
pub struct InvalidResponse {
    pub(crate) reason: &'static str,
    pub(crate) text: String,
    pub(crate) source: Option<serde_json::Error>,
}

impl InvalidResponse {
    /// The beginning of the body, as text.
    pub fn body(&self) -> &str {
        &self.text
    }
}

/// The answer is measured, not shown: it may hold what barcodes say.
impl fmt::Debug for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidResponse")
            .field("reason", &self.reason)
            .field("body_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the answer is {}; check that the base URL is the service's",
            self.reason
        )
    }
}

impl std::error::Error for InvalidResponse {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

impl Error {
    pub(crate) fn transport(source: reqwest::Error) -> Self {
        Self::Transport {
            source: source.without_url(),
        }
    }

    /// The HTTP status that the service, or the token endpoint, answered with.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Auth(error) => error.status(),
            Self::Transport { source } => source.status(),
            _ => None,
        }
    }

    /// Id of the failed request, to quote to support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            _ => None,
        }
    }

    /// Name of the error as the service, or the token endpoint, gives it, such as `errorInvalidInputData` or
    /// `invalid_client`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.code.as_deref(),
            Self::Auth(error) => error.oauth_error(),
            _ => None,
        }
    }

    /// What the service says is wrong.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.message.as_deref(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later with nothing changed on this side. A call that was answered, or whose
    /// answer was lost, may be billed again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => matches!(error.status.as_u16(), 429 | 502 | 503 | 504),
            Self::Auth(error) => error.is_retryable(),
            Self::Transport { .. } => true,
            _ => false,
        }
    }

    /// Whether the caller could not prove who it is: no token, or one that the service refuses.
    pub fn is_auth(&self) -> bool {
        matches!(self, Self::Auth(_)) || self.status() == Some(StatusCode::UNAUTHORIZED)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<InvalidResponse> for Error {
    fn from(error: InvalidResponse) -> Self {
        Self::InvalidResponse(Box::new(error))
    }
}

fn transport_text(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "the service did not answer in time"
    } else if error.is_connect() {
        "cannot connect to the service"
    } else {
        "the exchange with the service broke off"
    }
}
