//! Drawing a barcode: the request, the choice of its form, and the answer.

use std::future::{self, Future};
use std::path::Path;

use barcode_cloud_client::types::{BarcodeImageFormat, EncodeBarcodeType, GenerateParams};
use barcode_cloud_client::{self as api, operations};
use reqwest::Response;

use crate::exchange::response;
use crate::exchange::upload::Fate;
use crate::exchange::{self, Beside, CallOptions, Operation, Streaming};
use crate::image::ImageStream;
use crate::request::applicability;
use crate::request::form::call_setters;
use crate::save::NewFile;
use crate::{
    Client, Code128Options, Data, Error, Form, Image, Pdf417Options, QrOptions, RenderOptions,
};

/// Bytes of data up to which a request fits into a URL whatever stands beside it: escaped it may grow threefold, and
/// many servers and proxies end at 8 KiB.
const QUERY_LIMIT: usize = 1024;

/// A barcode to be drawn; made by [`Client::generate`].
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::{BarcodeImageFormat, Color, EncodeBarcodeType, RenderOptions, QrErrorLevel, QrOptions};
///
/// let ticket = client
///     .generate(EncodeBarcodeType::Qr, "TICKET-0042")
///     .format(BarcodeImageFormat::Svg)
///     .render(RenderOptions::new().foreground(Color::rgb(0, 0, 0x80)))
///     .qr(QrOptions::new().error_level(QrErrorLevel::LevelH))
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `send`"]
#[derive(Debug, Clone)]
pub struct Generate {
    client: Client,
    barcode_type: EncodeBarcodeType,
    data: Data,
    format: Option<BarcodeImageFormat>,
    image: Option<RenderOptions>,
    qr: Option<QrOptions>,
    code128: Option<Code128Options>,
    pdf417: Option<Pdf417Options>,
    form: Option<Form>,
    options: CallOptions,
}

impl Generate {
    pub(crate) fn new(client: Client, barcode_type: EncodeBarcodeType, data: Data) -> Self {
        Self {
            client,
            barcode_type,
            data,
            format: None,
            image: None,
            qr: None,
            code128: None,
            pdf417: None,
            form: None,
            options: CallOptions::default(),
        }
    }

    /// File format of the picture, whatever [`image`](Self::image) says. PNG unless set.
    pub fn format(mut self, format: BarcodeImageFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Size, colours, text and the like.
    pub fn render(mut self, image: impl Into<RenderOptions>) -> Self {
        self.image = Some(image.into());
        self
    }

    /// Options of `QR`, `GS1QR`, `MicroQR` and `RectMicroQR`; refused with any other type.
    pub fn qr(mut self, qr: impl Into<QrOptions>) -> Self {
        self.qr = Some(qr.into());
        self
    }

    /// Options of `Code128`; refused with any other type.
    pub fn code128(mut self, code128: impl Into<Code128Options>) -> Self {
        self.code128 = Some(code128.into());
        self
    }

    /// Options of `Pdf417`, `MacroPdf417`, `MicroPdf417` and `GS1MicroPdf417`; refused with any other type.
    pub fn pdf417(mut self, pdf417: impl Into<Pdf417Options>) -> Self {
        self.pdf417 = Some(pdf417.into());
        self
    }

    /// Forces a form. Unless set, short text goes by [`Form::Query`], long text and bytes by [`Form::Body`].
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    call_setters!();

    /// Sends the request; gives the whole picture. The service bills it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for empty data and for options that are out of bounds or mean nothing to the type;
    /// [`Error::Api`] where the service refuses (data that the type cannot hold, for one); whatever else a call may
    /// meet.
    pub async fn send(self) -> Result<Image, Error> {
        let (client, options, request) = self.prepared(Whole)?;
        exchange::run(&client, &options, &request).await
    }

    /// Sends the request; gives the picture as it comes, in constant memory. The service bills it.
    ///
    /// The stream is a request under way until it ends or is dropped: one that is kept and not read holds a turn up.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn stream(self) -> Result<ImageStream, Error> {
        let (client, options, request) = self.prepared(AsItComes)?;
        exchange::run(&client, &options, &request).await
    }

