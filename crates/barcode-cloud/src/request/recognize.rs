//! Reading barcodes with settings: the request, the choice of its form, and the answer.

use barcode_cloud_client::types::{
    DecodeBarcodeType, RecognitionImageKind, RecognitionMode, RecognizeBase64Request,
};
use barcode_cloud_client::{self as api, builder, operations};
use reqwest::Response;

use crate::error::InvalidInput;
use crate::exchange::response;
use crate::exchange::upload::Fate;
use crate::exchange::{self, Beside, CallOptions, Operation};
use crate::request::barcode;
use crate::request::form::call_setters;
use crate::{Barcode, Client, Error, Form, ImageSource};

/// Bytes whose base64 has the most characters that the document allows, 28,730,982.
const MOST_IN_A_BODY: u64 = 28_730_982 / 4 * 3;

/// A picture whose barcodes are to be read; made by [`Client::recognize`].
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
    client: Client,
    form: Option<Form>,
    request: Request,
    options: CallOptions,
}

#[derive(Debug, Clone)]
struct Request {
    image: ImageSource,
    types: Vec<DecodeBarcodeType>,
    mode: Option<RecognitionMode>,
    image_kind: Option<RecognitionImageKind>,
    form: Form,
    trace_data: bool,
}

impl Recognize {
    pub(crate) fn new(client: Client, image: ImageSource) -> Self {
        let request = Request {
            image,
            types: Vec::new(),
            mode: None,
            image_kind: None,
            form: Form::Multipart,
            trace_data: client.shared().trace_data,
        };
        Self {
            client,
            form: None,
            request,
            options: CallOptions::default(),
        }
    }

    /// Looks for these types only. `MostCommonlyUsed` unless set.
    ///
    /// More than one need [`Form::Body`], the only one that takes several.
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

    /// Forces a form. Unless set, an address goes by [`Form::Query`], a picture by [`Form::Multipart`], or by
    /// [`Form::Body`] when several types are looked for.
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
    /// [`Error::File`] for a file that cannot be read, [`Error::InvalidInput`] for an empty or too large one,
    /// [`Error::Api`] where the service refuses (a file that is no picture, for one), and whatever else a call may
    /// meet.
    pub async fn send(self) -> Result<Vec<Barcode>, Error> {
        let mut request = self.request;
        if request.types.is_empty() {
            request.types.push(DecodeBarcodeType::MostCommonlyUsed);
        }
        request.form = self.form.unwrap_or(match request.types.len() {
            _ if request.image.is_url() => Form::Query,
            1 => Form::Multipart,
            _ => Form::Body,
        });
        exchange::run(&self.client, &self.options, &request).await
    }
}

impl Request {
    fn one_type(&self) -> Result<DecodeBarcodeType, InvalidInput> {
        match self.types.as_slice() {
            [one] => Ok(*one),
            types => Err(InvalidInput::new(
                "types",
                format!(
                    "{} types in a form that takes one; only an image sent as JSON body takes several",
                    types.len()
                ),
            )),
        }
    }

    async fn body(&self) -> Result<RecognizeBase64Request, Error> {
        Ok(RecognizeBase64Request {
            barcode_types: self.types.clone(),
            file_base64: self.image.base64(MOST_IN_A_BODY).await?,
            recognition_mode: self.mode,
            recognition_image_kind: self.image_kind,
        })
    }
}

/// Hands the settings to a builder of a form that takes one type; each form has the same setters.
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

impl Operation for Request {
    type Output = Vec<Barcode>;

    fn name(&self) -> &'static api::Operation {
        match self.form {
            Form::Query => &operations::RECOGNIZE,
            Form::Body => &operations::RECOGNIZE_BASE64,
            Form::Multipart => &operations::RECOGNIZE_MULTIPART,
        }
    }

    fn is_whole(&self) -> bool {
        self.image.is_whole()
    }

    async fn request(&self, api: &api::Client, fate: &Fate) -> Result<reqwest::Request, Error> {
        let request = match self.form {
            Form::Body => api.recognize_base64().body(self.body().await?).request(),
            Form::Query => {
                let request = with_settings!(api.recognize(), self);
                request.file_url(self.image.as_url()?).request()
            }
            Form::Multipart => {
                let request = with_settings!(api.recognize_multipart(), self);
                let file = self.image.file_part(fate).await?;
                request.file(file).request()
            }
        };
        request.map_err(response::unbuilt)
    }

    async fn receive(&self, response: Response, beside: Beside<'_>) -> Result<Vec<Barcode>, Error> {
        let (response, body) = beside.whole(response).await?;
        let answer = match self.form {
            Form::Query => builder::Recognize::receive(response).await,
            Form::Body => builder::RecognizeBase64::receive(response).await,
            Form::Multipart => builder::RecognizeMultipart::receive(response).await,
        };
        barcode::received(answer, &body, &beside.head, self.trace_data)
    }
}
