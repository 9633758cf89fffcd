//! What a successful call returns besides its result.

use std::fmt;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::REQUEST_ID;

/// The status and the headers of a successful response, and the number of attempts that the call
/// took.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::EncodeBarcodeType;
///
/// let image = client.generate(EncodeBarcodeType::Qr, "Hello").await?;
/// let metadata = image.metadata();
/// println!("request {:?}, sent {} times", metadata.request_id(), metadata.attempts());
/// # Ok(())
/// # }
/// ```
///
/// Results that a test constructs have the [default](Self::default): the status 200, no headers,
/// and one attempt.
#[derive(Clone)]
pub struct ResponseMetadata {
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
}

impl ResponseMetadata {
    pub(crate) fn new(status: StatusCode, headers: &HeaderMap, attempts: u32) -> Self {
        Self { status, headers: detached(headers), attempts }
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the id of the request, which support will ask for. `None` if the response has none,
    /// or one that is not visible ASCII.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get(REQUEST_ID)?.to_str().ok()
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns how many times the request was sent: 1 unless it was resent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Sets a header, for a result that a test constructs.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the status, for a result that a test constructs.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the number of attempts, for a result that a test constructs.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }
}

impl Default for ResponseMetadata {
    fn default() -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), attempts: 1 }
    }
}

/// Shows the names of the headers, but not their values, which may contain cookies.
impl fmt::Debug for ResponseMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.keys().collect();
        f.debug_struct("ResponseMetadata")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("attempts", &self.attempts)
            .field("headers", &headers)
            .finish()
    }
}

/// Copies the values of headers into one buffer of their own. Otherwise each result that a program
/// keeps would keep the buffer of its connection.
fn detached(headers: &HeaderMap) -> HeaderMap {
    let length = headers.values().map(HeaderValue::len).sum();
    let mut values = BytesMut::with_capacity(length);
    for value in headers.values() {
        values.extend_from_slice(value.as_bytes());
    }
    let mut values = values.freeze();
    let mut copy = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in headers {
        let bytes: Bytes = values.split_to(value.len());
        // The bytes are those of a valid value, so this does not fail.
        if let Ok(value) = HeaderValue::from_maybe_shared(bytes) {
            copy.append(name, value);
        }
    }
    copy
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::ResponseMetadata;

    #[test]
    fn all_headers_are_copied_in_order_and_their_values_are_not_shown() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-request-id", "r-1"),
            ("set-cookie", "canary=1"),
            ("set-cookie", "canary=2"),
            ("x-empty", ""),
        ] {
            let name = HeaderName::from_static(name);
            headers.append(name, HeaderValue::from_static(value));
        }
        let metadata = ResponseMetadata::new(StatusCode::OK, &headers, 2);
        assert_eq!(*metadata.headers(), headers);
        assert_eq!(metadata.request_id(), Some("r-1"));
        assert_eq!(metadata.attempts(), 2);
        let shown = format!("{metadata:?}");
        assert!(shown.contains("set-cookie") && !shown.contains("canary"), "{shown}");
    }
}
