//! The nine operations, grouped by form. The facade chooses the most suitable form for each
//! request. The other forms are sent with the generated client, which `Client::api` returns.

use std::path::Path;

use anyhow::Context as _;
use barcode_cloud::api::types::{BarcodeResponseList, RecognizeBase64Request, ScanBase64Request};
use barcode_cloud::api::{ByteStream, ResponseValue};
use barcode_cloud::{
    Barcode, BarcodeImageFormat, Barcodes, Client, DecodeBarcodeType, EncodeBarcodeType,
    ImageSource,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::TryStreamExt as _;

/// How a request transmits its arguments.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// A GET request with all arguments in the URL.
    Query,
    /// A POST request with a JSON body; images are encoded as base64.
    Body,
    /// A POST request with a multipart form; images are sent unencoded.
    Multipart,
}

/// The locations from which an image can be read.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) url: &'a str,
}

impl Form {
    /// Returns the operation ids of this form: generate, recognize and scan.
    pub(super) fn operation_names(self) -> [&'static str; 3] {
        match self {
            Self::Query => ["generate", "recognize", "scan"],
            Self::Body => ["generate_body", "recognize_base64", "scan_base64"],
            Self::Multipart => ["generate_multipart", "recognize_multipart", "scan_multipart"],
        }
    }

    pub(super) async fn generate(
        self,
        client: &Client,
        barcode_type: EncodeBarcodeType,
        value: &str,
        format: BarcodeImageFormat,
    ) -> anyhow::Result<Vec<u8>> {
        let api = client.api();
        match self {
            Self::Query => {
                let request = api.generate().barcode_type(barcode_type).data(value);
                collect(request.image_format(format).send().await?).await
            }
            Self::Body => {
                let request = client.generate(barcode_type, value).format(format);
                Ok(request.send().await?.into_bytes().into())
            }
            Self::Multipart => {
                let request = api.generate_multipart().barcode_type(barcode_type);
                let request = request.data(value).image_format(format);
                collect(request.send().await?).await
            }
        }
    }

    pub(super) async fn recognize(
        self,
        client: &Client,
        image: &Source<'_>,
        barcode_type: DecodeBarcodeType,
    ) -> anyhow::Result<Barcodes> {
        let image = match self {
            Self::Query => ImageSource::url(image.url),
            Self::Multipart => image.path.into(),
            Self::Body => {
                let image = base64(image.path).await?;
                let body = RecognizeBase64Request::new(vec![barcode_type], image);
                let request = client.api().recognize_base64().body(body);
                return Ok(barcodes(request.send().await?));
            }
        };
        Ok(client.recognize(image).types([barcode_type]).send().await?)
    }

    pub(super) async fn scan(
        self,
        client: &Client,
        image: &Source<'_>,
    ) -> anyhow::Result<Barcodes> {
        let image = match self {
            Self::Query => ImageSource::url(image.url),
            Self::Multipart => image.path.into(),
            Self::Body => {
                let body = ScanBase64Request::new(base64(image.path).await?);
                let request = client.api().scan_base64().body(body);
                return Ok(barcodes(request.send().await?));
            }
        };
        Ok(client.scan(image).send().await?)
    }
}

async fn collect(response: ResponseValue<ByteStream>) -> anyhow::Result<Vec<u8>> {
    let chunks: Vec<_> = response.into_inner_stream().try_collect().await?;
    Ok(chunks.concat())
}

async fn base64(path: &Path) -> anyhow::Result<String> {
    let bytes = tokio::fs::read(path).await;
    Ok(STANDARD.encode(bytes.with_context(|| format!("cannot read {}", path.display()))?))
}

fn barcodes(response: ResponseValue<BarcodeResponseList>) -> Barcodes {
    let found = response.into_inner().barcodes.unwrap_or_default();
    found.into_iter().map(Barcode::from).collect()
}
