//! The request log: the requests to the service, for tests to inspect. It contains no secrets and
//! its size is bounded.
//!
//! [`layer`] writes the log, [`LoggedRequest`] is an entry, and `redact` removes secrets.

mod layer;
mod redact;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::sync::broadcast;

use crate::matcher::CompiledMatcher;

pub(crate) use layer::{LogEntryHandle, layer};
pub(crate) use redact::Redactor;

/// The maximum number of entries and of their bytes. The oldest entries are removed to make room.
const MAX_ENTRIES: usize = 1000;
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// How many entries a subscriber of the live feed may fall behind.
const FEED_LENGTH: usize = 256;

/// A request to an operation, to the token endpoint or to an unknown path.
///
/// Credentials and tokens in it are replaced by `[redacted]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The id of the request, which the response has in its `x-request-id` header.
    pub id: String,
    /// When the request arrived, in the format of RFC 3339.
    pub time: String,
    /// The HTTP method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The `operationId` of the document, or `token` for the token endpoint. `None` if the document
    /// does not have the path.
    pub operation: Option<String>,
    /// The names and values of the query parameters, in the order in which they were sent.
    pub query: Vec<(String, String)>,
    /// The names of the headers, in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: LoggedBody,
    /// The injected fault, in the text form of [`Fault`](crate::Fault).
    pub fault: Option<String>,
    /// Why a successful response may not be what the client expects: an image was not searched
    /// completely, or characters that the symbology cannot encode were dropped, as the service
    /// does.
    pub warning: Option<String>,
    /// The status of the response. `None` while the request is in flight, or if it got no response.
    pub status: Option<u16>,
    /// How long it took until the response was ready to be sent. `None` as for `status`. In JSON,
    /// it is `duration_ms`, in milliseconds.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Option<Duration>,
    /// The body of the response, before compression.
    pub response: LoggedBody,
}

#[allow(clippy::ref_option, reason = "serde passes a reference to the field")]
fn milliseconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_micros() as f64 / 1000.0).serialize(serializer)
}

/// The body of a logged request, or of its response.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedBody {
    /// The number of bytes. For a request, those that were read, before decompression.
    pub length: u64,
    /// The media type of the `Content-Type` header, without parameters.
    pub media_type: Option<String>,
    /// The body itself if it is text of at most 16 KiB: JSON, XML, a form or plain text.
    pub text: Option<String>,
}

impl LoggedRequest {
    /// Returns the value of the first header with this name, ignoring case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// Returns the first value of the query parameter with this name.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(parameter, _)| parameter == name)?;
        Some(&found.1)
    }

    /// The approximate size of the entry in memory, in bytes.
    fn weight(&self) -> usize {
        let pairs = self.query.iter().chain(&self.headers);
        let pairs: usize = pairs.map(|(a, b)| a.len() + b.len() + 48).sum();
        let texts = [&self.body.text, &self.response.text, &self.warning, &self.fault];
        let text: usize = texts.into_iter().flatten().map(String::len).sum();
        size_of::<Self>() + self.path.len() + pairs + text
    }
}

/// The log of a running sandbox.
pub(crate) struct Log {
    entries: Mutex<Entries>,
    feed: broadcast::Sender<Arc<LoggedRequest>>,
    redactor: Redactor,
}

#[derive(Default)]
struct Entries {
    /// The entries with their keys, in ascending order.
    list: VecDeque<(u64, LoggedRequest)>,
    last_key: u64,
    bytes: usize,
}

impl Entries {
    fn trim(&mut self) {
        while self.list.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.list.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.weight());
        }
    }
}

impl Log {
    pub(crate) fn new(redactor: Redactor) -> Self {
        Self { entries: Mutex::default(), feed: broadcast::Sender::new(FEED_LENGTH), redactor }
    }

    /// Returns the entries, oldest first.
    pub(crate) fn list(&self) -> Vec<LoggedRequest> {
        let entries = self.entries();
        entries.list.iter().map(|(_, entry)| entry.clone()).collect()
    }

    /// Returns how many entries match.
    pub(crate) fn count(&self, matcher: &CompiledMatcher) -> usize {
        self.list().iter().filter(|entry| matcher.matches_logged(entry)).count()
    }

    /// Hides another secret in later entries.
    pub(crate) fn hide(&self, secret: String) {
        self.redactor.add(secret);
    }

    /// Removes all entries, and the secrets that were added.
    pub(crate) fn reset(&self) {
        self.clear();
        self.redactor.reset();
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.list.clear();
        entries.bytes = 0;
    }

    /// Subscribes to new entries. Each is sent when it is complete.
    pub(crate) fn feed(&self) -> broadcast::Receiver<Arc<LoggedRequest>> {
        self.feed.subscribe()
    }

    /// Adds an entry. Returns the key to update it with.
    fn add(&self, entry: LoggedRequest) -> u64 {
        let mut entries = self.entries();
        entries.last_key += 1;
        let key = entries.last_key;
        entries.bytes += entry.weight();
        entries.list.push_back((key, entry));
        entries.trim();
        key
    }

    /// Updates an entry, if it was not removed. Returns a copy of it.
    fn update(&self, key: u64, change: impl FnOnce(&mut LoggedRequest)) -> Option<LoggedRequest> {
        let mut entries = self.entries();
        let at = entries.list.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        let entry = &mut entries.list[at].1;
        let before = entry.weight();
        change(entry);
        let after = entry.weight();
        let copy = entry.clone();
        entries.bytes = (entries.bytes + after).saturating_sub(before);
        entries.trim();
        Some(copy)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: String) -> LoggedRequest {
        LoggedRequest {
            id: String::new(),
            time: String::new(),
            method: "GET".to_owned(),
            path,
            operation: None,
            query: Vec::new(),
            headers: Vec::new(),
            body: LoggedBody::default(),
            fault: None,
            warning: None,
            status: None,
            duration: None,
            response: LoggedBody::default(),
        }
    }

    #[test]
    fn the_oldest_entries_make_room_for_new_ones() {
        let log = Log::new(Redactor::default());
        for number in 0..MAX_ENTRIES + 10 {
            log.add(entry(number.to_string()));
        }
        let list = log.list();
        assert_eq!(list.len(), MAX_ENTRIES);
        assert_eq!(list[0].path, "10");
    }

    #[test]
    fn the_size_of_the_log_is_bounded_even_if_entries_grow() {
        let log = Log::new(Redactor::default());
        let keys: Vec<_> = (0..20).map(|_| log.add(entry("x".repeat(1024 * 1024)))).collect();
        assert_eq!(log.list().len(), 7);
        let last = keys[19];
        log.update(last, |entry| {
            entry.body.text = Some("y".repeat(3 * 1024 * 1024));
        });
        assert_eq!(log.list().len(), 4);
        assert!(log.update(keys[0], |entry| entry.status = Some(200)).is_none());
        log.clear();
        assert_eq!((log.list().len(), log.entries().bytes), (0, 0));
    }
}
