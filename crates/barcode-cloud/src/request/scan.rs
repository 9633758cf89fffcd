//! Reading barcodes without settings: the request and what becomes of its response.

use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use crate::exchange::response;
use crate::exchange::upload::UploadOutcome;
use crate::exchange::{Attempt, CallOptions, Operation, ResponseContext};
use crate::request::call_options::call_setters;
use crate::request::{barcode, image_source};
use crate::{Barcode, Client, Error, ImageSource};

/// A request to find all barcodes of an image; made by [`Client::scan`].
///
/// An image is uploaded as a multipart form. One that is given by its URL is fetched by the service; that URL is then
/// part of the request's own URL, where proxies may log it.
///
/// A clone is the same request once more; one of a reader shares it, and a reader can be read once.
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct Scan {
    request: Request,
    options: CallOptions,
}

#[derive(Debug, Clone)]
struct Request {
    client: Client,
    image: ImageSource,
}

impl Scan {
    pub(crate) fn new(client: Client, image: ImageSource) -> Self {
        Self {
            request: Request { client, image },
            options: CallOptions::default(),
        }
    }

    call_setters!();

    /// Sends the request. The service bills it.
    ///
    /// The answer is empty where the picture holds no barcode.
    ///
    /// # Errors
    ///
    /// As [`Recognize::send`](crate::Recognize::send).
    pub async fn send(self) -> Result<Vec<Barcode>, Error> {
        let exchange = self.request.client.exchange();
        Ok(exchange.run(&self.options, &self.request).await?)
    }
}

impl Request {
    fn by_url(&self, url: &str) -> Result<reqwest::Request, Error> {
        let request = self.client.api().scan().file_url(url).request();
        request.map_err(response::unbuilt)
    }

    async fn by_multipart(&self, upload: &UploadOutcome) -> Result<reqwest::Request, Error> {
        let file = self.image.file_part(upload).await?;
        let request = self.client.api().scan_multipart().file(file).request();
        request.map_err(response::unbuilt)
    }
}

impl Operation for Request {
    type Output = Vec<Barcode>;

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
            ImageSource::Url(url) => image_source::validate_url(url, self.by_url(url)?.url()),
            image => image.validate(u64::MAX).await,
        }
    }

    async fn request(&self, attempt: &Attempt) -> Result<reqwest::Request, Error> {
        match &self.image {
            ImageSource::Url(url) => self.by_url(url),
            _ => self.by_multipart(&attempt.upload).await,
        }
    }

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Vec<Barcode>, Error> {
        let (response, body) = context.whole(response).await?;
        let found = match self.image {
            ImageSource::Url(_) => builder::Scan::receive(response).await,
            _ => builder::ScanMultipart::receive(response).await,
        };
        let trace_data = self.client.shared().trace_data;
        barcode::received(found, &body, &context.head, trace_data)
    }
}
