//! The middleware that writes the request log: it adds an entry when a request arrives, and
//! completes it when the response is ready or the client disconnects.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt;

use super::{Log, LoggedBody, LoggedRequest};
use crate::contract::TOKEN;
use crate::fault::Fault;
use crate::http::{ResponseContext, query};
use crate::state::State;

/// The maximum length of a body that is kept, in bytes.
const MAX_TEXT: u64 = 16 * 1024;

/// Logs the request and its response.
pub(crate) async fn layer(
    Shared(state): Shared<Arc<State>>,
    mut request: Request,
    next: Next,
) -> Response {
    let operation = state.operation_of(&request);
    let entry = entry(&state.log, &request, operation.as_deref());
    let log_entry = LogEntryHandle { key: state.log.add(entry), log: Arc::clone(&state.log) };
    let recorder = Arc::new(Mutex::new(BodyRecorder::new(request.headers(), operation.as_deref())));
    let mut completion = EntryCompletion {
        log_entry: log_entry.clone(),
        recorder: Arc::clone(&recorder),
        outcome: None,
    };
    let arrival = Instant::now();
    request.extensions_mut().insert(log_entry);
    let request = request.map(|body| {
        Body::new(body.map_frame(move |frame| {
            if let Some(bytes) = frame.data_ref() {
                let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
                recorder.record(bytes);
            }
            frame
        }))
    });
    let response = next.run(request).await;
    let duration = arrival.elapsed();
    let status = response.status().as_u16();
    let (body, response) = response_body(&state.log, response).await;
    completion.outcome = Some(Outcome { status, duration, body });
    response
}

/// Returns the body of a response for the log, and the same response.
async fn response_body(log: &Log, response: Response) -> (LoggedBody, Response) {
    let media_type = media_type(response.headers());
    let kind = media_type.as_deref().and_then(TextKind::of);
    // The length of a body that is sent in pieces is only in the header.
    let header = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let exact = response.body().size_hint().exact();
    let length = exact.or(header.and_then(|length| length.parse().ok())).unwrap_or_default();
    let mut logged = LoggedBody { length, media_type, text: None };
    let (Some(kind), Some(0..=MAX_TEXT)) = (kind, exact) else {
        return (logged, response);
    };
    let (parts, body) = response.into_parts();
    // The body is in memory, so that reading it neither waits nor fails.
    let bytes = to_bytes(body, MAX_TEXT as usize).await.unwrap_or_default();
    logged.text = kind.redacted(log, bytes.to_vec());
    (logged, Response::from_parts(parts, bytes.into()))
}

fn entry(log: &Log, request: &Request, operation: Option<&str>) -> LoggedRequest {
    let redactor = &log.redactor;
    let query = query::lossy_pairs(request.uri().query().unwrap_or_default());
    let query = query.map(|(name, value)| {
        let value = redactor.parameter(&name, &value);
        (redactor.text(&name), value)
    });
    let headers = request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), redactor.header(name.as_str(), &value))
    });
    LoggedRequest {
        id: ResponseContext::of(request).id,
        time: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
        method: request.method().to_string(),
        path: redactor.text(request.uri().path()),
        operation: operation.map(str::to_owned),
        query: query.collect(),
        headers: headers.collect(),
        body: LoggedBody { media_type: media_type(request.headers()), ..LoggedBody::default() },
        fault: None,
        warning: None,
        status: None,
        duration: None,
        response: LoggedBody::default(),
    }
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = text.split(';').next().unwrap_or_default().trim();
    Some(essence.to_ascii_lowercase())
}

/// A handle to the log entry of a request in flight. It is among the request's extensions.
#[derive(Clone)]
pub(crate) struct LogEntryHandle {
    log: Arc<Log>,
    key: u64,
}

impl LogEntryHandle {
    /// Records the fault that is injected into the request.
    pub(crate) fn record_fault(&self, fault: &Fault) {
        let text = self.log.redactor.text(&fault.to_string());
        self.log.update(self.key, |entry| entry.fault = Some(text));
    }

    /// Records that the response is incomplete, or that data was dropped.
    pub(crate) fn record_warning(&self, warning: &str) {
        let text = self.log.redactor.text(warning);
        self.log.update(self.key, |entry| entry.warning = Some(text));
    }
}

/// Completes the entry when it is dropped: after the response, or when the client disconnects
/// before it.
struct EntryCompletion {
    log_entry: LogEntryHandle,
    recorder: Arc<Mutex<BodyRecorder>>,
    outcome: Option<Outcome>,
}

/// The response that a request got.
struct Outcome {
    status: u16,
    duration: Duration,
    body: LoggedBody,
}

impl Drop for EntryCompletion {
    fn drop(&mut self) {
        let LogEntryHandle { log, key } = &self.log_entry;
        let (length, text) = {
            let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
            (recorder.length, recorder.text(log))
        };
        let complete = log.update(*key, |entry| {
            entry.body.length = length;
            entry.body.text = text;
            if let Some(Outcome { status, duration, body }) = self.outcome.take() {
                entry.status = Some(status);
                entry.duration = Some(duration);
                entry.response = body;
            }
        });
        if let Some(entry) = complete {
            // Sending fails if there is no subscriber, which is fine.
            let _ = log.feed.send(Arc::new(entry));
        }
    }
}

/// Records a body while it is read.
struct BodyRecorder {
    length: u64,
    kind: Option<TextKind>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
enum TextKind {
    Form,
    Json,
    Other,
}

impl TextKind {
    /// The kind of a media type, or `None` if it is not text.
    fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/json" => Some(Self::Json),
            "application/xml" => Some(Self::Other),
            other => other.starts_with("text/").then_some(Self::Other),
        }
    }

    /// Returns a text without its secrets.
    fn redacted(self, log: &Log, bytes: Vec<u8>) -> Option<String> {
        let text = String::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
        Some(match self {
            Self::Form => log.redactor.form(&text),
            Self::Json => log.redactor.json(&text),
            Self::Other => log.redactor.text(&text),
        })
    }
}

impl BodyRecorder {
    fn new(headers: &HeaderMap, operation: Option<&str>) -> Self {
        let kind = media_type(headers).as_deref().and_then(TextKind::of);
        // A token request contains credentials, so only forms are logged, which are redacted field
        // by field.
        let kind = kind.filter(|kind| operation != Some(TOKEN) || matches!(kind, TextKind::Form));
        Self {
            length: 0,
            kind: kind.filter(|_| !headers.contains_key(CONTENT_ENCODING)),
            bytes: Vec::new(),
        }
    }

    fn record(&mut self, bytes: &Bytes) {
        self.length += bytes.len() as u64;
        if self.kind.is_some() && self.length <= MAX_TEXT {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.kind = None;
            self.bytes = Vec::new();
        }
    }

    fn text(&mut self, log: &Log) -> Option<String> {
        self.kind?.redacted(log, std::mem::take(&mut self.bytes))
    }
}
