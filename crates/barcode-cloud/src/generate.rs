//! Drawing a barcode: the request, the choice of its form, and the answer.

use barcode_cloud_client as api;
use barcode_cloud_client::ByteStream;
use barcode_cloud_client::types::{
    BarcodeImageFormat, BarcodeImageParams, Code128Params, EncodeBarcodeType, GenerateParams,
    Pdf417Params, QrParams,
};

use crate::call::{self, Operation, Sent};
use crate::{Client, Data, Error, Form, Picture};

/// Bytes of data up to which a request fits into a URL whatever stands beside it: escaped it may grow threefold, and
/// many servers and proxies end at 8 KiB.
const QUERY_LIMIT: usize = 1024;

/// A barcode to be drawn; made by [`Client::generate`].
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::{BarcodeImageFormat, EncodeBarcodeType};
///
/// let svg = client
///     .generate(EncodeBarcodeType::Code128, "PARCEL-0042")
///     .format(BarcodeImageFormat::Svg)
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `send`"]
#[derive(Debug)]
pub struct Generate<'a> {
    client: &'a Client,
    barcode_type: EncodeBarcodeType,
    data: Data,
    image: Option<BarcodeImageParams>,
    qr: Option<QrParams>,
    code128: Option<Code128Params>,
    pdf417: Option<Pdf417Params>,
    form: Option<Form>,
}

impl<'a> Generate<'a> {
    pub(crate) fn new(client: &'a Client, barcode_type: EncodeBarcodeType, data: Data) -> Self {
        Self {
            client,
            barcode_type,
            data,
            image: None,
            qr: None,
            code128: None,
            pdf417: None,
            form: None,
        }
    }

    /// File format of the picture. PNG unless set.
    pub fn format(mut self, format: BarcodeImageFormat) -> Self {
        self.image.get_or_insert_default().image_format = Some(format);
        self
    }

    /// Size, colours, text and the like. Replaces what [`format`](Self::format) set.
    pub fn image(mut self, image: BarcodeImageParams) -> Self {
        self.image = Some(image);
        self
    }

    /// Settings for `QR`, `GS1QR`, `MicroQR` and `RectMicroQR`.
    pub fn qr(mut self, qr: QrParams) -> Self {
        self.qr = Some(qr);
        self
    }

    /// Settings for `Code128`.
    pub fn code128(mut self, code128: Code128Params) -> Self {
        self.code128 = Some(code128);
        self
    }

    /// Settings for `Pdf417`, `MacroPdf417`, `MicroPdf417` and `GS1MicroPdf417`.
    pub fn pdf417(mut self, pdf417: Pdf417Params) -> Self {
        self.pdf417 = Some(pdf417);
        self
    }

    /// Forces a form. Unless set, short text goes by [`Form::Query`], long text and bytes by [`Form::Body`].
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Sends the request. The service bills it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for empty data, [`Error::Api`] where the service refuses (data that the type cannot
    /// hold, for one), and whatever else a call may meet.
    pub async fn send(self) -> Result<Picture, Error> {
        let form = self.form.unwrap_or(match &self.data {
            Data::Text(text) if text.len() <= QUERY_LIMIT => Form::Query,
            _ => Form::Body,
        });
        let params = GenerateParams {
            barcode_type: self.barcode_type,
            encode_data: self.data.into_encode_data()?,
            barcode_image_params: self.image,
            qr_params: self.qr,
            code128_params: self.code128,
            pdf417_params: self.pdf417,
        };
        let answer = call::run(self.client.shared(), &Request { form, params }).await?;
        Picture::read(answer).await
    }
}

struct Request {
    form: Form,
    params: GenerateParams,
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

impl Operation for Request {
    type Answer = ByteStream;

    async fn attempt(&self, api: &api::Client) -> Result<Sent<ByteStream>, Error> {
        let params = &self.params;
        let data = params.encode_data.data.as_str();
        Ok(match self.form {
            Form::Body => api.generate_body().body(params.clone()).send().await,
            Form::Query => {
                let request = api.generate().barcode_type(params.barcode_type).data(data);
                with_options!(request, params).send().await
            }
            Form::Multipart => {
                let request = api
                    .generate_multipart()
                    .barcode_type(params.barcode_type)
                    .data(data);
                with_options!(request, params).send().await
            }
        })
    }
}
