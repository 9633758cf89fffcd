//! A generated image that does not contain the requested data.

use std::fmt;

use super::OneLine;
use crate::image::Image;

/// A generated image that does not contain the requested data, or that cannot be read.
///
/// Neither `Display` nor `Debug` shows the data, which may be personal.
pub struct VerificationError {
    mismatch: Mismatch,
    expected: String,
    image: Image,
}

/// The result of reading an image that does not contain the expected barcode.
pub(crate) enum Mismatch {
    /// The image contains another barcode.
    Different(FoundBarcode),
    /// The image contains no barcode.
    NothingFound,
    /// The search did not end in time.
    TimedOut,
    /// The file could not be decoded.
    Unreadable(String),
}

/// A barcode in an image.
pub(crate) struct FoundBarcode {
    pub(crate) type_name: &'static str,
    pub(crate) value: String,
}

impl VerificationError {
    pub(crate) fn new(mismatch: Mismatch, expected: String, image: Image) -> Self {
        Self {
            mismatch,
            expected,
            image,
        }
    }

    /// Returns the value that the barcode should have, in the form in which it is read: for example
    /// with its check digit.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Returns the value of the barcode in the image, or `None` if no barcode was found.
    pub fn found(&self) -> Option<&str> {
        self.found_barcode().map(|found| &*found.value)
    }

    /// Returns the type of the barcode in the image, or `None` if no barcode was found.
    ///
    /// Types that share a symbol cannot be told apart: an ISBN, for example, may be found as
    /// `EAN13`.
    pub fn found_type(&self) -> Option<&str> {
        self.found_barcode().map(|found| found.type_name)
    }

    /// Returns the image, which the service has billed.
    pub fn image(&self) -> &Image {
        &self.image
    }

    fn found_barcode(&self) -> Option<&FoundBarcode> {
        match &self.mismatch {
            Mismatch::Different(found) => Some(found),
            _ => None,
        }
    }
}

impl fmt::Display for VerificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mismatch {
            Mismatch::Different(found) => write!(
                f,
                "the generated image contains another barcode than requested, of type {}; do not use it, and compare \
                 `expected()` with `found()`",
                found.type_name
            )?,
            Mismatch::NothingFound => f.write_str(
                "no barcode can be read in the generated image; do not use it, and check its size and colours",
            )?,
            Mismatch::TimedOut => f.write_str(
                "the generated image could not be read in time; request a smaller image, or check it yourself",
            )?,
            Mismatch::Unreadable(reason) => write!(
                f,
                "the generated image cannot be decoded ({}); do not use it, and request PNG",
                OneLine(reason)
            )?,
        }
        match self.image.metadata().request_id() {
            Some(id) => write!(f, " [request {}]", OneLine(id)),
            None => Ok(()),
        }
    }
}

/// Shows the message instead of the data, which may be personal.
impl fmt::Debug for VerificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationError")
            .field("message", &self.to_string())
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for VerificationError {}
