//! The setters that all requests share.

/// Defines the setters that change the field `options`.
macro_rules! call_setters {
    () => {
        /// Limits the whole call, instead of the client's
        /// [`timeout`](crate::ClientBuilder::timeout).
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.timeout = Some(limit);
            self
        }

        /// Sends this id in the header `x-request-id`, so that the call can be found in the logs of
        /// proxies and of the service.
        ///
        /// The id must be visible ASCII. The service may return a different id.
        pub fn request_id(mut self, id: impl Into<String>) -> Self {
            self.options.request_id = Some(id.into());
            self
        }
    };
}
pub(crate) use call_setters;
