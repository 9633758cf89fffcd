//! The result of saving an image to a file.

use std::borrow::Cow;

use super::Image;
#[cfg(feature = "verify")]
use crate::error::PrintWarning;
use crate::exchange::ResponseMetadata;

/// An image that was written to a file by [`Generate::save`](crate::Generate::save) or one of the
/// other methods that send a request and save its image.
///
/// ```no_run
/// # async fn example(client: barcode_cloud::Client) -> Result<(), barcode_cloud::Error> {
/// use barcode_cloud::EncodeBarcodeType;
///
/// let saved = client.generate(EncodeBarcodeType::Qr, "Hello").save("hello.png").await?;
/// println!("hello.png is {} with {} bytes", saved.media_type(), saved.length());
/// println!("the id of the request is {:?}", saved.metadata().request_id());
/// # Ok(())
/// # }
/// ```
///
/// A test can convert an [`Image`] into one.
#[derive(Debug, Clone)]
pub struct SavedImage {
    pub(super) length: u64,
    pub(super) media_type: Cow<'static, str>,
    pub(super) metadata: ResponseMetadata,
    #[cfg(feature = "verify")]
    pub(super) warnings: Vec<PrintWarning>,
}

impl SavedImage {
    /// Returns the length of the file in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns the media type in the response, such as `image/png`.
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns the request id, the headers and other metadata of the response.
    pub fn metadata(&self) -> &ResponseMetadata {
        &self.metadata
    }

    /// Returns why the printer cannot print the image precisely, as [`Image::warnings`] does.
    /// Requires the feature `verify`.
    #[cfg(feature = "verify")]
    pub fn warnings(&self) -> &[PrintWarning] {
        &self.warnings
    }
}

impl From<Image> for SavedImage {
    fn from(image: Image) -> Self {
        Self {
            length: image.bytes.len() as u64,
            media_type: image.media_type,
            metadata: image.metadata,
            #[cfg(feature = "verify")]
            warnings: image.warnings,
        }
    }
}
