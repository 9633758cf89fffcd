//! The kind of an error, for callers that only need to know what to do.

use std::fmt;

/// The kind of an [`Error`](crate::Error), returned by [`Error::kind`](crate::Error::kind).
///
/// The [crate's documentation](crate#errors-and-retries) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting of the client is missing or invalid. Nothing was sent.
    Configuration,
    /// An argument is invalid. Nothing was sent.
    InvalidInput,
    /// A file could not be read or written.
    File,
    /// No token could be obtained, or the service rejected it (401).
    Auth,
    /// The account lacks the right (403).
    Forbidden,
    /// The base URL or the proxy is wrong (3xx, 404, 405, 407, 421).
    WrongUrl,
    /// The service rejected the request as invalid (any other 4xx).
    Rejected,
    /// The service limits the rate of requests (429).
    RateLimited,
    /// The service is temporarily unavailable (503).
    Unavailable,
    /// The service could not be reached. Nothing was sent.
    Connect,
    /// The response was lost: the connection broke, or a gateway reported a timeout or a failure
    /// (408, 502, 504).
    ResponseLost,
    /// The service failed (500 or another 5xx).
    Server,
    /// A deadline of the client passed.
    Timeout,
    /// The response was successful, but did not match the API document.
    InvalidResponse,
    /// A middleware failed.
    Middleware,
    /// A generated image does not contain the requested data, or cannot be printed precisely.
    /// Requires the feature `verify`.
    Verification,
}

impl ErrorKind {
    /// Returns the kind as one word in snake case, for example for a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::InvalidInput => "invalid_input",
            Self::File => "file",
            Self::Auth => "auth",
            Self::Forbidden => "forbidden",
            Self::WrongUrl => "wrong_url",
            Self::Rejected => "rejected",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Connect => "connect",
            Self::ResponseLost => "response_lost",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::InvalidResponse => "invalid_response",
            Self::Middleware => "middleware",
            Self::Verification => "verification",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
