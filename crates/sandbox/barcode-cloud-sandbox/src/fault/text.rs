//! The text form of a fault: a list of parts, separated by semicolons.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Fault, Kind, Reply, RetryAfter};
use crate::Error;

/// The characters that are escaped in a value: those that separate parts and steps, and spaces,
/// which are removed at the ends of a part. All characters outside ASCII are escaped as well.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b';').add(b',').add(b' ');

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
            Kind::Reply(reply) => reply.fmt(f),
            Kind::Unauthorized => f.write_str("unauthorized"),
            Kind::Reset => f.write_str("reset"),
            Kind::ResetInBody => f.write_str("reset-in-body"),
            Kind::Truncate => f.write_str("truncate"),
            Kind::Empty => f.write_str("empty"),
            Kind::Html(status) => write!(f, "html={status}"),
            Kind::ContentType(text) => {
                write!(f, "content-type={}", utf8_percent_encode(text, ESCAPED))
            }
            Kind::Drip(pause) => write!(f, "drip={}ms", pause.as_millis()),
            Kind::Hang => f.write_str("hang"),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status={}", self.status)?;
        match self.retry_after {
            Some(RetryAfter::Seconds(seconds)) => write!(f, "; retry-after={seconds}")?,
            Some(RetryAfter::Date(seconds)) => write!(f, "; retry-after=date:{seconds}")?,
            None => {}
        }
        let texts = [
            ("code", &self.code),
            ("message", &self.message),
            ("body", &self.body),
            ("content-type", &self.content_type),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                write!(f, "; {name}={}", utf8_percent_encode(value, ESCAPED))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = Parts::default();
        for part in text.split(';').map(str::trim) {
            let taken = match part.split_once('=') {
                Some((name, value)) => percent_decode_str(value.trim())
                    .decode_utf8()
                    .map_err(|_| "an escape is not UTF-8".to_owned())
                    .and_then(|value| parts.take(name.trim(), Some(&value))),
                None => parts.take(part, None),
            };
            taken.map_err(|problem| invalid(text, problem))?;
        }
        parts.finish().map_err(|problem| invalid(text, problem))
    }
}

impl Fault {
    /// The fault of a JSON value: the text form, or an object with a member for each part, such as
    /// `{"status": 402, "body": "no credit"}`. A part without a value has the value `true`.
    pub(crate) fn from_json(value: &Value) -> Result<Self, Error> {
        let no_fault = Map::new();
        let (members, text) = match value {
            Value::String(text) => return text.parse(),
            Value::Object(members) => (members, value.to_string()),
            _ => (&no_fault, value.to_string()),
        };
        let mut parts = Parts::default();
        for (name, value) in members {
            let name = name.replace('_', "-");
            let taken = match value {
                Value::Bool(true) => parts.take(&name, None),
                Value::String(value) => parts.take(&name, Some(value)),
                other => parts.take(&name, Some(&other.to_string())),
            };
            taken.map_err(|problem| invalid(&text, problem))?;
        }
        parts.finish().map_err(|problem| invalid(&text, problem))
    }
}

/// An error that quotes the beginning of a fault.
pub(super) fn invalid(text: &str, problem: impl fmt::Display) -> Error {
    Error::Fault(format!("{text:.200}: {problem}"))
}

const MORE_THAN_ONE: &str = "more than one fault; a comma separates steps";

/// The parts of a fault's text that were parsed so far.
#[derive(Default)]
struct Parts {
    delay: Option<Duration>,
    retry_after: Option<RetryAfter>,
    code: Option<String>,
    message: Option<String>,
    body: Option<String>,
    content_type: Option<String>,
    kind: Option<Kind>,
}

impl Parts {
    fn take(&mut self, name: &str, value: Option<&str>) -> Result<(), String> {
        match (name, value) {
            ("delay", Some(value)) => set(&mut self.delay, duration(value)?, name),
            ("retry-after", Some(value)) => set(&mut self.retry_after, retry_after(value)?, name),
            ("code", Some(value)) => set(&mut self.code, value.to_owned(), name),
            ("message", Some(value)) => set(&mut self.message, value.to_owned(), name),
            ("body", Some(value)) => set(&mut self.body, value.to_owned(), name),
            ("content-type", Some(value)) => set(&mut self.content_type, value.to_owned(), name),
            _ if self.kind.is_some() => Err(MORE_THAN_ONE.to_owned()),
            _ => set(&mut self.kind, kind(name, value)?, name),
        }
    }

