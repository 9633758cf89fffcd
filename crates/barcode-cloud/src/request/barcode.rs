//! A barcode that the service found: the answer's nullable fields as types that are easy to use.

use std::fmt;
use std::str::FromStr as _;

use barcode_cloud_client::types::{
    ApiErrorResponse, BarcodeResponse, BarcodeResponseList, DecodeBarcodeType,
};
use barcode_cloud_client::{self as api, ResponseValue};
use serde_json::{Map, Value};

use crate::Error;
use crate::error::{Fault, Head, InvalidResponse};
use crate::exchange::response;

/// A barcode found in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Barcode {
    /// What it says; empty where the service gives none.
    pub value: String,
    /// What it is.
    pub barcode_type: BarcodeType,
    /// Where it is: pixels, clockwise from the top left, usually four. Empty where the service gives none.
    pub region: Vec<Point>,
    /// Its checksum, for types that have one.
    pub checksum: Option<String>,
}

/// The type of a found barcode. Open: a type that the service learns later is still read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BarcodeType {
    /// One that the document lists.
    Known(DecodeBarcodeType),
    /// Any other, as the service names it; empty where it gives none.
    Other(String),
}

/// A place in a picture, in pixels from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

impl BarcodeType {
    fn new(name: String) -> Self {
        DecodeBarcodeType::from_str(&name).map_or(Self::Other(name), Self::Known)
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
            barcode_type: BarcodeType::new(found.type_.unwrap_or_default()),
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

/// The barcodes of an answer, which came as `body`; what they say goes into a trace where that is asked for.
///
/// The document requires `barcodes`, and lets it be null. The generated client reads an answer without it too, whatever
/// that is: one that finds nothing has to say so.
pub(crate) fn received(
    answer: Result<ResponseValue<BarcodeResponseList>, api::Error<ApiErrorResponse>>,
    body: &[u8],
    head: &Head,
    trace_data: bool,
) -> Result<Vec<Barcode>, Error> {
    let answer = answer.map_err(|error| response::unread(error, head))?;
    let found = answer.into_inner().barcodes.unwrap_or_default();
    if found.is_empty() && !says_barcodes(body) {
        let fault = Fault::NoJson;
        return Err(InvalidResponse::new(fault, body).of(head).into());
    }
    let found = found.into_iter();
    let found = found
        .map(Barcode::from)
        .inspect(|barcode| {
            if trace_data {
                tracing::debug!(data = barcode.value, barcode_type = %barcode.barcode_type, "found");
            }
        })
        .collect();
    Ok(found)
}

/// Whether this is an object with the member `barcodes`.
fn says_barcodes(body: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(body)
        .is_ok_and(|object| object.contains_key("barcodes"))
}

impl From<DecodeBarcodeType> for BarcodeType {
    fn from(known: DecodeBarcodeType) -> Self {
        Self::Known(known)
    }
}
