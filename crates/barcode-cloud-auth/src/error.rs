//! The crate's one error type: what went wrong, whether waiting helps, what to do next.
//!
//! It is shared by every caller of a failed fetch, so it is an `Arc` inside. It must never hold a
//! secret or a token: the code that builds an error passes text that is already redacted.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

/// Why there is no token, or why a request was not authorized.
///
/// [`Display`](fmt::Display) is one line that ends with what to do next; the cause stays in
/// [`source`](StdError::source). Neither they nor [`Debug`](fmt::Debug) ever show a secret or a
/// token.
///
/// Cloning is cheap, and all callers that waited for one failed fetch get clones of one error.
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

/// The cases of [`Error`]; more may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is wrong: an address, a header-unsafe static token, a TLS setup.
    Configuration,
    /// The id or the secret is missing, empty or could not be read. Nothing was sent.
    Credentials,
    /// The token endpoint answered with an error, of OAuth 2 or of HTTP.
    Refused,
    /// The token endpoint answered with success, but not with a usable token.
    InvalidResponse,
    /// The token endpoint could not be reached, or the connection broke.
    Transport,
    /// The token endpoint, or the credentials provider, did not answer in time.
    Timeout,
    /// The caller's own waiting time ended; the fetch goes on.
    WaitTimeout,
    /// The runtime that ran the fetch was shut down, or there is no Tokio runtime here.
    Runtime,
    /// The fetch panicked: a bug in a credentials provider or in this crate.
    Panicked,
    /// The request goes to another origin than the configured API, or is not encrypted.
    ForeignOrigin,
}

struct Inner {
    kind: ErrorKind,
    retryable: bool,
    message: String,
    oauth_error: Option<String>,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// The case this error belongs to.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same call may succeed later with nothing changed on this side.
    ///
    /// The source has retried it for as long as the caller could wait, so there is no need to
    /// hurry.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }

    /// Whether somebody must change something first: the secret, a setting, the server.
    ///
    /// The source still retries, rarely, so that it recovers after the secret was rotated.
    pub fn is_permanent(&self) -> bool {
        !self.0.retryable
    }

    /// The `error` of the token endpoint's answer, such as `invalid_client`
    /// ([RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
    pub fn oauth_error(&self) -> Option<&str> {
        self.0.oauth_error.as_deref()
    }

    /// The HTTP status of the token endpoint's answer, when there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// How long the token endpoint asked to wait, counted from its answer; as sent, not shortened.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether both are clones of one error, as the waiters of one fetch get them.
    pub fn is_same(&self, other: &Error) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn permanent(kind: ErrorKind, message: impl Into<String>) -> ErrorBuilder {
        ErrorBuilder::new(kind, false, message.into())
    }

    pub(crate) fn retryable(kind: ErrorKind, message: impl Into<String>) -> ErrorBuilder {
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
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("retryable", &self.0.retryable)
            .field("oauth_error", &self.0.oauth_error)
            .field("status", &self.0.status)
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Adds the optional parts before the error is frozen.
pub(crate) struct ErrorBuilder(Inner);

impl ErrorBuilder {
    fn new(kind: ErrorKind, retryable: bool, message: String) -> Self {
        Self(Inner {
            kind,
            retryable,
            message,
            oauth_error: None,
            status: None,
            retry_after: None,
            source: None,
        })
    }

    pub(crate) fn oauth_error(mut self, code: Option<String>) -> Self {
        self.0.oauth_error = code;
        self
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn build(self) -> Error {
        Error(Arc::new(self.0))
    }
}
