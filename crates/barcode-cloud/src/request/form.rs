//! What every request can set for itself: its form, its deadline, its id.

/// How a request carries its arguments. The client picks the one that fits; a call can force another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A GET with everything in the URL: for short text, and for pictures that the service fetches itself.
    Query,
    /// A POST of JSON, pictures as base64.
    Body,
    /// A POST of a multipart form, pictures as they are.
    Multipart,
}

/// The setters that every request has beside those of its own.
macro_rules! call_setters {
    () => {
        /// For the whole call, instead of the client's [`timeout`](crate::ClientBuilder::timeout).
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.timeout = Some(limit);
            self
        }

        /// Sends this id as `x-request-id`, so that the call can be found in the logs of whatever stands between. Visible
        /// ASCII; the service may answer with an id of its own.
        pub fn request_id(mut self, id: impl Into<String>) -> Self {
            self.options.request_id = Some(id.into());
            self
        }
    };
}
pub(crate) use call_setters;
