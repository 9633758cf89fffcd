//! Reading barcodes without settings: the request, the choice of its form, and the answer.

use barcode_cloud_client as api;
use barcode_cloud_client::types::{BarcodeResponseList, ScanBase64Request};

use crate::call::{self, Operation, Sent};
use crate::{Barcode, Client, Error, Form, Image, barcode};

/// A picture to be scanned; made by [`Client::scan`].
#[must_use = "nothing is sent before `send`"]
#[derive(Debug)]
pub struct Scan<'a> {
    client: &'a Client,
    form: Option<Form>,
    image: Image,
}

#[derive(Debug)]
struct Request {
    image: Image,
    form: Form,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(client: &'a Client, image: Image) -> Self {
        Self {
            client,
            form: None,
            image,
        }
    }

    /// Forces a form. Unless set, an address goes by [`Form::Query`] and a picture by [`Form::Multipart`].
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

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
        };
        let answer = call::run(self.client.shared(), &request).await?;
        Ok(barcode::from_list(answer.into_inner()))
    }
}

impl Operation for Request {
    type Answer = BarcodeResponseList;

    async fn attempt(&self, api: &api::Client) -> Result<Sent<BarcodeResponseList>, Error> {
        Ok(match self.form {
            Form::Query => api.scan().file_url(self.image.as_url()?).send().await,
            Form::Multipart => {
                api.scan_multipart()
                    .file(self.image.file_part().await?)
                    .send()
                    .await
            }
            Form::Body => {
                let file_base64 = self.image.base64().await?;
                api.scan_base64()
                    .body(ScanBase64Request { file_base64 })
                    .send()
                    .await
            }
        })
    }
}
