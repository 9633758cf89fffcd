//! An image in black and white.

use image::GrayImage;
use rxing::common::HybridBinarizer;
use rxing::{BinaryBitmap, Luma8Source};

/// An image, and the same in black and white, which is computed once for all readers.
pub(super) struct Page<'a> {
    pub(super) image: &'a GrayImage,
    /// `None` if the image is empty.
    pub(super) bitmap: Option<BinaryBitmap<HybridBinarizer<Luma8Source<'a>>>>,
}

impl<'a> Page<'a> {
    pub(super) fn new(image: &'a GrayImage) -> Self {
        let (width, height) = image.dimensions();
        let source = Luma8Source::new_with_slice(image.as_raw(), width, height).ok();
        let bitmap = source.map(|source| BinaryBitmap::new(HybridBinarizer::new(source)));
        Self { image, bitmap }
    }
}
