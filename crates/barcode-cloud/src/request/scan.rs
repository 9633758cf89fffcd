//! The request to find barcodes of all types, and the handling of its response.

use std::sync::Arc;

use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use super::call_options::{awaitable, call_setters};
use super::{Barcodes, ImageSource, barcode, image_source};
use crate::error::Error;
use crate::exchange::upload::UploadOutcome;
use crate::exchange::{CallOptions, Operation, ResponseContext, Shared, response};

/// A request to find all barcodes of an image, returned by
/// [`Client::scan`](crate::Client::scan).
///
/// - An image is uploaded as a multipart form.
/// - An image URL is sent as part of the request's URL, which proxies may log. The service fetches
///   the image.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use std::path::Path;
///
/// for barcode in client.scan(Path::new("label.png")).send().await? {
///     println!("{}: {}", barcode.barcode_type, barcode.value);
/// }
/// # Ok(())
/// # }
/// ```
///
/// A clone can be sent independently, unless the image is a reader: clones share the reader, which
/// can be read once.
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct Scan {
    request: ScanOperation,
    options: CallOptions,
}

#[derive(Debug, Clone)]
struct ScanOperation {
    shared: Arc<Shared>,
    image: ImageSource,
}

impl Scan {
    pub(crate) fn new(shared: Arc<Shared>, image: ImageSource) -> Self {
        Self { request: ScanOperation { shared, image }, options: CallOptions::default() }
    }

    call_setters!();

    /// Sends the request and returns the barcodes found. The service bills the request.
    ///
    /// The result is empty if the image contains no barcode.
    ///
    /// # Errors
    ///
    /// The errors of [`Recognize::send`](crate::Recognize::send).
    pub async fn send(self) -> Result<Barcodes, Error> {
        Ok(self.request.shared.exchange.run(&self.options, &self.request).await?)
    }
}

awaitable!(Scan => Barcodes);

impl ScanOperation {
    fn url_request(&self, url: &str) -> Result<reqwest::Request, Error> {
        let request = self.shared.api.scan().file_url(url).request();
        request.map_err(response::request_error)
    }

    async fn multipart_request(&self, upload: &UploadOutcome) -> Result<reqwest::Request, Error> {
        let file = self.image.file_part(upload).await?;
        let request = self.shared.api.scan_multipart().file(file).request();
        request.map_err(response::request_error)
    }
}

impl Operation for ScanOperation {
    type Output = Barcodes;

    fn operation(&self) -> &'static api::Operation {
        match self.image {
            ImageSource::Url(_) => &operations::SCAN,
            _ => &operations::SCAN_MULTIPART,
        }
    }

    fn can_resend(&self) -> bool {
        self.image.can_resend()
    }

    async fn validate(&self) -> Result<(), Error> {
        match &self.image {
            ImageSource::Url(url) => image_source::validate_url(url, self.url_request(url)?.url()),
            image => image.validate(u64::MAX).await,
        }
    }

    async fn request(&self, upload: &UploadOutcome) -> Result<reqwest::Request, Error> {
        match &self.image {
            ImageSource::Url(url) => self.url_request(url),
            _ => self.multipart_request(upload).await,
        }
    }

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Barcodes, Error> {
        let (response, body) = context.whole(response).await?;
        let barcodes = match self.image {
            ImageSource::Url(_) => builder::Scan::receive(response).await,
            _ => builder::ScanMultipart::receive(response).await,
        };
        let trace_data = self.shared.trace_data;
        barcode::received(barcodes, &body, &context, trace_data)
    }
}
