//! Pictures: draws symbols, encodes drawings as files, and decodes files.
//!
//! This module knows nothing about HTTP, and only the shape of a barcode symbol.

mod color;
mod decode;
mod encode;
mod font;
mod png;
mod render;
mod svg;

pub(crate) use color::Color;
pub(crate) use decode::decode;
pub(crate) use encode::{Format, encode};
#[cfg(test)]
pub(crate) use render::Line;
pub(crate) use render::{Layout, LayoutError, RenderOptions, TextLocation};

#[cfg(test)]
pub(crate) use font::draw as draw_text;
