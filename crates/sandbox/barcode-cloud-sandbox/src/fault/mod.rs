//! Fault injection, to test how a client handles failures.
//!
//! A [`Fault`] affects a single request. It has a text form, which is the same in the header, in
//! the admin call and in code. A [`Script`] is a sequence of faults, [`Faults`] holds the scripts
//! of a running sandbox, and [`layer`] applies them.

mod layer;
mod registry;
mod script;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub(crate) use layer::layer;
pub(crate) use registry::Faults;
pub use script::Script;

use crate::Error;

/// The valid status codes of a final response.
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;
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
    Status(u16, Option<RetryAfter>),
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
        Self::of(Kind::Status(status, None))
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

    const fn with(mut self, retry_after: RetryAfter) -> Self {
        if let Kind::Status(_, given) = &mut self.kind {
            *given = Some(retry_after);
        }
        self
    }

    /// Returns an error if a value is out of range.
    fn check(&self) -> Result<(), Error> {
        let too_long = |duration: &Duration| *duration > MAX_DELAY;
        let problem = match &self.kind {
            Kind::Status(status, _) | Kind::Html(status) if !STATUSES.contains(status) => {
                "the status must be from 200 to 599"
            }
            Kind::ContentType(text) if http::HeaderValue::from_str(text).is_err() => {
                "the content type cannot be sent in a header"
            }
            Kind::Drip(pause) if too_long(pause) => "the pause is longer than a day",
            _ if too_long(&self.delay) => "the delay is longer than a day",
            _ => return Ok(()),
        };
        Err(Error::Fault(format!("{self}: {problem}")))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.delay.is_zero() {
            write!(f, "delay={}ms", self.delay.as_millis())?;
            if self.kind == Kind::None {
                return Ok(());
            }
            f.write_str("; ")?;
        }
        match &self.kind {
            Kind::None => f.write_str("ok"),
            Kind::Status(status, None) => write!(f, "status={status}"),
            Kind::Status(status, Some(RetryAfter::Seconds(seconds))) => {
                write!(f, "status={status}; retry-after={seconds}")
            }
            Kind::Status(status, Some(RetryAfter::Date(seconds))) => {
                write!(f, "status={status}; retry-after=date:{seconds}")
            }
            Kind::Unauthorized => f.write_str("unauthorized"),
            Kind::Reset => f.write_str("reset"),
            Kind::ResetInBody => f.write_str("reset-in-body"),
            Kind::Truncate => f.write_str("truncate"),
            Kind::Empty => f.write_str("empty"),
            Kind::Html(status) => write!(f, "html={status}"),
            Kind::ContentType(text) => write!(f, "content-type={text}"),
            Kind::Drip(pause) => write!(f, "drip={}ms", pause.as_millis()),
            Kind::Hang => f.write_str("hang"),
        }
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |problem: &str| Error::Fault(format!("{text:.200}: {problem}"));
        let mut parts = Parts::default();
        for part in text.split(';').map(str::trim) {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (part, None),
            };
            parts.take(name, value).map_err(invalid)?;
        }
        let fault = parts.finish().map_err(invalid)?;
        fault.check()?;
        Ok(fault)
    }
}

/// The parts of a fault's text that were parsed so far.
#[derive(Default)]
struct Parts {
    delay: Option<Duration>,
    retry_after: Option<RetryAfter>,
    kind: Option<Kind>,
}

