//! The request log: what was sent to the service, for a test to look at. Without secrets, and of
//! bounded size.
//!
//! [`layer`] writes it, [`LoggedRequest`] is one entry; what must not be seen is the affair of
//! `redact`.

mod layer;
mod redact;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

pub(crate) use layer::{LogEntryHandle, layer};
pub(crate) use redact::Redactor;

/// Older entries make room for new ones beyond so many, or so many bytes in all.
const MOST_ENTRIES: usize = 1000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// How many entries a reader of the live feed may fall behind.
const FEED_LENGTH: usize = 256;

/// A request to an operation or the token endpoint, or to no known address.
///
/// Credentials and tokens in it are replaced by `[redacted]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedRequest {
    /// The answer's `x-request-id`.
    pub id: String,
    /// When it arrived, in the form of RFC 3339.
    pub time: String,
    /// The HTTP method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The `operationId` of the document, or `token`; `None` where the document has no such path.
    pub operation: Option<String>,
    /// Names and values of the query, in the order given.
    pub query: Vec<(String, String)>,
    /// Names, in lower case, and values of the headers.
    pub headers: Vec<(String, String)>,
    /// What is known of the body.
    pub body: LoggedBody,
    /// The fault that happened to it, in the text form of [`Fault`](crate::Fault).
    pub fault: Option<String>,
    /// What the response leaves out or changes without being an error: an image that was not searched completely, or
    /// data that a symbology cannot hold and that was dropped, as the service does.
    pub warning: Option<String>,
    /// The status of the answer; `None` while there is none, or if none ever came.
    pub status: Option<u16>,
}

/// The body of a logged request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoggedBody {
    /// The bytes that were read of it, as they came over the wire.
    pub length: u64,
    /// Its `Content-Type`, without parameters.
    pub media_type: Option<String>,
    /// The body itself, where it is text of at most 16 KiB: JSON, XML, a form or plain text.
    pub text: Option<String>,
}

impl LoggedRequest {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The first value of this name in the query.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(it, _)| it == name)?;
        Some(&found.1)
    }

    /// About how many bytes it takes.
    fn weight(&self) -> usize {
        let pairs = self.query.iter().chain(&self.headers);
        let pairs: usize = pairs.map(|(a, b)| a.len() + b.len() + 48).sum();
        let texts = [&self.body.text, &self.warning];
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
    /// With the key of each; keys grow.
    list: VecDeque<(u64, LoggedRequest)>,
    last_key: u64,
    bytes: usize,
}

impl Entries {
    fn trim(&mut self) {
        while self.list.len() > MOST_ENTRIES || self.bytes > MOST_BYTES {
            let Some((_, oldest)) = self.list.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.weight());
        }
    }
}

impl Log {
    pub(crate) fn new(redactor: Redactor) -> Self {
        Self {
            entries: Mutex::default(),
            feed: broadcast::Sender::new(FEED_LENGTH),
            redactor,
        }
    }

    /// The entries, the oldest first.
    pub(crate) fn list(&self) -> Vec<LoggedRequest> {
        let entries = self.entries();
        entries
            .list
            .iter()
            .map(|(_, entry)| entry.clone())
            .collect()
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.entries();
        entries.list.clear();
        entries.bytes = 0;
    }

    /// Each request from now on, as soon as it is answered or given up.
    pub(crate) fn feed(&self) -> broadcast::Receiver<Arc<LoggedRequest>> {
        self.feed.subscribe()
    }

    /// Adds an entry, and gives the key to change it by.
    fn add(&self, entry: LoggedRequest) -> u64 {
        let mut entries = self.entries();
        entries.last_key += 1;
        let key = entries.last_key;
        entries.bytes += entry.weight();
        entries.list.push_back((key, entry));
        entries.trim();
        key
    }

    /// Changes an entry, if it is still there, and gives a copy of it.
    fn update(&self, key: u64, change: impl FnOnce(&mut LoggedRequest)) -> Option<LoggedRequest> {
        let mut entries = self.entries();
        let at = entries
            .list
            .binary_search_by_key(&key, |(it, _)| *it)
            .ok()?;
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
        }
    }

    #[test]
    fn the_oldest_entries_make_room_for_new_ones() {
        let log = Log::new(Redactor::default());
        for number in 0..MOST_ENTRIES + 10 {
            log.add(entry(number.to_string()));
        }
        let list = log.list();
        assert_eq!(list.len(), MOST_ENTRIES);
        assert_eq!(list[0].path, "10");
    }

    #[test]
    fn the_log_is_bounded_in_bytes_also_when_entries_grow() {
        let log = Log::new(Redactor::default());
        let keys: Vec<_> = (0..20)
            .map(|_| log.add(entry("x".repeat(1024 * 1024))))
            .collect();
        assert_eq!(log.list().len(), 7);
        let last = keys[19];
        log.update(last, |it| it.body.text = Some("y".repeat(3 * 1024 * 1024)));
        assert_eq!(log.list().len(), 4);
        assert!(log.update(keys[0], |it| it.status = Some(200)).is_none());
        log.clear();
        assert_eq!((log.list().len(), log.entries().bytes), (0, 0));
    }
}
