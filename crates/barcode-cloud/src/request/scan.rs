//! Reading barcodes without settings: the request and what becomes of its response.

use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use crate::exchange::response;
use crate::exchange::upload::Fate;
use crate::exchange::{self, Beside, CallOptions, Operation};
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
    client: Client,
    image: ImageSource,
    options: CallOptions,
}

#[derive(Debug)]
struct Request {
    image: ImageSource,
    trace_data: bool,
}

impl Scan {
    pub(crate) fn new(client: Client, image: ImageSource) -> Self {
        Self {
            client,
            image,
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
        let request = Request {
            image: self.image,
            trace_data: self.client.shared().trace_data,
        };
        exchange::run(&self.client, &self.options, &request).await
    }
}

impl Operation for Request {
    type Output = Vec<Barcode>;

    fn name(&self) -> &'static api::Operation {
        match self.image {
            ImageSource::Url(_) => &operations::SCAN,
            _ => &operations::SCAN_MULTIPART,
        }
    }

    fn is_whole(&self) -> bool {
        self.image.is_whole()
    }

    async fn validate(&self, api: &api::Client) -> Result<(), Error> {
        match &self.image {
            ImageSource::Url(url) => image_source::validate_url(url, by_url(api, url)?.url()),
            image => image.validate(u64::MAX).await,
        }
    }

    async fn request(&self, api: &api::Client, fate: &Fate) -> Result<reqwest::Request, Error> {
        match &self.image {
            ImageSource::Url(url) => by_url(api, url),
            image => {
                let file = image.file_part(fate).await?;
                let request = api.scan_multipart().file(file).request();
                request.map_err(response::unbuilt)
            }
        }
    }

    async fn receive(&self, response: Response, beside: Beside<'_>) -> Result<Vec<Barcode>, Error> {
        let (response, body) = beside.whole(response).await?;
        let answer = match self.image {
            ImageSource::Url(_) => builder::Scan::receive(response).await,
            _ => builder::ScanMultipart::receive(response).await,
        };
        barcode::received(answer, &body, &beside.head, self.trace_data)
    }
}

fn by_url(api: &api::Client, url: &str) -> Result<reqwest::Request, Error> {
    let request = api.scan().file_url(url).request();
    request.map_err(response::unbuilt)
}
