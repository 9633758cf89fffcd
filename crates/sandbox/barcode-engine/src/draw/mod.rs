//! Draws symbols, and encodes the drawings as image files.

mod color;
mod encode;
mod font;
mod goods;
mod layout;
mod svg;

pub use color::Color;
pub use encode::ImageFormat;
#[cfg(test)]
pub(crate) use font::{Line, draw as draw_text};

use crate::{Error, Symbol};
use layout::Layout;

/// The appearance of a symbol.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// The color of the bars and the text.
    pub foreground: Color,
    /// The color behind them.
    pub background: Color,
    /// The resolution in dots per inch. Without a size, it determines the size in pixels.
    pub resolution: f64,
    /// The width of the image before it is rotated, in pixels.
    pub width: Option<f64>,
    /// The height of the image before it is rotated, in pixels.
    pub height: Option<f64>,
    /// The rotation in degrees, clockwise.
    pub rotation: i64,
    /// Where the text is printed. By default, below linear symbols only.
    pub text: Option<TextLocation>,
    /// The ratio of the height of a module to its width in symbols that are not linear. By default,
    /// [`Symbology::module_ratio`](crate::Symbology::module_ratio).
    pub module_ratio: Option<f64>,
}

impl Default for RenderOptions {
    /// Black on white, at 96 dots per inch.
    fn default() -> Self {
        Self {
            foreground: Color::BLACK,
            background: Color::WHITE,
            resolution: 96.0,
            width: None,
            height: None,
            rotation: 0,
            text: None,
            module_ratio: None,
        }
    }
}

/// Where the text of a symbol is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLocation {
    /// Below the symbol.
    Below,
    /// Above the symbol.
    Above,
    /// Nowhere.
    None,
}

impl Symbol {
    /// Draws the symbol and encodes the drawing as a file.
    ///
    /// # Errors
    ///
    /// - [`Error::Width`] or [`Error::Height`] if the symbol does not fit into the requested size.
    /// - [`Error::Size`] if the image would have more than 30,000 pixels on a side or 25 million in
    ///   total.
    /// - [`Error::Encode`] if the file could not be written, which is a fault of the encoder.
    pub fn render(&self, format: ImageFormat, options: &RenderOptions) -> Result<Vec<u8>, Error> {
        let layout = Layout::new(self, options)?;
        match format {
            ImageFormat::Svg => Ok(layout.svg().into_bytes()),
            format => encode::encode(&layout.draw(), format, options.resolution)
                .map_err(|error| Error::Encode(error.to_string())),
        }
    }

    /// Draws the symbol in shades of gray.
    #[cfg(test)]
    pub(crate) fn draw_gray(&self, options: &RenderOptions) -> image::GrayImage {
        let drawing = Layout::new(self, options).unwrap().draw();
        image::DynamicImage::from(drawing).into_luma8()
    }
}
