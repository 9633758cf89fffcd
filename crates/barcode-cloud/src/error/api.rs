//! An error response of the service, and the advice that its message gives for each status.

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;

use super::OneLine;
use super::status::StatusClass;

/// An error response of the service.
///
/// A test of code that handles errors can construct one:
///
/// ```
/// use std::time::Duration;
///
/// use barcode_cloud::reqwest::StatusCode;
/// use barcode_cloud::{ApiError, Error};
///
/// let mut busy = ApiError::new(StatusCode::TOO_MANY_REQUESTS);
/// busy.retry_after = Some(Duration::from_secs(7));
/// let error = Error::from(busy);
/// assert!(error.is_rate_limited() && !error.may_have_been_billed());
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
/// ```
#[doc(alias = "ApiErrorResponse")]
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
    /// Creates an error without details, for example for a test. Its fields can be set.
    pub fn new(status: StatusCode) -> Self {
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
            // A wrong secret is refused by the token endpoint, so the token itself is at fault.
            StatusClass::Unauthorized => f.write_str(
                "; check that the access token is valid and was issued for this base URL",
            ),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;

    use super::ApiError;

    fn error(status: u16) -> ApiError {
        ApiError {
            request_id: Some("r-1".into()),
            code: Some("c".into()),
            message: Some(" m\n".into()),
            ..ApiError::new(StatusCode::from_u16(status).unwrap())
        }
    }

    #[test]
    fn the_message_is_one_line_with_the_advice_for_its_status() {
        for (status, advice) in [
            (400, "correct the request before sending it again"),
            (401, "check that the access token is valid and was issued for this base URL"),
            (403, "ask the owner of the account for access"),
            (404, "check the base URL and the proxy"),
            (413, "reduce the size of the image in the request"),
            (429, "try again later"),
            (501, "check that the base URL is that of the service"),
        ] {
            let text = error(status).to_string();
            let reason = StatusCode::from_u16(status).unwrap();
            let expected =
                format!("the service responded with {reason} (c): m [request r-1]; {advice}");
            assert_eq!(text, expected);
        }
        let mut busy = error(503);
        busy.retry_after = Some(Duration::from_secs(7));
        assert!(busy.to_string().ends_with("; try again in 7 s"), "{busy}");
        busy.message = None;
        busy.description = Some("d".into());
        assert!(busy.to_string().contains(" (c): d [request"), "{busy}");
    }

    #[test]
    fn debug_shows_the_length_of_the_body_and_not_the_body() {
        let mut error = error(400);
        error.body = Some("personal".into());
        let text = format!("{error:?}");
        assert!(text.contains("body_bytes: Some(8)"), "{text}");
        assert!(text.contains("status: 400"), "{text}");
        assert!(!text.contains("personal"), "{text}");
    }
}
