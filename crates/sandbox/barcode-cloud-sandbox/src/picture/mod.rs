//! Pictures: a symbol drawn, a drawing as a file, a file read.
//!
//! Knows nothing of HTTP, and of barcodes only the shape of a symbol.

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
