//! The one classification of error statuses. The predicates of `Error`, the advice in error
//! messages and the retry policy all use it, so they cannot disagree.

use reqwest::StatusCode;

use super::ErrorKind;

/// What an unsuccessful status means for the caller and for billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusClass {
    /// The request itself is invalid; resending it would fail again.
    InvalidRequest,
    /// The request reached a server that does not serve this API, or a proxy did not let it
    /// through.
    WrongUrl,
    /// The token was rejected.
    Unauthorized,
    /// The token is valid, but the account lacks the right.
    Forbidden,
    /// The service declined to process the request for now, so nothing was billed.
    Busy,
    /// The request may have been processed and billed, but its response was lost in transit.
    ResponseLost,
    /// The service failed while it processed the request, which may have been billed.
    ServerError,
    /// Any other status.
    Unsupported,
}

impl StatusClass {
    /// Classifies any status that is not a success.
    pub(crate) fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            300..=399 | 404 | 405 | 407 | 421 => Self::WrongUrl,
            408 | 502 | 504 => Self::ResponseLost,
            429 | 503 => Self::Busy,
            400..=499 => Self::InvalidRequest,
            500 => Self::ServerError,
            _ => Self::Unsupported,
        }
    }

    /// Returns `true` if the service may have processed the request, and therefore billed it.
    pub(crate) fn may_have_been_billed(self) -> bool {
        matches!(self, Self::ResponseLost | Self::ServerError | Self::Unsupported)
    }

    /// Returns the public kind of an error with this `status`.
    pub(crate) fn kind(self, status: StatusCode) -> ErrorKind {
        match self {
            Self::InvalidRequest => ErrorKind::Rejected,
            Self::WrongUrl => ErrorKind::WrongUrl,
            Self::Unauthorized => ErrorKind::Auth,
            Self::Forbidden => ErrorKind::Forbidden,
            Self::Busy if status == StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
            Self::Busy => ErrorKind::Unavailable,
            Self::ResponseLost => ErrorKind::ResponseLost,
            Self::ServerError | Self::Unsupported => ErrorKind::Server,
        }
    }

    /// Returns `true` if the same request may succeed later without any change.
    pub(crate) fn is_retryable(self) -> bool {
        matches!(self, Self::Busy | Self::ResponseLost | Self::ServerError)
    }
}

/// Whether a request may be resent after an error, and at which risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resend {
    /// The request was not processed, so resending it cannot bill it twice.
    Safe,
    /// The request may have been processed and billed; its response was lost.
    AfterLostResponse,
    /// The service failed while it processed the request.
    AfterServerError,
    /// Resending the request would not help.
    Never,
}

impl From<StatusClass> for Resend {
    fn from(class: StatusClass) -> Self {
        match class {
            StatusClass::Busy => Self::Safe,
            StatusClass::ResponseLost => Self::AfterLostResponse,
            StatusClass::ServerError => Self::AfterServerError,
            StatusClass::InvalidRequest
            | StatusClass::WrongUrl
            | StatusClass::Unauthorized
            | StatusClass::Forbidden
            | StatusClass::Unsupported => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::{Resend, StatusClass};
    use crate::error::{ApiError, Error, ErrorKind, InvalidResponse, ResponseDefect};

    /// The table in the documentation of `Error`: status, `is_client_error`, `is_retryable`,
    /// `may_have_been_billed`, whether the request is resent, and the kind.
    const TABLE: [(u16, bool, bool, bool, Resend, ErrorKind); 19] = [
        (302, false, false, false, Resend::Never, ErrorKind::WrongUrl),
        (400, true, false, false, Resend::Never, ErrorKind::Rejected),
        (401, false, false, false, Resend::Never, ErrorKind::Auth),
        (403, false, false, false, Resend::Never, ErrorKind::Forbidden),
        (404, false, false, false, Resend::Never, ErrorKind::WrongUrl),
        (405, false, false, false, Resend::Never, ErrorKind::WrongUrl),
        (407, false, false, false, Resend::Never, ErrorKind::WrongUrl),
        (408, false, true, true, Resend::AfterLostResponse, ErrorKind::ResponseLost),
        (413, true, false, false, Resend::Never, ErrorKind::Rejected),
        (415, true, false, false, Resend::Never, ErrorKind::Rejected),
        (421, false, false, false, Resend::Never, ErrorKind::WrongUrl),
        (422, true, false, false, Resend::Never, ErrorKind::Rejected),
        (429, false, true, false, Resend::Safe, ErrorKind::RateLimited),
        (500, false, true, true, Resend::AfterServerError, ErrorKind::Server),
        (501, false, false, true, Resend::Never, ErrorKind::Server),
        (502, false, true, true, Resend::AfterLostResponse, ErrorKind::ResponseLost),
        (503, false, true, false, Resend::Safe, ErrorKind::Unavailable),
        (504, false, true, true, Resend::AfterLostResponse, ErrorKind::ResponseLost),
        (505, false, false, true, Resend::Never, ErrorKind::Server),
    ];

    #[test]
    fn every_use_of_a_status_agrees_with_the_documented_table() {
        for (code, is_client_error, is_retryable, may_be_billed, resend, kind) in TABLE {
            let status = StatusCode::from_u16(code).unwrap();
            let error = Error::from(ApiError::new(status));
            assert_eq!(error.is_client_error(), is_client_error, "{code}");
            assert_eq!(error.is_retryable(), is_retryable, "{code}");
            assert_eq!(error.is_auth(), code == 401, "{code}");
            assert_eq!(error.is_rate_limited(), code == 429, "{code}");
            assert_eq!(error.is_timeout(), [408, 504].contains(&code), "{code}");
            assert_eq!(error.may_have_been_billed(), may_be_billed, "{code}");
            assert_eq!(error.kind(), kind, "{code}");
            assert_eq!(error.resend(), resend, "{code}");
            // The advice in the message follows the same classification.
            let text = error.to_string();
            assert_eq!(text.contains("try again"), is_retryable, "{text}");
            assert_eq!(text.contains("the request"), is_client_error, "{text}");
        }
    }

    #[test]
    fn an_incomplete_image_is_a_lost_response_but_other_invalid_responses_are_not() {
        for (defect, is_retryable, resend) in [
            (ResponseDefect::Incomplete { received: 1 }, true, Resend::AfterLostResponse),
            (ResponseDefect::NotAnImage, false, Resend::Never),
            (ResponseDefect::TooLong { limit: 1 }, false, Resend::Never),
        ] {
            let error = Error::from(InvalidResponse::new(defect, b""));
            assert_eq!(error.is_retryable(), is_retryable, "{error}");
            assert_eq!(error.resend(), resend, "{error}");
        }
    }

    #[test]
    fn exactly_the_retryable_statuses_may_be_resent() {
        for code in 300..600 {
            let class = StatusClass::of(StatusCode::from_u16(code).unwrap());
            assert_eq!(Resend::from(class) != Resend::Never, class.is_retryable(), "{code}");
        }
    }
}
