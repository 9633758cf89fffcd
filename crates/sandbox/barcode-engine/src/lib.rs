#![doc = include_str!("../README.md")]

mod decode;
mod draw;
mod error;
mod read;
mod rotate;
mod symbology;
mod write;

pub use decode::decode;
pub use draw::{Color, ImageFormat, RenderOptions, TextLocation};
pub use error::Error;
pub use image::GrayImage;
pub use read::{Barcode, Budget, Effort, ReadOptions, read, read_image};
pub use symbology::{Family, MAX_LINEAR, Symbology, code39_parts};
pub use write::{CharacterSet, Symbol, WriteOptions, write};

#[cfg(test)]
mod tests;
