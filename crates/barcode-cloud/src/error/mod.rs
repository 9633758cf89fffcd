//! What can go wrong in a call, as one type: what happened, what the service said, what to do next.

mod api;
pub(crate) mod body;
mod configuration;
mod invalid_response;
mod status;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;

pub use self::api::ApiError;
pub use self::configuration::ConfigurationError;
pub use self::invalid_response::InvalidResponse;
pub(crate) use self::invalid_response::{Fault, Head};
pub(crate) use self::status::Resend;
use self::status::StatusClass;

/// Why a call failed.
///
/// [`Display`](fmt::Display) is one line that says what to do next; causes stay in
/// [`source`](std::error::Error::source). Neither that line nor [`Debug`](fmt::Debug) shows a secret or a token, nor more
/// of a barcode's data than the service's own message tells. The cause of an [`InvalidResponse`] may quote the answer.
///
/// The predicates and the retries of the [client](crate::Client) classify a status that the service answered with as
/// follows. A request that may have been billed is resent only if [`Retry`](crate::Retry) asks for it. A broken
/// connection, the timeout of an attempt, and an image that was cut off on its way count as a lost response.
///
/// | status | meaning | [`is_client_error`](Self::is_client_error) | [`is_retryable`](Self::is_retryable) | may be billed | resent |
/// |---|---|---|---|---|---|
/// | 400, 413, 415, 422, other 4xx | the request is invalid | yes | no | no | no |
/// | 401 | the token was rejected ([`is_auth`](Self::is_auth)) | no | no | no | once, with a new token |
/// | 403 | the account lacks the right | no | no | no | no |
/// | 3xx, 404, 405, 407, 421 | the address or the proxy is wrong | no | no | no | no |
/// | 429, 503 | the service is busy | no | yes | no | yes |
/// | 408, 502, 504 | the response was lost | no | yes | yes | with [`lost_answers`](crate::Retry::lost_answers) |
/// | 500 | the service failed | no | yes | yes | with [`server_errors`](crate::Retry::server_errors) |
/// | other 5xx | not supported by the server | no | no | yes | no |
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
    #[error("{}: {}", OneLine(&path.to_string_lossy()), file_text(source))]
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
    /// Something took longer than its deadline. A request whose answer did not come in time may have been billed.
    #[error("{deadline} took longer than {limit:?}; try again, or raise {}", deadline.setting())]
    Timeout {
        /// What took too long.
        deadline: Deadline,
        /// How long it may take.
        limit: Duration,
    },
    /// The service answered with success, but not as the document says.
    #[error(transparent)]
    InvalidResponse(Box<InvalidResponse>),
    /// A [middleware](crate::ClientBuilder::middleware) failed. Whether a request was sent is up to that middleware.
    #[error("a middleware of the client failed; see the cause")]
    Middleware(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What took too long. Connecting is not among them: that is [`Error::Transport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deadline {
    /// A whole call, with its pauses and attempts.
    Call,
    /// One request with its answer.
    Attempt,
    /// The next piece of an answer.
    Idle,
}

impl Deadline {
    fn setting(self) -> &'static str {
        match self {
            Self::Call => "`timeout`",
            Self::Attempt => "`attempt_timeout`",
            Self::Idle => "`idle_timeout`",
        }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "the call",
            Self::Attempt => "a request",
            Self::Idle => "the next piece of the answer",
        })
    }
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

/// A text of the service's, with no line of its own in a log.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            letter if letter.is_control() => letter.escape_default().fmt(f),
            letter => fmt::Write::write_char(f, letter),
        })
    }
}

impl Error {
    /// The HTTP status that the service, or the token endpoint, answered with.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Auth(error) => error.status(),
            Self::Transport { source } => source.status(),
            Self::InvalidResponse(answer) => answer.status(),
            _ => None,
        }
    }

    /// Id of the failed request, to quote to support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::InvalidResponse(answer) => answer.request_id(),
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

    /// How long the service, or the token endpoint, asks to wait before the next call.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            Self::Auth(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Whether the request itself is invalid: an argument that cannot be sent, or a status that says so. See the
    /// [table](Self#).
    ///
    /// A service should report such an error to its own caller. It is `false` for 401, 403, 404, 408 and 429, which are
    /// not the fault of that caller.
    pub fn is_client_error(&self) -> bool {
        match self {
            Self::InvalidInput(_) => true,
            Self::Api(error) => StatusClass::of(error.status) == StatusClass::InvalidRequest,
            _ => false,
        }
    }

    /// Whether the same call may succeed later with nothing changed on this side. See the [table](Self#) for statuses.
    ///
    /// A call whose response was lost, or that the service failed to complete, may be billed again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => StatusClass::of(error.status).is_retryable(),
            Self::Auth(error) => error.is_retryable(),
            Self::Transport { .. } | Self::Timeout { .. } => true,
            Self::InvalidResponse(response) => response.is_incomplete(),
            _ => false,
        }
    }

    /// Whether the request may be sent again within the same call.
    pub(crate) fn resend(&self) -> Resend {
        match self {
            Self::Api(error) => StatusClass::of(error.status).into(),
            Self::Transport { source } if source.is_connect() => Resend::Safe,
            Self::Transport { .. } => Resend::AfterLostResponse,
            Self::Timeout {
                deadline: Deadline::Attempt | Deadline::Idle,
                ..
            } => Resend::AfterLostResponse,
            Self::InvalidResponse(response) if response.is_incomplete() => {
                Resend::AfterLostResponse
            }
            // The token source retries by itself.
            _ => Resend::Never,
        }
    }

    /// What kind of error it is, in one word or as a status: for traces and metrics.
    pub(crate) fn kind(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Configuration(_) => "configuration",
            Self::InvalidInput(_) => "invalid_input",
            Self::File { .. } => "file",
            Self::Auth(_) => "auth",
            Self::Api(error) => return Cow::Owned(error.status.as_u16().to_string()),
            Self::Transport { source } if source.is_connect() => "connect",
            Self::Transport { .. } => "transport",
            Self::Timeout { .. } => "timeout",
            Self::InvalidResponse(_) => "invalid_response",
            Self::Middleware(_) => "middleware",
        })
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

/// What the system said of a file, and what to do next. What this crate says of one tells it by itself.
fn file_text(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let next = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "; check the path",
        ErrorKind::IsADirectory => "; give the path of a file",
        ErrorKind::PermissionDenied => "; check its permissions",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; make room on the disk",
        _ if error.to_string().contains(';') => "",
        _ => "; check the path and the disk",
    };
    format!("{}{next}", OneLine(&error.to_string()))
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

#[cfg(test)]
mod tests {
    use std::io::{Error as IoError, ErrorKind};

    use super::{ConfigurationError, Error};

    #[test]
    fn what_is_said_of_a_file_is_one_line_with_what_to_do_next() {
        for (source, says) in [
            (ErrorKind::NotFound.into(), "; check the path"),
            (
                ErrorKind::PermissionDenied.into(),
                "; check its permissions",
            ),
            (ErrorKind::StorageFull.into(), "; make room on the disk"),
            (
                IoError::other("odd\nthing"),
                "odd\\nthing; check the path and the disk",
            ),
            (
                IoError::other("ended; it was changed"),
                "/a\\nb: ended; it was changed",
            ),
        ] {
            let path = "/a\nb".into();
            let text = Error::File { path, source }.to_string();
            assert!(text.ends_with(says) && !text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn a_missing_setting_is_named() {
        let half = ConfigurationError::Half {
            given: "client_id",
            missing: "client_secret",
        };
        assert!(half.to_string().starts_with("`client_secret` is missing"));
    }
}
