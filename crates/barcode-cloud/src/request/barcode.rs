//! The barcodes that the service finds. Converts the nullable fields of a response into types that
//! are easier to use.

use std::fmt;
use std::str::FromStr as _;

use barcode_cloud_client::types::{
    ApiErrorResponse, BarcodeResponse, BarcodeResponseList, DecodeBarcodeType, RegionPoint,
};
use barcode_cloud_client::{self as api, ResponseValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Barcodes;
use crate::error::{Error, InvalidResponse, ResponseDefect};
use crate::exchange::{ResponseContext, response};

/// A barcode found in an image.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use std::path::Path;
/// use barcode_cloud::DecodeBarcodeType;
///
/// for barcode in client.scan(Path::new("label.png")).await? {
///     if barcode.barcode_type == DecodeBarcodeType::Qr {
///         let corner = barcode.region.first().map(|corner| (corner.x, corner.y));
///         println!("{} at {corner:?}", barcode.value);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// `Debug` shows the length of the value instead of the value, which may be personal.
#[doc(alias = "BarcodeResponse")]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Barcode {
    /// The decoded data. Empty if the service returns none.
    #[doc(alias = "barcodeValue")]
    pub value: String,
    /// The type of the barcode.
    #[serde(rename = "type")]
    pub barcode_type: BarcodeType,
    /// The corners of the barcode in the image, usually four, clockwise from the top left. Empty if
    /// the service returns none.
    #[serde(default)]
    pub region: Vec<Point>,
    /// The checksum, for types that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

impl Barcode {
    /// Creates a barcode without a region and a checksum, for example for a test.
    pub fn new(barcode_type: impl Into<BarcodeType>, value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            barcode_type: barcode_type.into(),
            region: Vec::new(),
            checksum: None,
        }
    }
}

/// The type of a barcode that was found. Types that the service adds later are supported as
/// [`Other`](Self::Other). It is serialized as its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
#[non_exhaustive]
pub enum BarcodeType {
    /// A type that the API document lists.
    Known(DecodeBarcodeType),
    /// The service's name of any other type. Empty if the service returns none.
    Other(String),
}

impl fmt::Debug for Barcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barcode")
            .field("barcode_type", &self.barcode_type)
            .field("value_chars", &self.value.chars().count())
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// A point in an image, in pixels from its top left corner.
#[doc(alias = "RegionPoint")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Point {
    /// The distance from the left edge.
    pub x: i32,
    /// The distance from the top edge.
    pub y: i32,
}

impl Point {
    /// Creates a point, for example for a test.
    pub fn new(x: i32, y: i32) -> Self {
        Self { x, y }
    }
}

impl From<String> for BarcodeType {
    fn from(name: String) -> Self {
        DecodeBarcodeType::from_str(&name).map_or(Self::Other(name), Self::Known)
    }
}

impl From<BarcodeType> for String {
    fn from(barcode_type: BarcodeType) -> Self {
        match barcode_type {
            BarcodeType::Known(known) => known.to_string(),
            BarcodeType::Other(name) => name,
        }
    }
}

impl fmt::Display for BarcodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(known) => known.fmt(f),
            Self::Other(name) => name.fmt(f),
        }
    }
}

impl PartialEq<DecodeBarcodeType> for BarcodeType {
    fn eq(&self, other: &DecodeBarcodeType) -> bool {
        matches!(self, Self::Known(known) if known == other)
    }
}

impl From<BarcodeResponse> for Barcode {
    fn from(found: BarcodeResponse) -> Self {
        let points = found.region.unwrap_or_default().into_iter();
        Self {
            value: found.barcode_value.unwrap_or_default(),
            barcode_type: found.type_.unwrap_or_default().into(),
            region: points
                .map(|point| Point {
                    x: point.x.unwrap_or_default(),
                    y: point.y.unwrap_or_default(),
                })
                .collect(),
            checksum: found.checksum,
        }
    }
}

impl From<Barcode> for BarcodeResponse {
    fn from(barcode: Barcode) -> Self {
        let points = barcode.region.into_iter().map(|point| {
            let mut corner = RegionPoint::new();
            (corner.x, corner.y) = (Some(point.x), Some(point.y));
            corner
        });
        let mut response = Self::new();
        response.barcode_value = Some(barcode.value);
        response.type_ = Some(barcode.barcode_type.into());
        response.region = Some(points.collect());
        response.checksum = barcode.checksum;
        response
    }
}

/// Converts a response, whose body is `body`, into barcodes. Traces their data if `trace_data` is
/// set.
///
/// The API document requires the member `barcodes`, which may be null. The generated client also
/// accepts objects without it, which may be any JSON. An empty list is therefore valid only if the
/// member is present.
pub(crate) fn received(
    response: Result<ResponseValue<BarcodeResponseList>, api::Error<ApiErrorResponse>>,
    body: &[u8],
    context: &ResponseContext<'_>,
    trace_data: bool,
) -> Result<Barcodes, Error> {
    let response = response.map_err(|error| response::unreadable(error, &context.head))?;
    let metadata = context.metadata(response.headers());
    let barcodes = response.into_inner().barcodes.unwrap_or_default();
    if barcodes.is_empty() && !has_barcodes_member(body) {
        let defect = ResponseDefect::NotJson;
        let error = InvalidResponse::new(defect, body).of(&context.head);
        return Err(error.because("the member `barcodes` is missing").into());
    }
    let barcodes: Barcodes = barcodes
        .into_iter()
        .map(Barcode::from)
        .inspect(|barcode| {
            if trace_data {
                tracing::debug!(data = barcode.value, barcode_type = %barcode.barcode_type, "found");
            }
        })
        .collect();
    Ok(barcodes.with_metadata(metadata))
}

/// Whether `body` is a JSON object with the member `barcodes`.
fn has_barcodes_member(body: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(body)
        .is_ok_and(|object| object.contains_key("barcodes"))
}

impl From<DecodeBarcodeType> for BarcodeType {
    fn from(known: DecodeBarcodeType) -> Self {
        Self::Known(known)
    }
}
