//! Reading barcodes without settings: the request, the choice of its form, and the answer.

use barcode_cloud_client::types::ScanBase64Request;
use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use crate::exchange::response;
use crate::exchange::upload::Fate;
use crate::exchange::{self, Beside, CallOptions, Operation};
use crate::request::barcode;
use crate::request::form::call_setters;
use crate::{Barcode, Client, Error, Form, ImageSource};

/// A picture to be scanned; made by [`Client::scan`].
///
/// A clone is the same request once more; one of a reader shares it, and a reader can be read once.
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct Scan {
    client: Client,
    form: Option<Form>,
    image: ImageSource,
    options: CallOptions,
}

#[derive(Debug)]
struct Request {
    image: ImageSource,
    form: Form,
    trace_data: bool,
}

impl Scan {
    pub(crate) fn new(client: Client, image: ImageSource) -> Self {
        Self {
            client,
            form: None,
            image,
            options: CallOptions::default(),
        }
    }

    /// Forces a form. Unless set, an address goes by [`Form::Query`] and a picture by [`Form::Multipart`].
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
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
        let fits = if self.image.is_url() {
            Form::Query
        } else {
            Form::Multipart
        };
        let request = Request {
            form: self.form.unwrap_or(fits),
            image: self.image,
            trace_data: self.client.shared().trace_data,
        };
        exchange::run(&self.client, &self.options, &request).await
    }
}

impl Operation for Request {
    type Output = Vec<Barcode>;

    fn name(&self) -> &'static api::Operation {
        match self.form {
            Form::Query => &operations::SCAN,
            Form::Body => &operations::SCAN_BASE64,
            Form::Multipart => &operations::SCAN_MULTIPART,
        }
    }

    fn is_whole(&self) -> bool {
        self.image.is_whole()
    }

    async fn request(&self, api: &api::Client, fate: &Fate) -> Result<reqwest::Request, Error> {
        let request = match self.form {
            Form::Query => api.scan().file_url(self.image.as_url()?).request(),
            Form::Multipart => {
                let file = self.image.file_part(fate).await?;
                api.scan_multipart().file(file).request()
            }
            Form::Body => {
                // The document bounds no picture here.
                let file_base64 = self.image.base64(u64::MAX).await?;
                let body = ScanBase64Request { file_base64 };
                api.scan_base64().body(body).request()
            }
        };
        request.map_err(response::unbuilt)
    }

    async fn receive(&self, response: Response, beside: Beside<'_>) -> Result<Vec<Barcode>, Error> {
        let (response, body) = beside.whole(response).await?;
        let answer = match self.form {
            Form::Query => builder::Scan::receive(response).await,
            Form::Body => builder::ScanBase64::receive(response).await,
            Form::Multipart => builder::ScanMultipart::receive(response).await,
        };
        barcode::received(answer, &body, &beside.head, self.trace_data)
    }
}