    fn finish(self) -> Result<Fault, String> {
        let Self { delay, retry_after, code, message, body, content_type, kind } = self;
        let only_with_status = [
            ("retry-after", retry_after.is_some()),
            ("code", code.is_some()),
            ("message", message.is_some()),
            ("body", body.is_some()),
        ];
        let kind = match kind {
            Some(Kind::Reply(Reply { status, .. })) => {
                Kind::Reply(Reply { status, retry_after, code, message, body, content_type })
            }
            other => {
                if let Some((name, _)) = only_with_status.iter().find(|(_, is_given)| *is_given) {
                    return Err(format!("{name} without a status"));
                }
                match (other, content_type) {
                    (None, Some(content_type)) => Kind::ContentType(content_type),
                    (Some(_), Some(_)) => {
                        return Err(MORE_THAN_ONE.to_owned());
                    }
                    (Some(kind), None) => kind,
                    (None, None) if delay.is_some() => Kind::None,
                    (None, None) => return Err("no fault is named".to_owned()),
                }
            }
        };
        let fault = Fault { delay: delay.unwrap_or_default(), kind };
        fault.problem().map_or(Ok(fault), |problem| Err(problem.to_owned()))
    }
}

fn set<T>(part: &mut Option<T>, value: T, name: &str) -> Result<(), String> {
    match part.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is given twice")),
    }
}

/// `5` or `date:5`.
fn retry_after(text: &str) -> Result<RetryAfter, &'static str> {
    let (form, seconds): (fn(u32) -> RetryAfter, _) = match text.strip_prefix("date:") {
        Some(seconds) => (RetryAfter::Date, seconds),
        None => (RetryAfter::Seconds, text),
    };
    seconds.parse().map(form).map_err(|_| "retry-after must be a number of whole seconds")
}

fn kind(name: &str, value: Option<&str>) -> Result<Kind, &'static str> {
    let status = |text: &str| text.parse().map_err(|_| "the status is not a number");
    Ok(match (name, value) {
        ("ok", None) => Kind::None,
        ("status", Some(value)) => Kind::Reply(Reply::of(status(value)?)),
        ("unauthorized", None) => Kind::Unauthorized,
        ("reset", None) => Kind::Reset,
        ("reset-in-body", None) => Kind::ResetInBody,
        ("truncate", None) => Kind::Truncate,
        ("empty", None) => Kind::Empty,
        ("html", None) => Kind::Html(200),
        ("html", Some(value)) => Kind::Html(status(value)?),
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
    use serde_json::json;

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
            Fault::content_type("text/html; charset=utf-8"),
            Fault::status(402).code("errorQuota").message("No credit; ask, 100% ").retry_after(1),
            Fault::status(200).body(" {\"a\": \"ü\"},\r\n").with_content_type("a/b; c=d"),
        ] {
            let text = fault.to_string();
            assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text}");
            assert_eq!(text.parse::<Fault>().unwrap(), fault);
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
            ("status=402; code=a; code=b", "code is given twice"),
            ("reset; body=a", "body without a status"),
            ("code=a", "code without a status"),
            ("reset; content-type=a/b", "more than one fault"),
            ("status=200; body=%FF", "not UTF-8"),
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
    #[test]
    fn a_json_object_has_a_member_for_each_part() {
        let step = |value| Fault::from_json(&value);
        for (value, fault) in [
            (json!("reset"), Fault::reset()),
            (json!({ "hang": true, "delay": "1s" }), Fault::hang().after(Duration::from_secs(1))),
            (
                json!({ "status": 402, "code": "errorQuota", "message": "a; b", "retry_after": 1 }),
                Fault::status(402).code("errorQuota").message("a; b").retry_after(1),
            ),
            (
                json!({ "status": 200, "body": { "a": [1] }, "content_type": "a/b" }),
                Fault::status(200).body(r#"{"a":[1]}"#).with_content_type("a/b"),
            ),
        ] {
            assert_eq!(step(value).unwrap(), fault);
        }
        for (value, reason) in [
            (json!(1), "no fault is named"),
            (json!({}), "no fault is named"),
            (json!({ "status": 402, "shade": 1 }), "more than one fault"),
            (json!({ "reset": false }), "no such fault"),
            (json!({ "status": "x" }), "not a number"),
        ] {
            let error = step(value).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
