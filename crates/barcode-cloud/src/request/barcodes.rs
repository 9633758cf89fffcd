//! The result of reading barcodes.

use std::ops::Deref;
use std::{slice, vec};

use barcode_cloud_client::types::{BarcodeResponse, BarcodeResponseList};
use serde::{Deserialize, Serialize};

use super::Barcode;
use crate::exchange::ResponseMetadata;

/// The barcodes that were found in an image, in the order of the response.
///
/// It can be used like a slice, iterated, and constructed from barcodes in tests:
///
/// ```
/// use barcode_cloud::{Barcode, Barcodes, DecodeBarcodeType};
///
/// let barcodes = Barcodes::from_iter([Barcode::new(DecodeBarcodeType::Qr, "Hello")]);
/// assert_eq!(barcodes.len(), 1);
/// assert_eq!(barcodes[0].value, "Hello");
/// for barcode in &barcodes {
///     println!("{}: {}", barcode.barcode_type, barcode.value);
/// }
/// ```
///
/// It is serialized as a list of barcodes, without the metadata. Two results are equal if their
/// barcodes are.
#[doc(alias = "BarcodeResponseList")]
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Barcodes {
    barcodes: Vec<Barcode>,
    #[serde(skip)]
    metadata: ResponseMetadata,
}

impl Barcodes {
    /// Sets the metadata of the response.
    #[must_use]
    pub fn with_metadata(mut self, metadata: ResponseMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Returns the request id, the headers and other metadata of the response.
    pub fn metadata(&self) -> &ResponseMetadata {
        &self.metadata
    }

    /// Converts the result into a list.
    pub fn into_vec(self) -> Vec<Barcode> {
        self.barcodes
    }
}

impl Deref for Barcodes {
    type Target = [Barcode];

    fn deref(&self) -> &[Barcode] {
        &self.barcodes
    }
}

impl PartialEq for Barcodes {
    fn eq(&self, other: &Self) -> bool {
        self.barcodes == other.barcodes
    }
}

impl Eq for Barcodes {}

impl From<Vec<Barcode>> for Barcodes {
    fn from(barcodes: Vec<Barcode>) -> Self {
        Self { barcodes, metadata: ResponseMetadata::default() }
    }
}

/// Converts the result into the response of a typed mock:
///
/// ```
/// use barcode_cloud::api::types::BarcodeResponseList;
/// use barcode_cloud::{Barcode, Barcodes, DecodeBarcodeType};
///
/// let found = Barcodes::from_iter([Barcode::new(DecodeBarcodeType::Qr, "Hello")]);
/// let response = BarcodeResponseList::from(found);
/// assert_eq!(response.barcodes.unwrap()[0].barcode_value.as_deref(), Some("Hello"));
/// ```
impl From<Barcodes> for BarcodeResponseList {
    fn from(found: Barcodes) -> Self {
        let mut response = Self::new();
        response.barcodes = Some(found.into_iter().map(BarcodeResponse::from).collect());
        response
    }
}

impl FromIterator<Barcode> for Barcodes {
    fn from_iter<I: IntoIterator<Item = Barcode>>(barcodes: I) -> Self {
        Vec::from_iter(barcodes).into()
    }
}

impl IntoIterator for Barcodes {
    type Item = Barcode;
    type IntoIter = vec::IntoIter<Barcode>;

    fn into_iter(self) -> Self::IntoIter {
        self.barcodes.into_iter()
    }
}

impl<'a> IntoIterator for &'a Barcodes {
    type Item = &'a Barcode;
    type IntoIter = slice::Iter<'a, Barcode>;

    fn into_iter(self) -> Self::IntoIter {
        self.barcodes.iter()
    }
}
