//! Fault injection, to test how a client handles failures.
//!
//! A [`Fault`] affects a single request. It has a text form, which is the same in the header, in
//! the admin call and in code. A [`Script`] is a sequence of faults, [`Faults`] holds the scripts
//! of a running sandbox, and [`layer`] applies them.

mod layer;
mod registry;
mod script;
mod text;

use std::time::Duration;

pub(crate) use layer::{Unaltered, layer};
pub(crate) use registry::Faults;
pub use script::Script;

use crate::Error;

/// The valid status codes of a final response.
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;
/// The maximum length of a custom body, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// The maximum delay.
const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A fault that is injected into a request.
///
/// Its text form is a list of parts, separated by semicolons, such as
/// `delay=200ms; status=429; retry-after=5`:
///
/// | text | what happens |
/// |---|---|
/// | `ok` | no fault; a placeholder in a sequence |
/// | `delay=200ms` | the response is delayed; alone or before another fault |
/// | `status=503` | an error response with this status |
/// | `retry-after=5`, `retry-after=date:5` | together with `status`: adds a `Retry-After` header, in seconds or as an HTTP date that many seconds ahead |
/// | `code=errorQuota`, `message=No%20credit` | together with `status`: the `error.code` and the `error.message` of the response |
/// | `body=...` | together with `status`: the response body, of at most 64 KiB; JSON or else plain text, unless there is a `content-type` |
/// | `unauthorized` | 401, as for an expired token |
/// | `reset` | the connection is reset before the response |
/// | `reset-in-body` | the connection is reset after half of the response body |
/// | `truncate` | half of the response body, with a matching `Content-Length` |
/// | `empty` | no body, with the status and the content type of the normal response |
/// | `html`, `html=502` | an HTML page, with status 200 or the given one |
/// | `content-type=text/plain` | the normal response with another content type |
/// | `drip=50ms` | the response body in 16 pieces, with this pause between them |
/// | `hang` | no response until the client gives up or the sandbox stops |
///
/// In a value, `%` escapes stand for semicolons (`%3B`), commas (`%2C`) and other characters.
///
/// ```
/// use barcode_cloud_sandbox::Fault;
///
/// let fault: Fault = "status=503; retry-after=2".parse()?;
/// assert_eq!(fault, Fault::status(503).retry_after(2));
/// # Ok::<_, barcode_cloud_sandbox::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    delay: Duration,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    None,
    Reply(Reply),
    Unauthorized,
    Reset,
    ResetInBody,
    Truncate,
    Empty,
    Html(u16),
    ContentType(String),
    Drip(Duration),
    Hang,
}

/// A response that the sandbox sends instead of the normal one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reply {
    status: u16,
    retry_after: Option<RetryAfter>,
    code: Option<String>,
    message: Option<String>,
    body: Option<String>,
    content_type: Option<String>,
}

impl Reply {
    const fn of(status: u16) -> Self {
        Self {
            status,
            retry_after: None,
            code: None,
            message: None,
            body: None,
            content_type: None,
        }
    }
}

/// The two forms of the `Retry-After` header (RFC 9110, section 10.2.3), in seconds from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RetryAfter {
    Seconds(u32),
    Date(u32),
}

impl Fault {
    const fn of(kind: Kind) -> Self {
        let delay = Duration::ZERO;
        Self { delay, kind }
    }

    /// Returns no fault: a placeholder in a sequence.
    pub const fn none() -> Self {
        Self::of(Kind::None)
    }

    /// Delays the normal response; at most by a day.
    pub const fn delay(delay: Duration) -> Self {
        Self::none().after(delay)
    }

    /// Returns an error response with this status, which must be from 200 to 599.
    pub const fn status(status: u16) -> Self {
        Self::of(Kind::Reply(Reply::of(status)))
    }

    /// Returns 401, as for an expired token.
    pub const fn unauthorized() -> Self {
        Self::of(Kind::Unauthorized)
    }

    /// Resets the connection before the response.
    pub const fn reset() -> Self {
        Self::of(Kind::Reset)
    }

    /// Resets the connection after half of the response body.
    pub const fn reset_in_body() -> Self {
        Self::of(Kind::ResetInBody)
    }

    /// Returns half of the response body, with a matching `Content-Length`, such as JSON that is
    /// cut off.
    pub const fn truncate() -> Self {
        Self::of(Kind::Truncate)
    }

