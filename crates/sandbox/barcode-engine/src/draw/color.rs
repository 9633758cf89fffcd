//! Colors.

use image::Rgba;

/// A color with its opacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    /// The amount of red.
    pub red: u8,
    /// The amount of green.
    pub green: u8,
    /// The amount of blue.
    pub blue: u8,
    /// The opacity: 0 is transparent, 255 is opaque.
    pub alpha: u8,
}

impl Color {
    /// Black.
    pub const BLACK: Self = Self::opaque(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self::opaque(255, 255, 255);

    /// Returns a color that is not transparent.
    pub const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, alpha: 255 }
    }

    pub(super) const fn rgba(self) -> Rgba<u8> {
        Rgba([self.red, self.green, self.blue, self.alpha])
    }
}
