//! The request to generate a barcode, and the handling of its response.

use std::future::{self, Future};
use std::path::Path;
use std::sync::Arc;

use barcode_cloud_client::types::{
    ApiErrorResponse, BarcodeImageFormat, EncodeBarcodeType, GenerateParams,
};
use barcode_cloud_client::{self as api, operations};
use reqwest::Response;

#[cfg(feature = "image-cache")]
use super::cached;
use super::call_options::{awaitable, call_setters};
use super::{Code128Options, Data, Pdf417Options, QrOptions, RenderOptions};
use super::{applicability, options};
use crate::error::{Error, InvalidInput};
use crate::exchange::upload::UploadOutcome;
use crate::exchange::{CallOptions, Operation, ResponseContext, Shared, Streaming, response};
use crate::image::save;
use crate::image::{Image, ImageStream, SavedImage};

/// A request to generate a barcode, returned by
/// [`Client::generate`](crate::Client::generate).
///
/// The barcode's data is sent in a JSON body and not in the URL, so proxies do not log it.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::{BarcodeImageFormat, Color, EncodeBarcodeType, QrErrorLevel, QrOptions};
/// use barcode_cloud::RenderOptions;
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
    shared: Arc<Shared>,
    pub(super) barcode_type: EncodeBarcodeType,
    pub(super) data: Data,
    pub(super) format: Option<BarcodeImageFormat>,
    pub(super) render: Option<RenderOptions>,
    pub(super) qr: Option<QrOptions>,
    pub(super) code128: Option<Code128Options>,
    pub(super) pdf417: Option<Pdf417Options>,
    unchecked: bool,
    #[cfg(feature = "image-cache")]
    skip_cache: bool,
    options: CallOptions,
}

impl Generate {
    pub(crate) fn new(shared: Arc<Shared>, barcode_type: EncodeBarcodeType, data: Data) -> Self {
        Self {
            shared,
            barcode_type,
            data,
            format: None,
            render: None,
            qr: None,
            code128: None,
            pdf417: None,
            unchecked: false,
            #[cfg(feature = "image-cache")]
            skip_cache: false,
            options: CallOptions::default(),
        }
    }

