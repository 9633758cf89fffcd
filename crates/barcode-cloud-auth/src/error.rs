//! The error type of the crate.
//!
//! All callers of a failed fetch share one error, so it contains an `Arc`. It must never contain a
//! secret or a token: the code that builds an error passes text that is already redacted.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

/// The reason why no token could be obtained, or why a request was not authorized.
///
/// [`Display`](fmt::Display) writes a single line that says what to do next; the cause is available
/// through [`source`](StdError::source). Neither of them, nor [`Debug`](fmt::Debug), shows a secret
/// or a token.
///
/// An error is cheap to clone. All callers that waited for a failed fetch get clones of one error.
///
/// ```
/// use barcode_cloud_auth::{ClientCredentials, ErrorKind};
///
/// let error = ClientCredentials::new("", "s3cret").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Credentials);
/// assert!(error.is_permanent());
/// assert_eq!(error.to_string(), "the client id is empty: set it");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is invalid, for example a URL, a static token or a TLS setting.
    Configuration,
    /// The client id or the secret is missing, is empty or could not be read. Nothing was sent.
    Credentials,
    /// The token endpoint responded with an error code of OAuth 2 or an error status.
    Refused,
    /// The token endpoint responded with a success status, but without a valid token.
    InvalidResponse,
    /// The token endpoint could not be reached, or the connection broke.
    Transport,
    /// The token endpoint or the credentials provider did not respond in time.
    Timeout,
    /// The time that the caller waits for a token ended. The fetch continues.
    WaitTimeout,
    /// The runtime of the fetch was shut down, or the call was made outside a Tokio runtime.
    Runtime,
    /// The fetch panicked, because of a bug in a credentials provider or in this crate.
    Panicked,
    /// The request does not go to the configured API, or does not use `https`.
    ForeignOrigin,
}

struct Inner {
    kind: ErrorKind,
    retryable: bool,
    message: String,
    oauth_error: Option<String>,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns `true` if the same call may succeed later without any change.
    ///
    /// The source has already retried for as long as the caller waits.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns `true` if something must be changed first: the secret, a setting or the server.
    ///
    /// The source still retries from time to time, so that it recovers after the secret was
    /// rotated.
    pub fn is_permanent(&self) -> bool {
        !self.0.retryable
    }

    /// Returns the error code of the token endpoint, such as `invalid_client`
    /// ([RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
    pub fn oauth_error(&self) -> Option<&str> {
        self.0.oauth_error.as_deref()
    }

    /// Returns the HTTP status of the token endpoint's response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the `Retry-After` of the token endpoint: how long to wait after its response.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the id that the token endpoint gave the request, from a header such as
    /// `x-request-id`. The support of the server finds the request by it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns `true` if both are clones of the same error. All callers that waited for a failed
    /// fetch get clones of one error.
    pub fn is_same(&self, other: &Error) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Starts an error that lasts until the settings or the server are changed, for a
    /// [`TokenEndpoint`](crate::TokenEndpoint) or
    /// [`CredentialsProvider`](crate::CredentialsProvider) of your own. The message should say what
    /// to do next.
    pub fn permanent(kind: ErrorKind, message: impl Into<String>) -> ErrorBuilder {
        ErrorBuilder::new(kind, false, message.into())
    }

    /// Starts an error that may not occur again when the request is repeated, for a
    /// [`TokenEndpoint`](crate::TokenEndpoint) or
    /// [`CredentialsProvider`](crate::CredentialsProvider) of your own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use barcode_cloud_auth::{Error, ErrorKind};
    ///
    /// let error = Error::retryable(ErrorKind::Transport, "the store is full: try again later")
    ///     .retry_after(Duration::from_secs(2))
    ///     .build();
    /// assert!(error.is_retryable());
    /// ```
    pub fn retryable(kind: ErrorKind, message: impl Into<String>) -> ErrorBuilder {
        ErrorBuilder::new(kind, true, message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("retryable", &self.retryable)
            .field("oauth_error", &self.oauth_error)
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("request_id", &self.request_id)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Adds optional parts to an [`Error`]; [`Error::retryable`] and [`Error::permanent`] return one.
///
/// All parts are logged: they must not contain a secret or a token.
#[derive(Debug)]
#[must_use]
pub struct ErrorBuilder(Inner);

impl ErrorBuilder {
    fn new(kind: ErrorKind, retryable: bool, message: String) -> Self {
        Self(Inner {
            kind,
            retryable,
            message,
            oauth_error: None,
            status: None,
            retry_after: None,
            request_id: None,
            source: None,
        })
    }

    /// Sets [`Error::oauth_error`].
    pub fn oauth_error(mut self, code: impl Into<Option<String>>) -> Self {
        self.0.oauth_error = code.into();
        self
    }

    /// Sets [`Error::status`].
    pub fn status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Sets [`Error::retry_after`]. The next fetch waits for that long, for up to 300 s.
    pub fn retry_after(mut self, wait: impl Into<Option<Duration>>) -> Self {
        self.0.retry_after = wait.into();
        self
    }

    /// Sets [`Error::request_id`].
    pub fn request_id(mut self, id: impl Into<Option<String>>) -> Self {
        self.0.request_id = id.into();
        self
    }

    /// Sets the cause.
    pub fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Finishes the error.
    pub fn build(self) -> Error {
        Error(Arc::new(self.0))
    }
}
