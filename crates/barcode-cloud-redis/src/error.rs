//! Why Redis could not be set up or used.

use std::time::Duration;

use redis::RedisError;

/// The settings of [`RedisBuilder`](crate::RedisBuilder) are invalid. The message contains neither
/// a URL nor a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A URL cannot be used.
    #[error(
        "URL {number} of Redis is invalid: write redis://host:port, or rediss://host:port for TLS"
    )]
    Url {
        /// The position of the URL in the list, counted from 1.
        number: usize,
        /// The error of the `redis` crate.
        source: RedisError,
    },
    /// There is no URL.
    #[error("there is no URL of Redis: name at least one server")]
    NoUrl,
    /// The URLs cannot be used together with the other settings.
    #[error("the settings of Redis cannot be used together: see the source of this error")]
    Settings(#[source] RedisError),
    /// A setting is out of bounds.
    #[error("{name} is {value:?} and must be more than zero")]
    ZeroDuration {
        /// The name of the setter.
        name: &'static str,
        /// Its value.
        value: Duration,
    },
    /// The namespace cannot be a part of a key.
    #[error("the namespace is empty or contains a brace: use letters, digits, `-`, `.` and `:`")]
    Namespace,
}

/// Redis was not used, did not respond in time, or responded with an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// It was not used, because it failed shortly before.
    #[error("Redis failed shortly before, so it is not used until the next probe succeeds")]
    Paused,
    /// No connection was established within the limit.
    #[error("no connection to Redis was established within {0:?}: check its address and load")]
    ConnectTimeout(Duration),
    /// There was no response within the limit.
    #[error("Redis did not respond within {0:?}: check its load, or raise `response_timeout`")]
    ResponseTimeout(Duration),
    /// The connection failed, or Redis returned an error.
    #[error("Redis failed: see the source of this error")]
    Failed(#[from] RedisError),
}

impl Unavailable {
    /// The value of `error.type` in metrics.
    #[cfg(feature = "metrics")]
    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::ConnectTimeout(_) | Self::ResponseTimeout(_) => "timeout",
            Self::Failed(error) if error.is_io_error() => "transport",
            Self::Failed(_) => "redis",
        }
    }
}