impl Parts {
    fn take(&mut self, name: &str, value: Option<&str>) -> Result<(), &'static str> {
        match (name, value) {
            ("delay", Some(value)) if self.delay.is_none() => self.delay = Some(duration(value)?),
            ("retry-after", Some(value)) if self.retry_after.is_none() => {
                let (date, seconds) = match value.strip_prefix("date:") {
                    Some(seconds) => (true, seconds),
                    None => (false, value),
                };
                let seconds =
                    seconds.parse().map_err(|_| "retry-after must be a number of whole seconds")?;
                self.retry_after = Some(match date {
                    true => RetryAfter::Date(seconds),
                    false => RetryAfter::Seconds(seconds),
                });
            }
            ("delay" | "retry-after", Some(_)) => return Err("a part is given twice"),
            _ if self.kind.is_some() => return Err("more than one fault; a comma separates steps"),
            _ => self.kind = Some(kind(name, value)?),
        }
        Ok(())
    }

    fn finish(self) -> Result<Fault, &'static str> {
        let kind = match (self.kind, self.retry_after) {
            (Some(Kind::Status(status, _)), retry_after) => Kind::Status(status, retry_after),
            (_, Some(_)) => return Err("retry-after without a status"),
            (Some(kind), None) => kind,
            (None, None) if self.delay.is_some() => Kind::None,
            (None, None) => return Err("no fault is named"),
        };
        let delay = self.delay.unwrap_or_default();
        Ok(Fault { delay, kind })
    }
}

fn kind(name: &str, value: Option<&str>) -> Result<Kind, &'static str> {
    let status = |text: &str| text.parse().map_err(|_| "the status is not a number");
    Ok(match (name, value) {
        ("ok", None) => Kind::None,
        ("status", Some(value)) => Kind::Status(status(value)?, None),
        ("unauthorized", None) => Kind::Unauthorized,
        ("reset", None) => Kind::Reset,
        ("reset-in-body", None) => Kind::ResetInBody,
        ("truncate", None) => Kind::Truncate,
        ("empty", None) => Kind::Empty,
        ("html", None) => Kind::Html(200),
        ("html", Some(value)) => Kind::Html(status(value)?),
        ("content-type", Some(value)) => Kind::ContentType(value.to_owned()),
        ("drip", Some(value)) => Kind::Drip(duration(value)?),
        ("hang", None) => Kind::Hang,
        _ => return Err("no such fault"),
    })
}

/// `200ms` or `2s`.
fn duration(text: &str) -> Result<Duration, &'static str> {
    let invalid = "a duration must be a whole number followed by ms or s";
    let (number, unit): (_, fn(u64) -> Duration) = match text.strip_suffix("ms") {
        Some(number) => (number, Duration::from_millis),
        None => (text.strip_suffix('s').ok_or(invalid)?, Duration::from_secs),
    };
    number.trim().parse().map(unit).map_err(|_| invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_survives_a_round_trip_through_text() {
        let second = Duration::from_secs(1);
        for fault in [
            Fault::none(),
            Fault::delay(second),
            Fault::status(503),
            Fault::status(429).retry_after(7),
            Fault::status(429).retry_after_date(7).after(second),
            Fault::unauthorized(),
            Fault::reset(),
            Fault::reset_in_body(),
            Fault::truncate(),
            Fault::empty(),
            Fault::html(200),
            Fault::html(502),
            Fault::content_type("text/plain"),
            Fault::drip(Duration::from_millis(20)),
            Fault::hang().after(second),
        ] {
            assert_eq!(fault.to_string().parse::<Fault>().unwrap(), fault);
        }
        assert_eq!("delay=1s".parse::<Fault>().unwrap(), Fault::delay(second));
        assert_eq!("html".parse::<Fault>().unwrap(), Fault::html(200));
    }

    #[test]
    fn invalid_text_is_rejected_with_a_reason() {
        for (text, reason) in [
            ("", "no such fault"),
            ("statsu=503", "no such fault"),
            ("ok=1", "no such fault"),
            ("status", "no such fault"),
            ("status=abc", "not a number"),
            ("status=100", "from 200 to 599"),
            ("html=600", "from 200 to 599"),
            ("retry-after=1", "without a status"),
            ("hang; retry-after=1", "without a status"),
            ("status=429; retry-after=soon", "whole seconds"),
            ("delay=1s; delay=2s", "twice"),
            ("status=503; reset", "more than one fault"),
            ("delay=5", "ms or s"),
            ("delay=-5s", "ms or s"),
            ("delay=100000000s", "longer than a day"),
            ("drip=100000000s", "longer than a day"),
            ("content-type=a\u{7}b", "cannot be sent"),
        ] {
            let error = text.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
