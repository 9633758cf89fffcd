//! An error response of the service, and the advice that its message gives for each status.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

use super::OneLine;
use super::status::StatusClass;

/// An error response of the service.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The id of the request, which support will ask for.
    pub request_id: Option<String>,
    /// The machine-readable error code, such as `errorInvalidInputData`.
    pub code: Option<String>,
    /// The human-readable description of this error.
    pub message: Option<String>,
    /// The general meaning of the error code.
    pub description: Option<String>,
    /// How long the service asks to wait before the next request.
    pub retry_after: Option<Duration>,
    /// The beginning of the body, if it does not match the API document.
    pub body: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            request_id: None,
            code: None,
            message: None,
            description: None,
            retry_after: None,
            body: None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service responded with {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " ({})", OneLine(code))?;
        }
        if let Some(message) = self.message.as_ref().or(self.description.as_ref()) {
            write!(f, ": {}", OneLine(message.trim()))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {}]", OneLine(id))?;
        }
        match StatusClass::of(self.status) {
            StatusClass::Unauthorized => f.write_str("; check the client id and secret"),
            StatusClass::Forbidden => f.write_str("; ask the owner of the account for access"),
            StatusClass::WrongUrl => f.write_str("; check the base URL and the proxy"),
            StatusClass::Busy | StatusClass::ResponseLost | StatusClass::ServerError => {
                match self.retry_after {
                    Some(wait) => write!(f, "; try again in {} s", wait.as_secs().max(1)),
                    None => f.write_str("; try again later"),
                }
            }
            StatusClass::InvalidRequest if self.status == StatusCode::PAYLOAD_TOO_LARGE => {
                f.write_str("; reduce the size of the image in the request")
            }
            StatusClass::InvalidRequest => {
                f.write_str("; correct the request before sending it again")
            }
            StatusClass::Unsupported => {
                f.write_str("; check that the base URL is that of the service")
            }
        }
    }
}

impl std::error::Error for ApiError {}

/// Shows the length of the body instead of the body, which may contain personal data.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("description", &self.description)
            .field("retry_after", &self.retry_after)
            .field("body_bytes", &self.body.as_ref().map(String::len))
            .finish()
    }
}
