//! Generating a barcode: the request and what becomes of its response.

use std::future::{self, Future};
use std::path::Path;

use barcode_cloud_client::types::{BarcodeImageFormat, EncodeBarcodeType, GenerateParams};
use barcode_cloud_client::{self as api, operations};
use reqwest::Response;

use crate::error::InvalidInput;
use crate::exchange::response;
use crate::exchange::{Attempt, CallOptions, Operation, ResponseContext, Streaming};
use crate::image::ImageStream;
use crate::request::applicability;
use crate::request::call_options::call_setters;
use crate::save::NewFile;
use crate::{Client, Code128Options, Data, Error, Image, Pdf417Options, QrOptions, RenderOptions};

/// A request to generate a barcode; made by [`Client::generate`].
///
/// It is sent as a JSON body, so that no URL, and therefore no proxy's log, holds the barcode's data.
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
        Ok(client.exchange().run(&options, &request).await?)
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
        Ok(client.exchange().run(&options, &request).await?)
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
        Ok(client.exchange().run(&options, &request).await?)
    }

    /// The validated request, and what it is run with.
    fn prepared<R>(self, receive: R) -> Result<(Client, CallOptions, Request<R>), Error> {
        let mut render = self.image;
        if self.format.is_some() {
            render.get_or_insert_default().0.image_format = self.format;
        }
        let params = GenerateParams {
            barcode_type: self.barcode_type,
            encode_data: self.data.into_encode_data()?,
            barcode_image_params: render.map(|options| options.0),
            qr_params: self.qr.map(|options| options.0),
            code128_params: self.code128.map(|options| options.0),
            pdf417_params: self.pdf417.map(|options| options.0),
        };
        applicability::check(&params)?;
        let trace_data = self.client.shared().trace_data;
        let traced_data = trace_data.then(|| params.encode_data.data.clone());
        let request = self.client.api().generate_body().body(params).request();
        let request = Request {
            http: request.map_err(response::unbuilt)?,
            receive,
            traced_data,
        };
        Ok((self.client, self.options, request))
    }
}

/// How the response is received.
trait Receive: Sync {
    type Output;

    fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

struct Whole;

impl Receive for Whole {
    type Output = Image;

    fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> impl Future<Output = Result<Image, Error>> + Send {
        Image::read(response, context)
    }
}

struct AsItComes;

impl Receive for AsItComes {
    type Output = ImageStream;

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<ImageStream, Error> {
        let picture = ImageStream::new(response, &context).await?;
        Ok(picture.keeping(Streaming::new(context.permit, context.span.clone())))
    }
}

struct ToFile<'a>(&'a Path);

impl Receive for ToFile<'_> {
    type Output = u64;

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<u64, Error> {
        let picture = ImageStream::new(response, &context).await?;
        picture.save(self.0).await
    }
}

struct Request<R> {
    /// Each attempt sends a clone, which shares the body.
    http: reqwest::Request,
    receive: R,
    /// The barcode's data, if the client's settings allow to trace it.
    traced_data: Option<String>,
}

impl<R: Receive> Operation for Request<R> {
    type Output = R::Output;

    fn operation(&self) -> &'static api::Operation {
        &operations::GENERATE_BODY
    }

    fn request(&self, _: &Attempt) -> impl Future<Output = Result<reqwest::Request, Error>> + Send {
        if let Some(data) = &self.traced_data {
            tracing::debug!(data, "generating");
        }
        let clone = self.http.try_clone();
        future::ready(clone.ok_or_else(|| {
            // Only a streamed body cannot be cloned, and JSON is not streamed.
            InvalidInput::new("request", "its body cannot be sent more than once").into()
        }))
    }

    fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> impl Future<Output = Result<R::Output, Error>> + Send {
        self.receive.receive(response, context)
    }
}