    /// Sends the request; writes the picture to `path` in constant memory, as [`ImageStream::save`] does; returns how
    /// many bytes it has. The service bills it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`Error::File`] with the path.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        // A place where no file can be made is told before the request is billed.
        drop(NewFile::create(path).await?);
        let (client, options, request) = self.prepared(ToFile(path))?;
        exchange::run(&client, &options, &request).await
    }

    /// The request with all it sends, checked; and what it is run with.
    fn prepared<R>(self, receive: R) -> Result<(Client, CallOptions, Request<R>), Error> {
        let form = self.form.unwrap_or(match &self.data {
            Data::Text(text) if text.len() <= QUERY_LIMIT => Form::Query,
            _ => Form::Body,
        });
        let mut image = self.image;
        if self.format.is_some() {
            image.get_or_insert_default().0.image_format = self.format;
        }
        let params = GenerateParams {
            barcode_type: self.barcode_type,
            encode_data: self.data.into_encode_data()?,
            barcode_image_params: image.map(|options| options.0),
            qr_params: self.qr.map(|options| options.0),
            code128_params: self.code128.map(|options| options.0),
            pdf417_params: self.pdf417.map(|options| options.0),
        };
        applicability::check(&params)?;
        let request = Request {
            form,
            params,
            receive,
            trace_data: self.client.shared().trace_data,
        };
        Ok((self.client, self.options, request))
    }
}

/// What becomes of the answer. What comes beside it is kept as long as it is received.
trait Receive: Sync {
    type Output;

    fn receive(
        &self,
        response: Response,
        beside: Beside<'_>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

struct Whole;

impl Receive for Whole {
    type Output = Image;

    fn receive(
        &self,
        response: Response,
        beside: Beside<'_>,
    ) -> impl Future<Output = Result<Image, Error>> + Send {
        Image::read(response, beside)
    }
}

struct AsItComes;

impl Receive for AsItComes {
    type Output = ImageStream;

    async fn receive(&self, response: Response, beside: Beside<'_>) -> Result<ImageStream, Error> {
        let picture = ImageStream::new(response, &beside).await?;
        Ok(picture.keeping(Streaming::new(beside.turn, beside.span.clone())))
    }
}

struct ToFile<'a>(&'a Path);

impl Receive for ToFile<'_> {
    type Output = u64;

    async fn receive(&self, response: Response, beside: Beside<'_>) -> Result<u64, Error> {
        let picture = ImageStream::new(response, &beside).await?;
        picture.save(self.0).await
    }
}

struct Request<R> {
    form: Form,
    params: GenerateParams,
    receive: R,
    trace_data: bool,
}

/// Hands every optional field of the four groups to the setter of the same name; the query and the multipart form
/// have the same ones.
macro_rules! with_options {
    ($request:expr, $params:expr) => {
        with_options!($request, $params;
            barcode_image_params: image_format text_location foreground_color background_color units resolution
                image_height image_width rotation_angle;
            qr_params: qr_encode_mode qr_error_level qr_version qr_eci_encoding qr_aspect_ratio micro_qr_version
                rect_micro_qr_version;
            code128_params: code128_encode_mode;
            pdf417_params: pdf417_encode_mode pdf417_error_level pdf417_truncate pdf417_columns pdf417_rows
                pdf417_aspect_ratio pdf417_eci_encoding pdf417_is_reader_initialization pdf417_macro_characters
                pdf417_is_linked pdf417_is_code128_emulation;
        )
    };
    ($request:expr, $params:expr; $($group:ident: $($field:ident)+;)+) => {{
        let mut request = $request;
        if let Some(data_type) = $params.encode_data.data_type {
            request = request.data_type(data_type);
        }
        $(
            if let Some(group) = &$params.$group {
                $(
                    if let Some(value) = group.$field.clone() {
                        request = request.$field(value);
                    }
                )+
            }
        )+
        request
    }};
}

impl<R> Request<R> {
    fn build(&self, api: &api::Client) -> Result<reqwest::Request, Error> {
        let params = &self.params;
        let data = params.encode_data.data.as_str();
        if self.trace_data {
            tracing::debug!(data, "generating");
        }
        let request = match self.form {
            Form::Body => api.generate_body().body(params.clone()).request(),
            Form::Query => {
                let request = api.generate().barcode_type(params.barcode_type).data(data);
                with_options!(request, params).request()
            }
            Form::Multipart => {
                let request = api
                    .generate_multipart()
                    .barcode_type(params.barcode_type)
                    .data(data);
                with_options!(request, params).request()
            }
        };
        request.map_err(response::unbuilt)
    }
}

impl<R: Receive> Operation for Request<R> {
    type Output = R::Output;

    fn name(&self) -> &'static api::Operation {
        match self.form {
            Form::Query => &operations::GENERATE,
            Form::Body => &operations::GENERATE_BODY,
            Form::Multipart => &operations::GENERATE_MULTIPART,
        }
    }

    fn request(
        &self,
        api: &api::Client,
        _: &Fate,
    ) -> impl Future<Output = Result<reqwest::Request, Error>> + Send {
        future::ready(self.build(api))
    }

    fn receive(
        &self,
        response: Response,
        beside: Beside<'_>,
    ) -> impl Future<Output = Result<R::Output, Error>> + Send {
        self.receive.receive(response, beside)
    }
}
