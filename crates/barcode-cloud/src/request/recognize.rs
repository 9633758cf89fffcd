//! The request to recognize barcodes with settings, and the handling of its response.

use std::sync::Arc;

use barcode_cloud_client::types::{
    DecodeBarcodeType, RecognitionImageKind, RecognitionMode, RecognizeBase64Request,
};
use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use super::call_options::{awaitable, call_setters};
use super::{Barcodes, ImageSource, barcode, image_source};
use crate::error::{Error, InvalidInput};
use crate::exchange::upload::UploadOutcome;
use crate::exchange::{CallOptions, Operation, ResponseContext, Shared, response};

/// The maximum size in bytes of an image that is sent as base64. The API document limits the base64
/// text to 28,730,982 characters.
const MAX_BASE64_IMAGE: u64 = 28_730_982 / 4 * 3;

/// A request to recognize the barcodes of an image, returned by
/// [`Client::recognize`](crate::Client::recognize).
///
/// - An image is uploaded as a multipart form, or as base64 in a JSON body if several barcode types
///   are requested.
/// - An image URL is sent as part of the request's URL, which proxies may log. The service fetches
///   the image.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use std::path::Path;
/// use barcode_cloud::DecodeBarcodeType;
///
/// let barcodes = client
///     .recognize(Path::new("label.png"))
///     .types([DecodeBarcodeType::Code128, DecodeBarcodeType::Qr])
///     .send()
///     .await?;
/// for barcode in barcodes {
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
pub struct Recognize {
    request: RecognizeOperation,
    options: CallOptions,
}

#[derive(Debug, Clone)]
struct RecognizeOperation {
    shared: Arc<Shared>,
    image: ImageSource,
    types: Vec<DecodeBarcodeType>,
    mode: Option<RecognitionMode>,
    image_kind: Option<RecognitionImageKind>,
}

impl Recognize {
    pub(crate) fn new(shared: Arc<Shared>, image: ImageSource) -> Self {
        let request =
            RecognizeOperation { shared, image, types: Vec::new(), mode: None, image_kind: None };
        Self { request, options: CallOptions::default() }
    }

    /// Sets the barcode types to look for. `MostCommonlyUsed` by default.
    ///
    /// Several types are supported only for an image that is not a URL and has at most
    /// 21,548,235 bytes. For an image URL or a larger image, send one request for each type.
    pub fn types(mut self, types: impl IntoIterator<Item = DecodeBarcodeType>) -> Self {
        self.request.types = types.into_iter().collect();
        self
    }

    /// Sets how thoroughly the service looks for barcodes. More thorough modes take longer. By
    /// default the service chooses.
    pub fn mode(mut self, mode: RecognitionMode) -> Self {
        self.request.mode = Some(mode);
        self
    }

    /// Sets the kind of image, such as a photo or a scanned document. By default the service
    /// chooses.
    pub fn image_kind(mut self, kind: RecognitionImageKind) -> Self {
        self.request.image_kind = Some(kind);
        self
    }

    call_setters!();

    /// Sends the request and returns the barcodes found. The service bills the request.
    ///
    /// The result is empty if the image contains no barcode.
    ///
    /// # Errors
    ///
    /// - [`Error::File`] if the file cannot be read;
    /// - [`Error::InvalidInput`] if the image is empty or too large, or if several types are
    ///   requested for an image URL;
    /// - [`Error::Api`] if the service rejects the request, for example because the file is not an
    ///   image;
    /// - any other error of a call: see [`Error`].
    pub async fn send(self) -> Result<Barcodes, Error> {
        let mut request = self.request;
        if request.types.is_empty() {
            request.types.push(DecodeBarcodeType::MostCommonlyUsed);
        }
        Ok(request.shared.exchange.run(&self.options, &request).await?)
    }
}

awaitable!(Recognize => Barcodes);

/// Passes the settings to the builder of an operation that takes one barcode type. These builders
/// have the same setters.
macro_rules! with_settings {
    ($builder:expr, $request:expr) => {{
        let mut builder = $builder.barcode_type($request.one_type()?);
        if let Some(mode) = $request.mode {
            builder = builder.recognition_mode(mode);
        }
        if let Some(kind) = $request.image_kind {
            builder = builder.recognition_image_kind(kind);
        }
        builder
    }};
}

/// The operation that sends the request.
enum Variant<'a> {
    /// The service fetches the image.
    Url(&'a str),
    /// The image is a part of a multipart form.
    Multipart,
    /// The image is base64 in a JSON body. Only this operation takes several barcode types.
    Json,
}

impl RecognizeOperation {
    fn variant(&self) -> Variant<'_> {
        match (&self.image, self.types.len()) {
            (ImageSource::Url(url), _) => Variant::Url(url),
            (_, 1) => Variant::Multipart,
            _ => Variant::Json,
        }
    }

    fn one_type(&self) -> Result<DecodeBarcodeType, InvalidInput> {
        match self.types.as_slice() {
            [one] => Ok(*one),
            types => Err(InvalidInput::new(
                "types",
                format!(
                    "has {} types, but an image URL supports one type per request; send the image itself, or one \
                     request for each type",
                    types.len()
                ),
            )),
        }
    }

    fn url_request(&self, url: &str) -> Result<reqwest::Request, Error> {
        let api = &self.shared.api;
        let request = with_settings!(api.recognize(), self).file_url(url).request();
        request.map_err(response::request_error)
    }

    async fn multipart_request(&self, upload: &UploadOutcome) -> Result<reqwest::Request, Error> {
        let api = &self.shared.api;
        let request = with_settings!(api.recognize_multipart(), self);
        let request = request.file(self.image.file_part(upload).await?).request();
        request.map_err(response::request_error)
    }

    async fn json_request(&self) -> Result<reqwest::Request, Error> {
        let image = self.image.base64(MAX_BASE64_IMAGE).await?;
        let mut body = RecognizeBase64Request::new(self.types.clone(), image);
        body.recognition_mode = self.mode;
        body.recognition_image_kind = self.image_kind;
        let request = self.shared.api.recognize_base64().body(body).request();
        request.map_err(response::request_error)
    }
}

impl Operation for RecognizeOperation {
    type Output = Barcodes;

    fn operation(&self) -> &'static api::Operation {
        match self.variant() {
            Variant::Url(_) => &operations::RECOGNIZE,
            Variant::Multipart => &operations::RECOGNIZE_MULTIPART,
            Variant::Json => &operations::RECOGNIZE_BASE64,
        }
    }

    fn can_resend(&self) -> bool {
        self.image.can_resend()
    }

    async fn validate(&self) -> Result<(), Error> {
        match self.variant() {
            Variant::Url(url) => image_source::validate_url(url, self.url_request(url)?.url()),
            Variant::Multipart => self.image.validate(u64::MAX).await,
            Variant::Json => self.image.validate(MAX_BASE64_IMAGE).await,
        }
    }

    async fn request(&self, upload: &UploadOutcome) -> Result<reqwest::Request, Error> {
        match self.variant() {
            Variant::Url(url) => self.url_request(url),
            Variant::Multipart => self.multipart_request(upload).await,
            Variant::Json => self.json_request().await,
        }
    }

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Barcodes, Error> {
        let (response, body) = context.whole(response).await?;
        let barcodes = match self.variant() {
            Variant::Url(_) => builder::Recognize::receive(response).await,
            Variant::Multipart => builder::RecognizeMultipart::receive(response).await,
            Variant::Json => builder::RecognizeBase64::receive(response).await,
        };
        let trace_data = self.shared.trace_data;
        barcode::received(barcodes, &body, &context, trace_data)
    }
}
