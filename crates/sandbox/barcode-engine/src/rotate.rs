//! Rotates images by any angle.

use image::imageops::interpolate_bilinear;
use image::{ImageBuffer, Pixel};

/// A clockwise rotation of an image, which is enlarged so that nothing is cut off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rotation {
    sin: f32,
    cos: f32,
    /// The size of the image before and after the rotation.
    before: (u32, u32),
    after: (u32, u32),
}

impl Rotation {
    /// The rotation of an image of this size.
    pub(crate) fn new((width, height): (u32, u32), degrees: i64) -> Self {
        let (sin, cos) = (degrees as f32).to_radians().sin_cos();
        let after = rotated_size(width.into(), height.into(), degrees);
        Self { sin, cos, before: (width, height), after: (after.0 as u32, after.1 as u32) }
    }

    /// Rotates an image of the size that was passed to [`new`](Self::new).
    pub(crate) fn apply<P: Pixel<Subpixel = u8>>(
        &self,
        image: &ImageBuffer<P, Vec<u8>>,
        background: P,
    ) -> ImageBuffer<P, Vec<u8>> {
        ImageBuffer::from_fn(self.after.0, self.after.1, |x, y| {
            let (x, y) = self.source(x as f32 + 0.5, y as f32 + 0.5);
            interpolate_bilinear(image, x - 0.5, y - 0.5).unwrap_or(background)
        })
    }

    /// Maps a point of the rotated image to the original one.
    pub(crate) fn source(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - self.after.0 as f32 / 2.0, y - self.after.1 as f32 / 2.0);
        let from_x = dx * self.cos + dy * self.sin + self.before.0 as f32 / 2.0;
        let from_y = dy * self.cos - dx * self.sin + self.before.1 as f32 / 2.0;
        (from_x, from_y)
    }
}

/// The width and height of a rotated image.
pub(crate) fn rotated_size(width: f64, height: f64, degrees: i64) -> (f64, f64) {
    let (sin, cos) = match degrees.rem_euclid(360) {
        0 | 180 => (0.0, 1.0),
        90 | 270 => (1.0, 0.0),
        degrees => (degrees as f64).to_radians().sin_cos(),
    };
    let size = |across: f64, down: f64| (width * across.abs() + height * down.abs()).ceil();
    (size(cos, sin), size(sin, cos))
}
