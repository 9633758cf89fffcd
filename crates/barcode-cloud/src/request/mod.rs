//! The requests of the client, their arguments, and the barcodes that recognition returns.

mod applicability;
pub(crate) mod barcode;
mod barcodes;
#[cfg(feature = "image-cache")]
mod cached;
mod call_options;
mod color;
mod data;
mod generate;
mod image_source;
mod options;
#[cfg(feature = "verify")]
mod print;
mod recognize;
mod scan;
mod spool;
#[cfg(feature = "verify")]
mod verified;

pub use self::barcode::{Barcode, BarcodeType, Point};
pub use self::barcodes::Barcodes;
pub use self::color::Color;
pub use self::data::Data;
pub use self::generate::Generate;
pub use self::image_source::{ImageSource, Reader};
pub use self::options::{Code128Options, Pdf417Options, QrOptions, RenderOptions};
pub use self::recognize::Recognize;
pub use self::scan::Scan;
pub use self::spool::Spool;
#[cfg(feature = "verify")]
pub use self::verified::VerifiedGenerate;
