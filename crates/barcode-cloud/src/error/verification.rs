//! A generated image that does not contain the requested data, or that cannot be printed precisely.

use std::fmt;

use bytes::Bytes;
use reqwest::StatusCode;

use super::{OneLine, PrintWarning, ResponseHead};

/// A generated image that does not contain the requested data. With
/// [`strict`](crate::VerifiedGenerate::strict), also one that cannot be printed precisely.
///
/// Neither `Display` nor `Debug` shows the data, which may be personal.
pub struct VerificationError {
    mismatch: Mismatch,
    expected: String,
    image: Bytes,
    head: ResponseHead,
}

/// The difference between an image and its request.
pub(crate) enum Mismatch {
    /// The image contains another barcode.
    Different(FoundBarcode),
    /// The image contains no barcode.
    NothingFound,
    /// The search did not end in time.
    TimedOut,
    /// The file could not be decoded.
    Unreadable(String),
    /// The image contains the barcode, but cannot be printed precisely.
    Unprintable(Vec<PrintWarning>),
}

/// A barcode in an image.
pub(crate) struct FoundBarcode {
    pub(crate) type_name: &'static str,
    pub(crate) value: String,
}

impl VerificationError {
    pub(crate) fn new(
        mismatch: Mismatch,
        expected: String,
        image: Bytes,
        head: ResponseHead,
    ) -> Self {
        Self { mismatch, expected, image, head }
    }

    /// Returns the value that the barcode should have, in the form in which it is read: for example
    /// with its check digit.
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Returns the value of a different barcode in the image, or `None` if no other was found.
    pub fn found(&self) -> Option<&str> {
        self.found_barcode().map(|found| &*found.value)
    }

    /// Returns the type of a different barcode in the image, or `None` if no other was found.
    ///
    /// Types that share a symbol cannot be distinguished: an ISBN, for example, may be found
    /// as `EAN13`.
    pub fn found_type(&self) -> Option<&str> {
        self.found_barcode().map(|found| found.type_name)
    }

    /// Returns why the image cannot be printed precisely. It then contains the requested data.
    pub fn warnings(&self) -> &[PrintWarning] {
        match &self.mismatch {
            Mismatch::Unprintable(warnings) => warnings,
            _ => &[],
        }
    }

    /// Returns the contents of the image file, which the service has billed.
    pub fn image(&self) -> &Bytes {
        &self.image
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> Option<StatusCode> {
        self.head.status
    }

    /// Returns the id of the request, which support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        self.head.request_id()
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
                "no barcode can be read in the generated image; do not use it, and check its size and colors",
            )?,
            Mismatch::TimedOut => f.write_str(
                "the generated image could not be read in time; request a smaller image, or check it yourself",
            )?,
            Mismatch::Unreadable(reason) => write!(
                f,
                "the generated image cannot be decoded ({}); do not use it, and request PNG",
                OneLine(reason)
            )?,
            Mismatch::Unprintable(warnings) => {
                for (index, warning) in warnings.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{warning}")?;
                }
            }
        }
        match self.request_id() {
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
            .field("image", &self.image.len())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for VerificationError {}
