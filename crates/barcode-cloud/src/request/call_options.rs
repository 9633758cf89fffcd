//! The setters that every request has besides its own.

/// Defines the setters of the field `options`.
macro_rules! call_setters {
    () => {
        /// Sets the deadline of the whole call, in place of the client's [`timeout`](crate::ClientBuilder::timeout).
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.timeout = Some(limit);
            self
        }

        /// Sends this id as the header `x-request-id`, so that the call can be found in the logs of proxies and of the
        /// service. It must be visible ASCII. The service may answer with an id of its own.
        pub fn request_id(mut self, id: impl Into<String>) -> Self {
            self.options.request_id = Some(id.into());
            self
        }
    };
}
pub(crate) use call_setters;
