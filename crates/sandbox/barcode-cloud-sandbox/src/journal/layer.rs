//! The middleware that writes the request log: it adds an entry when a request arrives, and
//! completes it when the response is ready or the client disconnects.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::BodyExt;

use super::{Log, LoggedBody, LoggedRequest};
use crate::contract::TOKEN;
use crate::http::{ResponseContext, query};
use crate::state::State;

/// The maximum length of a body that is kept, in bytes.
const MAX_TEXT: usize = 16 * 1024;

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
        status: None,
    };
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
    completion.status = Some(response.status().as_u16());
    response
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
    pub(crate) fn record_fault(&self, fault: String) {
        self.log.update(self.key, |entry| entry.fault = Some(fault));
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
    status: Option<u16>,
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
            entry.status = self.status;
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

impl BodyRecorder {
    fn new(headers: &HeaderMap, operation: Option<&str>) -> Self {
        let media_type = media_type(headers).unwrap_or_default();
        let kind = match media_type.as_str() {
            "application/x-www-form-urlencoded" => Some(TextKind::Form),
            // A token request contains credentials, so only forms are logged, which are redacted
            // field by field.
            _ if operation == Some(TOKEN) => None,
            "application/json" => Some(TextKind::Json),
            "application/xml" => Some(TextKind::Other),
            other if other.starts_with("text/") => Some(TextKind::Other),
            _ => None,
        };
        Self {
            length: 0,
            kind: kind.filter(|_| !headers.contains_key(CONTENT_ENCODING)),
            bytes: Vec::new(),
        }
    }

    fn record(&mut self, bytes: &Bytes) {
        self.length += bytes.len() as u64;
        if self.kind.is_some() && self.bytes.len() + bytes.len() <= MAX_TEXT {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.kind = None;
            self.bytes = Vec::new();
        }
    }

    fn text(&mut self, log: &Log) -> Option<String> {
        let text = String::from_utf8(std::mem::take(&mut self.bytes)).ok()?;
        Some(match self.kind? {
            _ if text.is_empty() => return None,
            TextKind::Form => log.redactor.form(&text),
            TextKind::Json => log.redactor.json(&text),
            TextKind::Other => log.redactor.text(&text),
        })
    }
}