    /// Sets the file format of the image. It overrides the format in [`render`](Self::render). PNG
    /// by default.
    pub fn format(mut self, format: BarcodeImageFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the options for all barcode types, such as size, colors and text.
    pub fn render(mut self, options: impl Into<RenderOptions>) -> Self {
        self.render = Some(options.into());
        self
    }

    /// Sets the options of `QR`, `GS1QR`, `MicroQR` and `RectMicroQR`. They are rejected with any
    /// other type.
    pub fn qr(mut self, qr: impl Into<QrOptions>) -> Self {
        self.qr = Some(qr.into());
        self
    }

    /// Sets the options of `Code128`. They are rejected with any other type.
    pub fn code128(mut self, code128: impl Into<Code128Options>) -> Self {
        self.code128 = Some(code128.into());
        self
    }

    /// Sets the options of `Pdf417`, `MacroPdf417`, `MicroPdf417` and `GS1MicroPdf417`. They are
    /// rejected with any other type.
    pub fn pdf417(mut self, pdf417: impl Into<Pdf417Options>) -> Self {
        self.pdf417 = Some(pdf417.into());
        self
    }

    /// Sends the data without checking that the barcode type can hold it.
    ///
    /// The service silently drops characters that a type cannot hold, and corrects check digits, so
    /// the barcode may not contain the given data.
    pub fn unchecked(mut self) -> Self {
        self.unchecked = true;
        self
    }

    /// Generates the image even if the client's
    /// [image cache](crate::ClientBuilder::image_cache) has it, and does not store it. Requires the
    /// feature `image-cache`.
    #[cfg(feature = "image-cache")]
    pub fn skip_cache(mut self) -> Self {
        self.skip_cache = true;
        self
    }

    /// Checks the request as [`send`](Self::send) does before it sends anything: whether the
    /// barcode type can hold the data, whether the options apply to the type, and whether they are
    /// within their bounds.
    ///
    /// ```
    /// # fn example(client: barcode_cloud::Client) {
    /// use barcode_cloud::{EncodeBarcodeType, Error};
    ///
    /// let label = client.generate(EncodeBarcodeType::Ean13, "4006381333932");
    /// let Err(Error::InvalidInput(error)) = label.check() else {
    ///     panic!("the check digit is wrong");
    /// };
    /// let violation = error.violation().unwrap();
    /// assert_eq!(violation.expected_check_digit(), Some("1"));
    /// # }
    /// ```
    ///
    /// Text is checked by the rules in [`rules`](crate::rules). Bytes and hexadecimal digits are
    /// not.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] with the name of the setter, and, for data that the type cannot
    /// hold, the [violation](InvalidInput::violation).
    pub fn check(&self) -> Result<(), Error> {
        self.clone().prepare(Whole).map(drop)
    }

    call_setters!();

    /// Sends the request and returns the whole image. The service bills the request.
    ///
    /// # Errors
    ///
    /// - [`Error::InvalidInput`] if the barcode type cannot hold the data, or if an option is out
    ///   of bounds or does not apply to the type: see [`check`](Self::check);
    /// - [`Error::Api`] if the service rejects the request, for example because the type cannot
    ///   encode the data;
    /// - any other error of a call: see [`Error`].
    pub async fn send(self) -> Result<Image, Error> {
        #[cfg(feature = "image-cache")]
        let skip_cache = self.skip_cache;
        let (shared, options, request) = self.prepare(Whole)?;
        #[cfg(feature = "image-cache")]
        if let Some(cache) = shared.images.as_ref().filter(|_| !skip_cache) {
            // Boxed so that it does not enlarge the future of every call.
            return Box::pin(cached::send(&shared, cache, options, request)).await;
        }
        Ok(shared.exchange.run(&options, &request).await?)
    }

    /// Sends the request and returns the image as a stream, which needs constant memory. The
    /// service bills the request.
    ///
    /// The request is in flight until the stream ends or is dropped. A stream that is kept but not
    /// read therefore holds a [`concurrency`](crate::ClientBuilder::concurrency) permit.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use barcode_cloud::EncodeBarcodeType;
    /// use futures_util::TryStreamExt as _;
    /// use tokio::io::AsyncWriteExt as _;
    ///
    /// let mut socket = tokio::net::TcpStream::connect("printer.example.com:9100").await?;
    /// let mut image = client.generate(EncodeBarcodeType::Qr, "Hello").stream().await?;
    /// while let Some(chunk) = image.try_next().await? {
    ///     socket.write_all(&chunk).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send).
    pub async fn stream(self) -> Result<ImageStream, Error> {
        let (shared, options, request) = self.prepare(Streamed)?;
        Ok(shared.exchange.run(&options, &request).await?)
    }

    /// Sends the request and writes the image to `path` in constant memory. The service bills the
    /// request.
    ///
    /// The file is written as [`ImageStream::save`] does. If no file can be created at `path`, no
    /// request is sent.
    ///
    /// ```no_run
    /// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
    /// use barcode_cloud::EncodeBarcodeType;
    ///
    /// let saved = client.generate(EncodeBarcodeType::Qr, "Hello").save("hello.png").await?;
    /// println!("hello.png has {} bytes", saved.length());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The errors of [`send`](Self::send), and [`Error::File`] if the file cannot be written.
    pub async fn save(self, path: impl AsRef<Path>) -> Result<SavedImage, Error> {
        let path = path.as_ref();
        save::check(path).await?;
        let (shared, options, request) = self.prepare(ToFile(path))?;
        Ok(shared.exchange.run(&options, &request).await?)
    }

    /// Validates the request. Returns it with the shared state and the options that it is sent
    /// with.
    fn prepare<R>(
        self,
        receive: R,
    ) -> Result<(Arc<Shared>, CallOptions, GenerateOperation<R>), Error> {
        let mut render = self.render;
        if self.format.is_some() {
            render.get_or_insert_default().0.image_format = self.format;
        }
        let encode_data = self.data.into_encode_data()?;
        let is_text = encode_data.data_type.is_none();
        if is_text && !self.unchecked {
            barcode_rules::check(self.barcode_type.as_str(), &encode_data.data)
                .map_err(InvalidInput::violation_of_data)?;
        }
        let mut params = GenerateParams::new(self.barcode_type, encode_data);
        params.barcode_image_params = render.map(|options| options.0);
        params.qr_params = self.qr.map(|options| options.0);
        params.code128_params = self.code128.map(|options| options.0);
        params.pdf417_params = self.pdf417.map(|options| options.0);
        applicability::check(&params)?;
        let trace_data = self.shared.trace_data;
        let traced_data = trace_data.then(|| params.encode_data.data.clone());
        let request = self.shared.api.generate_body().body(params).request();
        let request =
            GenerateOperation { http: request.map_err(named_after_setter)?, receive, traced_data };
        Ok((self.shared, self.options, request))
    }
}

awaitable!(Generate => Image);

/// Converts an error of the generated client, which names parameters as the document does.
fn named_after_setter(error: api::Error<ApiErrorResponse>) -> Error {
    match response::request_error(error) {
        Error::InvalidInput(error) => match options::setter(error.field()) {
            Some(setter) => error.named(setter).into(),
            None => error.into(),
        },
        error => error,
    }
}

/// How the response is received.
pub(super) trait Receive: Sync {
    type Output;

    fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

pub(super) struct Whole;

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

struct Streamed;

impl Receive for Streamed {
    type Output = ImageStream;

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<ImageStream, Error> {
        let image = ImageStream::new(response, &context).await?;
        Ok(image.with_streaming(Streaming::new(context.permit, context.span.clone())))
    }
}

struct ToFile<'a>(&'a Path);

impl Receive for ToFile<'_> {
    type Output = SavedImage;

    async fn receive(
        &self,
        response: Response,
        context: ResponseContext<'_>,
    ) -> Result<SavedImage, Error> {
        let image = ImageStream::new(response, &context).await?;
        image.save(self.0).await
    }
}

pub(super) struct GenerateOperation<R> {
    /// Each attempt sends a clone, which shares the body.
    http: reqwest::Request,
    receive: R,
    /// The barcode's data, if the client's settings allow tracing it.
    traced_data: Option<String>,
}

impl<R> GenerateOperation<R> {
    /// The request that each attempt sends.
    #[cfg(feature = "image-cache")]
    pub(super) fn http(&self) -> &reqwest::Request {
        &self.http
    }
}

impl<R: Receive> Operation for GenerateOperation<R> {
    type Output = R::Output;

    fn operation(&self) -> &'static api::Operation {
        &operations::GENERATE_BODY
    }

    fn request(
        &self,
        _: &UploadOutcome,
    ) -> impl Future<Output = Result<reqwest::Request, Error>> + Send {
        if let Some(data) = &self.traced_data {
            tracing::debug!(data, "generating");
        }
        let clone = self.http.try_clone();
        future::ready(clone.ok_or_else(|| {
            // Unreachable: only a streamed body cannot be cloned, and a JSON body is not streamed.
            InvalidInput::new("request", "has a body that cannot be sent more than once").into()
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