    /// Returns no body, with the status and the content type of the normal response.
    pub const fn empty() -> Self {
        Self::of(Kind::Empty)
    }

    /// Returns an HTML page, as an intermediate proxy might, with this status from 200 to 599.
    pub const fn html(status: u16) -> Self {
        Self::of(Kind::Html(status))
    }

    /// Returns the normal response with another content type.
    pub fn content_type(content_type: impl Into<String>) -> Self {
        Self::of(Kind::ContentType(content_type.into()))
    }

    /// Sends the response body in 16 pieces, with a pause between them of at most a day.
    pub const fn drip(pause: Duration) -> Self {
        Self::of(Kind::Drip(pause))
    }

    /// Sends no response until the client gives up or the sandbox stops.
    pub const fn hang() -> Self {
        Self::of(Kind::Hang)
    }

    /// Delays the fault; at most by a day.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds a `Retry-After` header in seconds to a [`status`](Self::status). It has no effect on
    /// other faults.
    #[must_use]
    pub const fn retry_after(self, seconds: u32) -> Self {
        self.with(RetryAfter::Seconds(seconds))
    }

    /// Adds a `Retry-After` header with an HTTP date that is this many seconds ahead.
    #[must_use]
    pub const fn retry_after_date(self, seconds: u32) -> Self {
        self.with(RetryAfter::Date(seconds))
    }

    /// Sets the `error.code` of a [`status`](Self::status), or the `error` of the token endpoint.
    /// Like all parts of a response, it has no effect on other faults.
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        self.with_text(code.into(), |reply| &mut reply.code)
    }

    /// Sets the `error.message` of a [`status`](Self::status), or the `error_description` of the
    /// token endpoint.
    #[must_use]
    pub fn message(self, message: impl Into<String>) -> Self {
        self.with_text(message.into(), |reply| &mut reply.message)
    }

    /// Sets the body of a [`status`](Self::status), of at most 64 KiB, instead of an error. The
    /// content type is `application/json` if the body is JSON, or else `text/plain`, unless there
    /// is [another](Self::with_content_type).
    #[must_use]
    pub fn body(self, body: impl Into<String>) -> Self {
        self.with_text(body.into(), |reply| &mut reply.body)
    }

    /// Sets the content type of a [`status`](Self::status).
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        self.with_text(content_type.into(), |reply| &mut reply.content_type)
    }

    fn with_text(mut self, text: String, part: fn(&mut Reply) -> &mut Option<String>) -> Self {
        if let Kind::Reply(reply) = &mut self.kind {
            *part(reply) = Some(text);
        }
        self
    }

    const fn with(mut self, retry_after: RetryAfter) -> Self {
        if let Kind::Reply(reply) = &mut self.kind {
            reply.retry_after = Some(retry_after);
        }
        self
    }

    /// Returns an error if a value is out of range.
    fn check(&self) -> Result<(), Error> {
        self.problem().map_or(Ok(()), |problem| Err(text::invalid(&self.to_string(), problem)))
    }

    /// Returns why a value is out of range.
    fn problem(&self) -> Option<&'static str> {
        let too_long = |duration: &Duration| *duration > MAX_DELAY;
        let invalid = |text: &str| http::HeaderValue::from_str(text).is_err();
        match &self.kind {
            Kind::Reply(Reply { status, .. }) | Kind::Html(status)
                if !STATUSES.contains(status) =>
            {
                Some("the status must be from 200 to 599")
            }
            Kind::Reply(Reply { body: Some(body), .. }) if body.len() > MAX_BODY => {
                Some("the body is longer than 64 KiB")
            }
            Kind::ContentType(text) | Kind::Reply(Reply { content_type: Some(text), .. })
                if invalid(text) =>
            {
                Some("the content type cannot be sent in a header")
            }
            Kind::Drip(pause) if too_long(pause) => Some("the pause is longer than a day"),
            _ if too_long(&self.delay) => Some("the delay is longer than a day"),
            _ => None,
        }
    }

    /// The approximate size in memory, in bytes.
    fn weight(&self) -> usize {
        let texts = match &self.kind {
            Kind::Reply(Reply { code, message, body, content_type, .. }) => {
                let texts = [code, message, body, content_type];
                texts.into_iter().flatten().map(String::len).sum()
            }
            Kind::ContentType(text) => text.len(),
            _ => 0,
        };
        size_of::<Self>() + texts
    }
}
