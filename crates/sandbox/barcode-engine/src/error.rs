/// An error of writing, drawing or reading a barcode. Its message is a sentence for the user who
/// supplied the data, the size or the image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The symbology cannot encode the data. The message says which data it supports.
    #[error("{0}")]
    Data(String),
    /// The requested width is too small for the symbol.
    #[error("The barcode does not fit into this width.")]
    Width,
    /// The requested height is too small for the symbol.
    #[error("The barcode does not fit into this height.")]
    Height,
    /// The image would be too large to draw.
    #[error("The image has more than 30000 pixels on a side or 25 million in total.")]
    Size,
    /// The image file cannot be decoded, or is too large.
    #[error("{0}")]
    Image(String),
    /// The drawing could not be encoded as a file.
    #[error("The image could not be encoded: {0}.")]
    Encode(String),
}
