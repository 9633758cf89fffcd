//! The error type of the crate: the cause of a failure, the service's error details, and advice for
//! the caller.

mod api;
pub(crate) mod body;
mod configuration;
mod invalid_input;
mod invalid_response;
mod kind;
#[cfg(feature = "verify")]
mod print_warning;
mod response_head;
mod status;
mod unprocessed;
#[cfg(feature = "verify")]
mod verification;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;

pub use self::api::ApiError;
pub use self::configuration::ConfigurationError;
pub use self::invalid_input::InvalidInput;
pub use self::invalid_response::InvalidResponse;
pub(crate) use self::invalid_response::ResponseDefect;
pub use self::kind::ErrorKind;
pub(crate) use self::response_head::{REQUEST_ID, ResponseHead};
pub(crate) use self::status::Resend;
use self::status::StatusClass;
pub(crate) use self::unprocessed::is_unprocessed;
#[cfg(feature = "verify")]
pub(crate) use self::verification::{FoundBarcode, Mismatch};
#[cfg(feature = "verify")]
pub use self::{print_warning::PrintWarning, verification::VerificationError};

/// The error of a call, or of building a client.
///
/// [`Display`](fmt::Display) writes a single line that says what to do next; underlying errors are
/// available through [`source`](std::error::Error::source). Neither `Display` nor
/// [`Debug`](fmt::Debug) shows secrets or tokens. They show barcode data only if the service's own
/// message quotes it. The source of an [`InvalidResponse`] may quote the response.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) {
/// use barcode_cloud::EncodeBarcodeType;
///
/// match client.generate(EncodeBarcodeType::Ean13, "4006381333931").await {
///     Ok(image) => println!("{} bytes", image.bytes().len()),
///     Err(error) if error.is_client_error() => println!("correct the request: {error}"),
///     Err(error) if error.may_have_been_billed() => println!("record this: {error}"),
///     Err(error) if error.is_retryable() => println!("try again in {:?}", error.retry_after()),
///     Err(error) => println!("{error}, request {:?}", error.request_id()),
/// }
/// # }
/// ```
///
/// The predicates and the retries of the [client](crate::Client) classify the status of a response
/// as follows. A request that may have been billed is resent only if [`Retry`](crate::Retry)
/// enables it. A broken connection, the timeout of an attempt, and an image that was truncated in
/// transit count as a lost response.
///
/// | status | meaning | [`is_client_error`](Self::is_client_error) | [`is_retryable`](Self::is_retryable) | [may be billed](Self::may_have_been_billed) | resent |
/// |---|---|---|---|---|---|
/// | 400, 413, 415, 422, other 4xx | the request is invalid | yes | no | no | no |
/// | 401 | the token was rejected ([`is_auth`](Self::is_auth)) | no | no | no | once, with a new token |
/// | 403 | the account lacks the right | no | no | no | no |
/// | 3xx, 404, 405, 407, 421 | the URL or the proxy is wrong | no | no | no | no |
/// | 429, 503 | the service is busy | no | yes | no | yes |
/// | 408, 502, 504 | the response was lost | no | yes | yes | with [`lost_responses`](crate::Retry::lost_responses) |
/// | 500 | the service failed | no | yes | yes | with [`server_errors`](crate::Retry::server_errors) |
/// | other 5xx | not supported by the server | no | no | yes | no |
#[doc(alias = "ApiException")]
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the client is missing or invalid. Nothing was sent.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// An argument is invalid. Nothing was sent.
    #[error(transparent)]
    InvalidInput(#[from] InvalidInput),
    /// A file could not be read or written.
    #[error("{}: {}", OneLine(&path.to_string_lossy()), file_text(source))]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
        /// Whether the response had arrived, so that the request has been billed.
        after_response: bool,
    },
    /// No token could be obtained; the request was not sent.
    #[error(transparent)]
    Auth(barcode_cloud_auth::Error),
    /// The service responded with an error.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The service could not be reached, or the connection broke. A request whose response was lost
    /// may have been billed.
    #[error("{}; check the network and the base URL, then try again", transport_text(source))]
    Transport {
        /// The error of reqwest, without the URL, which may contain barcode data.
        source: reqwest::Error,
    },
    /// A deadline passed. A request whose response did not arrive in time may have been billed.
    #[error("{deadline} took longer than {limit:?}; try again, or raise {}", deadline.setting())]
    Timeout {
        /// The deadline that passed.
        deadline: Deadline,
        /// The length of the deadline.
        limit: Duration,
    },
    /// The response was successful, but did not match the API document.
    #[error(transparent)]
    InvalidResponse(Box<InvalidResponse>),
    /// A [middleware](crate::ClientBuilder::middleware) failed. The request may have been sent.
    #[error("a middleware of the client failed; see the error's source")]
    Middleware(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A generated image does not contain the requested data, or cannot be printed precisely. The
    /// service has billed it.
    #[cfg(feature = "verify")]
    #[error(transparent)]
    Verification(Box<VerificationError>),
}

