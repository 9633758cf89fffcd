//! A successful response that does not match the API document. Its body is never shown, because it
//! may contain barcode data.

use std::fmt;

use reqwest::StatusCode;

use super::response_head::ResponseHead;
use super::{OneLine, body_text};

/// A successful response that does not match the API document, or that is too long or incomplete.
pub struct InvalidResponse {
    defect: ResponseDefect,
    head: ResponseHead,
    text: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The reason why a response is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResponseDefect {
    NotJson,
    NotAnImage,
    Incomplete { received: u64 },
    Undocumented { status: StatusCode },
    TooLong { limit: usize },
}

impl fmt::Display for ResponseDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str(
                "the response body does not match the API's JSON schema; check that the base URL is that of the \
                 service",
            ),
            Self::NotAnImage => f.write_str(
                "the response body is not an image; check that the base URL is that of the service",
            ),
            Self::Incomplete { received } => write!(
                f,
                "the image is incomplete or damaged: the {received} bytes received do not end as the file format \
                 requires; the request may have been billed, so retry only if you need the image"
            ),
            Self::Undocumented { status } => write!(
                f,
                "the service responded with {status}, which the API does not define; check that the base URL is that \
                 of the service"
            ),
            Self::TooLong { limit } => write!(
                f,
                "the response body has more than {limit} bytes; request a smaller image, or raise `max_response_bytes`"
            ),
        }
    }
}

impl InvalidResponse {
    pub(crate) fn new(defect: ResponseDefect, body: &[u8]) -> Self {
        Self { defect, head: ResponseHead::default(), text: body_text(body), source: None }
    }

    pub(crate) fn of(mut self, head: &ResponseHead) -> Self {
        self.head = head.clone();
        self
    }

    pub(crate) fn because(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the HTTP status. `None` if an [`Image`](crate::Image) could not be decoded, which no
    /// longer has the status of its response.
    pub fn status(&self) -> Option<StatusCode> {
        self.head.status
    }

    /// Returns the id of the request, which support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// Returns `true` if the response is an image that was truncated or damaged in transit. The
    /// service may have billed the request.
    pub fn is_incomplete(&self) -> bool {
        matches!(self.defect, ResponseDefect::Incomplete { .. })
    }

    /// Returns the beginning of the body as text. It may contain barcode data.
    pub fn body(&self) -> &str {
        &self.text
    }
}

/// Shows the length of the body instead of the body, which may contain barcode data.
impl fmt::Debug for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidResponse")
            .field("defect", &self.defect)
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("body_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.defect.fmt(f)?;
        match self.request_id() {
            Some(id) => write!(f, " [request {}]", OneLine(id)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InvalidResponse {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
