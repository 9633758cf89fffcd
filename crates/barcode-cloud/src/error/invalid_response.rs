//! A success that is not as the document says. It is measured, not shown: it may hold what barcodes say.

use std::fmt;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue};

use super::OneLine;
use crate::exchange::REQUEST_ID;

/// A success that is not as the document says.
pub struct InvalidResponse {
    fault: Fault,
    head: Head,
    text: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Which answer an error is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) status: Option<StatusCode>,
    request_id: Option<HeaderValue>,
}

impl Head {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        Self {
            status: Some(status),
            request_id: headers.get(REQUEST_ID).cloned(),
        }
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    NoJson,
    NoPicture,
    Incomplete { received: u64 },
    Undocumented { status: StatusCode },
    TooLong { limit: usize },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoJson => f.write_str(
                "the answer is not the JSON that the document describes; check that the base URL is the service's",
            ),
            Self::NoPicture => f.write_str(
                "the answer is not a picture; check that the base URL is the service's",
            ),
            Self::Incomplete { received } => write!(
                f,
                "the picture is incomplete: its {received} bytes do not reach the end of their file format; the request \
                 may have been billed, so send it again only if you need the picture"
            ),
            Self::Undocumented { status } => write!(
                f,
                "the service answered {status}, which the document does not know; check that the base URL is the service's"
            ),
            Self::TooLong { limit } => write!(
                f,
                "the answer has more than {limit} bytes; ask for less, or raise `max_answer_bytes`"
            ),
        }
    }
}

impl InvalidResponse {
    pub(crate) fn new(fault: Fault, body: &[u8]) -> Self {
        Self {
            fault,
            head: Head::default(),
            text: crate::exchange::response::text(body),
            source: None,
        }
    }

    pub(crate) fn of(mut self, head: &Head) -> Self {
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

    /// The HTTP status. `None` where the answer itself is not known any more, as that of a
    /// [`Image`](crate::Image) that does not decode.
    pub fn status(&self) -> Option<StatusCode> {
        self.head.status
    }

    /// Id of the request, to quote to support.
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
    }

    /// Whether the response is a picture that was cut off or damaged on its way. The service may have billed the request.
    pub fn is_incomplete(&self) -> bool {
        matches!(self.fault, Fault::Incomplete { .. })
    }

    /// The beginning of the body, as text.
    pub fn body(&self) -> &str {
        &self.text
    }
}

/// The answer is measured, not shown: it may hold what barcodes say.
impl fmt::Debug for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidResponse")
            .field("fault", &self.fault)
            .field("status", &self.status())
            .field("request_id", &self.request_id())
            .field("body_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for InvalidResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)?;
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
