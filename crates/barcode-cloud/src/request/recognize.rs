//! Reading barcodes with settings: the request and what becomes of its response.

use barcode_cloud_client::types::{
    DecodeBarcodeType, RecognitionImageKind, RecognitionMode, RecognizeBase64Request,
};
use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use crate::error::InvalidInput;
use crate::exchange::response;
use crate::exchange::upload::UploadOutcome;
use crate::exchange::{Attempt, CallOptions, Operation, ResponseContext};
use crate::request::call_options::call_setters;
use crate::request::{barcode, image_source};
use crate::{Barcode, Client, Error, ImageSource};

/// Bytes whose base64 has the most characters that the document allows, 28,730,982.
const MOST_IN_A_BODY: u64 = 28_730_982 / 4 * 3;

/// A request to read the barcodes of an image; made by [`Client::recognize`].
///
/// An image is uploaded as a multipart form, or as base64 in a JSON body where several types are looked for. One that is
/// given by its URL is fetched by the service; that URL is then part of the request's own URL, where proxies may log it.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use std::path::Path;
/// use barcode_cloud::DecodeBarcodeType;
///
/// let found = client
///     .recognize(Path::new("label.png"))
///     .types([DecodeBarcodeType::Code128, DecodeBarcodeType::Qr])
///     .send()
///     .await?;
/// for barcode in found {
///     println!("{}: {}", barcode.barcode_type, barcode.value);
/// }
/// # Ok(())
/// # }
/// ```
///
/// A clone is the same request once more; one of a reader shares it, and a reader can be read once.
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct Recognize {
    request: Request,
    options: CallOptions,
}

#[derive(Debug, Clone)]
struct Request {
    client: Client,
    image: ImageSource,
    types: Vec<DecodeBarcodeType>,
    mode: Option<RecognitionMode>,
    image_kind: Option<RecognitionImageKind>,
}

impl Recognize {
    pub(crate) fn new(client: Client, image: ImageSource) -> Self {
        let request = Request {
            client,
            image,
            types: Vec::new(),
            mode: None,
            image_kind: None,
        };
        Self {
            request,
            options: CallOptions::default(),
        }
    }

    /// Looks for these types only; for `MostCommonlyUsed` unless set.
    ///
    /// The service takes several types only with an image in the request, at most 21,548,235 bytes of it. An image that
    /// is given by its URL, or is larger, can be searched for one type a request.
    pub fn types(mut self, types: impl IntoIterator<Item = DecodeBarcodeType>) -> Self {
        self.request.types = types.into_iter().collect();
        self
    }

    /// How hard to look, and how long that may take. The service's own choice unless set.
    pub fn mode(mut self, mode: RecognitionMode) -> Self {
        self.request.mode = Some(mode);
        self
    }

    /// What kind of picture it is. The service's own choice unless set.
    pub fn image_kind(mut self, kind: RecognitionImageKind) -> Self {
        self.request.image_kind = Some(kind);
        self
    }

    call_setters!();

    /// Sends the request. The service bills it.
    ///
    /// The answer is empty where the picture holds no barcode.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for a file that cannot be read, [`Error::InvalidInput`] for an empty or too large one,
    /// [`Error::Api`] where the service refuses (a file that is no picture, for one), and whatever else a call may
    /// meet.
    pub async fn send(self) -> Result<Vec<Barcode>, Error> {
        let mut request = self.request;
        if request.types.is_empty() {
            request.types.push(DecodeBarcodeType::MostCommonlyUsed);
        }
        let exchange = request.client.exchange();
        Ok(exchange.run(&self.options, &request).await?)
    }
}

/// Passes the settings to the builder of a form that takes one type; each has the same setters.
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

/// The three ways in which the service takes the request.
enum Form<'a> {
    /// The service fetches the image.
    Url(&'a str),
    /// The image is a part of a multipart form.
    Multipart,
    /// The image is base64 in a JSON body, the only form that takes several types.
    Json,
}

impl Request {
    fn form(&self) -> Form<'_> {
        match (&self.image, self.types.len()) {
            (ImageSource::Url(url), _) => Form::Url(url),
            (_, 1) => Form::Multipart,
            _ => Form::Json,
        }
    }

    fn one_type(&self) -> Result<DecodeBarcodeType, InvalidInput> {
        match self.types.as_slice() {
            [one] => Ok(*one),
            types => Err(InvalidInput::new(
                "types",
                format!(
                    "{} types cannot be looked for in an image that is given by its URL; send the image itself, or one \
                     request for each type",
                    types.len()
                ),
            )),
        }
    }

    fn by_url(&self, url: &str) -> Result<reqwest::Request, Error> {
        let api = self.client.api();
        let request = with_settings!(api.recognize(), self)
            .file_url(url)
            .request();
        request.map_err(response::unbuilt)
    }

    async fn by_multipart(&self, upload: &UploadOutcome) -> Result<reqwest::Request, Error> {
        let api = self.client.api();
        let request = with_settings!(api.recognize_multipart(), self);
        let request = request.file(self.image.file_part(upload).await?).request();
        request.map_err(response::unbuilt)
    }

    async fn by_json(&self) -> Result<reqwest::Request, Error> {
        let body = RecognizeBase64Request {
            barcode_types: self.types.clone(),
            file_base64: self.image.base64(MOST_IN_A_BODY).await?,
            recognition_mode: self.mode,
            recognition_image_kind: self.image_kind,
        };
        let request = self.client.api().recognize_base64().body(body).request();
        request.map_err(response::unbuilt)
    }
}

impl Operation for Request {
    type Output = Vec<Barcode>;

    fn operation(&self) -> &'static api::Operation {
        match self.form() {
            Form::Url(_) => &operations::RECOGNIZE,
            Form::Multipart => &operations::RECOGNIZE_MULTIPART,
            Form::Json => &operations::RECOGNIZE_BASE64,
        }
    }

    fn can_resend(&self) -> bool {
        self.image.can_resend()
    }

    async fn validate(&self) -> Result<(), Error> {
        match self.form() {
            Form::Url(url) => image_source::validate_url(url, self.by_url(url)?.url()),
            Form::Multipart => self.image.validate(u64::MAX).await,
            Form::Json => self.image.validate(MOST_IN_A_BODY).await,
        }
    }

    async fn request(&self, attempt: &Attempt) -> Result<reqwest::Request, Error> {
        match self.form() {
            Form::Url(url) => self.by_url(url),
            Form::Multipart => self.by_multipart(&attempt.upload).await,
            Form::Json => self.by_json().await,
        }
    }

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<Vec<Barcode>, Error> {
        let (response, body) = context.whole(response).await?;
        let found = match self.form() {
            Form::Url(_) => builder::Recognize::receive(response).await,
            Form::Multipart => builder::RecognizeMultipart::receive(response).await,
            Form::Json => builder::RecognizeBase64::receive(response).await,
        };
        let trace_data = self.client.shared().trace_data;
        barcode::received(found, &body, &context.head, trace_data)
    }
}
