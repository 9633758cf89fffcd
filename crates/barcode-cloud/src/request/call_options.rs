//! The setters that all requests share, and the conversion of a request into a future.

/// Defines the setters that change the field `options`.
macro_rules! call_setters {
    () => {
        /// Limits the whole call, instead of the client's
        /// [`timeout`](crate::ClientBuilder::timeout).
        ///
        /// If this is longer than the client's
        /// [`attempt_timeout`](crate::ClientBuilder::attempt_timeout), an attempt may take as long
        /// as the call, unless [`attempt_timeout`](Self::attempt_timeout) is set here too.
        ///
        /// ```no_run
        /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
        /// use std::path::Path;
        /// use std::time::Duration;
        ///
        /// let scan = client.scan(Path::new("label.png")).timeout(Duration::from_secs(5));
        /// let barcodes = scan.await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.timeout = Some(limit);
            self
        }

        /// Limits each attempt of this call, instead of the client's
        /// [`attempt_timeout`](crate::ClientBuilder::attempt_timeout).
        pub fn attempt_timeout(mut self, limit: std::time::Duration) -> Self {
            self.options.attempt_timeout = Some(limit);
            self
        }

        /// Sets when and how often this request is resent, instead of the client's
        /// [`retry`](crate::ClientBuilder::retry).
        ///
        /// The budget of retries remains that of the client, so `budget_percent` has no effect.
        ///
        /// ```no_run
        /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
        /// use std::path::Path;
        /// use barcode_cloud::Retry;
        ///
        /// // This result is worth a second payment.
        /// let retry = Retry::default().attempts(5).lost_responses(true);
        /// let barcodes = client.scan(Path::new("label.png")).retry(retry).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn retry(mut self, retry: crate::Retry) -> Self {
            self.options.retry = Some(retry);
            self
        }

        /// Adds a header to the requests of this call. It replaces a header of that name that was
        /// set for the [client](crate::ClientBuilder::header).
        ///
        /// The value is treated as a secret. An invalid header, or one that the client sets itself,
        /// fails the call with [`Error::InvalidInput`] before anything is sent.
        ///
        /// ```no_run
        /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
        /// # let image = std::path::Path::new("label.png");
        /// let barcodes = client.scan(image).header("x-tenant", "warehouse-7").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn header(
            mut self,
            name: impl Into<String>,
            value: impl Into<crate::SecretString>,
        ) -> Self {
            self.options.headers.push((name.into(), value.into()));
            self
        }

        /// Sends this id in the header `x-request-id`, so that the call can be found in the logs of
        /// proxies and of the service.
        ///
        /// The id must be visible ASCII. The service may return a different id.
        ///
        /// ```no_run
        /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
        /// # let image = std::path::Path::new("label.png");
        /// let barcodes = client.scan(image).request_id("order-1001").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn request_id(mut self, id: impl Into<String>) -> Self {
            self.options.request_id = Some(id.into());
            self
        }
    };
}
pub(crate) use call_setters;

/// Makes a request awaitable: `request.await` is the same as `request.send().await`.
macro_rules! awaitable {
    ($request:ty => $output:ty) => {
        /// Awaiting the request sends it, as [`send`](Self::send) does.
        impl std::future::IntoFuture for $request {
            type Output = Result<$output, crate::error::Error>;
            type IntoFuture =
                std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'static>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.send())
            }
        }
    };
}
pub(crate) use awaitable;