/// The deadlines of a call. A connection that takes too long is an [`Error::Transport`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Deadline {
    /// The deadline of a whole call, with its attempts and pauses.
    Call,
    /// The deadline of one attempt: a request and its response.
    Attempt,
    /// The deadline of the next chunk of a response body.
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
            Self::Idle => "the next chunk of the response",
        })
    }
}

/// Displays text from outside this crate on a single line, so that it cannot forge a line of a log.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            character if character.is_control() => character.escape_default().fmt(f),
            character => fmt::Write::write_char(f, character),
        })
    }
}

/// The maximum number of characters of a response's body that an error keeps.
const MAX_BODY_TEXT: usize = 2_000;

/// Returns the beginning of a response's body as text.
pub(crate) fn body_text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(MAX_BODY_TEXT).collect()
}

impl Error {
    /// Returns the HTTP status of the response of the service or of the token endpoint.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Auth(error) => error.status(),
            Self::Transport { source } => source.status(),
            Self::InvalidResponse(response) => response.status(),
            #[cfg(feature = "verify")]
            Self::Verification(error) => error.status(),
            _ => None,
        }
    }

    /// Returns the id of the failed request, which support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::InvalidResponse(response) => response.request_id(),
            #[cfg(feature = "verify")]
            Self::Verification(error) => error.request_id(),
            _ => None,
        }
    }

    /// Returns the error code of the service or of the token endpoint, such as
    /// `errorInvalidInputData` or `invalid_client`.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.code.as_deref(),
            Self::Auth(error) => error.oauth_error(),
            _ => None,
        }
    }

    /// Returns the service's own error message.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.message.as_deref(),
            _ => None,
        }
    }

    /// Returns how long the service or the token endpoint asks to wait before the next call.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(error) => error.retry_after,
            Self::Auth(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Returns `true` if the request itself is invalid: an argument is invalid, or the status says
    /// so. See the [table](Self#) for statuses.
    ///
    /// A service should report such an error to its own caller. The statuses 401, 403, 404, 408 and
    /// 429 give `false`, because that caller did not cause them.
    pub fn is_client_error(&self) -> bool {
        match self {
            Self::InvalidInput(_) => true,
            Self::Api(error) => StatusClass::of(error.status) == StatusClass::InvalidRequest,
            _ => false,
        }
    }

    /// Returns `true` if the same call may succeed later without any change. See the [table](Self#)
    /// for statuses.
    ///
    /// Repeating the call may bill it twice if the response was lost or the service failed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => StatusClass::of(error.status).is_retryable(),
            Self::Auth(error) => error.is_retryable(),
            Self::Transport { .. } | Self::Timeout { .. } => true,
            Self::InvalidResponse(response) => response.is_incomplete(),
            _ => false,
        }
    }

    /// Returns whether the request may be resent within the same call.
    pub(crate) fn resend(&self) -> Resend {
        match self {
            Self::Api(error) => StatusClass::of(error.status).into(),
            Self::Transport { source } if source.is_connect() => Resend::Safe,
            Self::Transport { .. } => Resend::AfterLostResponse,
            Self::Timeout { deadline: Deadline::Attempt | Deadline::Idle, .. } => {
                Resend::AfterLostResponse
            }
            Self::InvalidResponse(response) if response.is_incomplete() => {
                Resend::AfterLostResponse
            }
            // This includes failed token requests, which the token source retries itself.
            _ => Resend::Never,
        }
    }

    /// Returns the kind of the error, for example to decide how a service reports it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration(_) => ErrorKind::Configuration,
            Self::InvalidInput(_) => ErrorKind::InvalidInput,
            Self::File { .. } => ErrorKind::File,
            Self::Auth(_) => ErrorKind::Auth,
            Self::Api(error) => StatusClass::of(error.status).kind(error.status),
            Self::Transport { source } if source.is_connect() => ErrorKind::Connect,
            Self::Transport { .. } => ErrorKind::ResponseLost,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::InvalidResponse(_) => ErrorKind::InvalidResponse,
            Self::Middleware(_) => ErrorKind::Middleware,
            #[cfg(feature = "verify")]
            Self::Verification(_) => ErrorKind::Verification,
        }
    }

    /// Returns the value of `error.type` in traces and metrics: one word, or the status of the
    /// response.
    pub(crate) fn telemetry_type(&self) -> Cow<'static, str> {
        match self {
            Self::Api(error) => Cow::Owned(error.status.as_u16().to_string()),
            Self::Transport { source } if !source.is_connect() => Cow::Borrowed("transport"),
            _ => Cow::Borrowed(self.kind().as_str()),
        }
    }

    /// Returns `true` if the service may have processed and billed the request although the call
    /// failed: the response was lost, invalid or incomplete, or the service failed. See the
    /// [table](Self#) for statuses.
    ///
    /// If this returns `false`, repeating the call cannot bill it twice.
    pub fn may_have_been_billed(&self) -> bool {
        match self {
            Self::Api(error) => StatusClass::of(error.status).may_have_been_billed(),
            Self::Transport { source } => !source.is_connect() && !is_unprocessed(source),
            Self::File { after_response, .. } => *after_response,
            Self::Timeout { .. } | Self::InvalidResponse(_) | Self::Middleware(_) => true,
            #[cfg(feature = "verify")]
            Self::Verification(_) => true,
            _ => false,
        }
    }

    /// Returns `true` if a deadline of the client passed, or if the service or a gateway reported a
    /// timeout (408 or 504).
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Transport { source } => source.is_timeout(),
            Self::Api(error) => matches!(error.status.as_u16(), 408 | 504),
            _ => false,
        }
    }

    /// Returns `true` if the service limits the rate of requests (429). The token endpoint's own
    /// limit is an [`Error::Auth`].
    pub fn is_rate_limited(&self) -> bool {
        self.kind() == ErrorKind::RateLimited
    }

    /// Returns `true` if authentication failed: no token could be obtained, or the service rejected
    /// it.
    pub fn is_auth(&self) -> bool {
        matches!(self, Self::Auth(_)) || self.status() == Some(StatusCode::UNAUTHORIZED)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

#[cfg(feature = "verify")]
impl From<VerificationError> for Error {
    fn from(error: VerificationError) -> Self {
        Self::Verification(Box::new(error))
    }
}

impl From<InvalidResponse> for Error {
    fn from(error: InvalidResponse) -> Self {
        Self::InvalidResponse(Box::new(error))
    }
}

/// Adds advice to an error of the operating system. Errors of this crate already contain advice,
/// after a semicolon.
fn file_text(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let advice = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "; check the path",
        ErrorKind::IsADirectory => "; give the path of a file",
        ErrorKind::PermissionDenied => "; check its permissions",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "; free some disk space",
        _ if error.to_string().contains(';') => "",
        _ => "; check the path and the disk",
    };
    format!("{}{advice}", OneLine(&error.to_string()))
}

fn transport_text(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "the service did not respond in time"
    } else if error.is_connect() {
        "cannot connect to the service"
    } else {
        "the connection to the service broke before the response was complete"
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error as IoError, ErrorKind};

    use super::{ConfigurationError, Error};

    #[test]
    fn the_message_of_a_file_error_is_one_line_with_advice() {
        for (source, ending) in [
            (ErrorKind::NotFound.into(), "; check the path"),
            (ErrorKind::PermissionDenied.into(), "; check its permissions"),
            (ErrorKind::StorageFull.into(), "; free some disk space"),
            (IoError::other("two\nlines"), "two\\nlines; check the path and the disk"),
            (IoError::other("is empty; use another file"), "/a\\nb: is empty; use another file"),
        ] {
            let path = "/a\nb".into();
            let error = Error::File { path, source, after_response: false };
            let text = error.to_string();
            assert!(text.ends_with(ending) && !text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn a_missing_setting_is_named() {
        let error =
            ConfigurationError::MissingSetting { given: "client_id", missing: "client_secret" };
        let text = error.to_string();
        assert!(text.starts_with("`client_id` is set but `client_secret` is missing"), "{text}");
    }
}
