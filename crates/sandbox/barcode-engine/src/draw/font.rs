//! The font: DejaVu Sans, which its crate contains, so that no font has to be installed.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, ScaleFont, point};

/// A line of text: the middle of its baseline, and the size of its letters.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) middle: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
}

/// The font. If the crate contained an invalid one, this would be `None` and no text would be
/// drawn.
static FONT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(dejavu::sans::regular()).ok());

/// `size`, or the smaller one at which `text` is no wider than `width`.
pub(crate) fn fitting_size(text: &str, size: f32, width: f32) -> f32 {
    let natural = FONT.as_ref().map_or(0.0, |font| advance(font, text, size));
    if natural > width { size * width / natural } else { size }
}

/// Calls `pixel` for each pixel of a line of text, with the share of it that the letters cover.
pub(crate) fn draw(line: &Line<'_>, mut pixel: impl FnMut(u32, u32, f32)) {
    let Some(font) = FONT.as_ref() else { return };
    let scaled = font.as_scaled(line.size);
    let mut x = line.middle - advance(font, line.text, line.size) / 2.0;
    for letter in printable(line.text) {
        let id = scaled.glyph_id(letter);
        let glyph = id.with_scale_and_position(line.size, point(x, line.baseline));
        x += scaled.h_advance(id);
        let Some(outline) = font.outline_glyph(glyph) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        outline.draw(|dx, dy, coverage| {
            let (x, y) = (corner.x + dx as f32, corner.y + dy as f32);
            if x >= 0.0 && y >= 0.0 {
                pixel(x as u32, y as u32, coverage);
            }
        });
    }
}

fn advance(font: &FontRef<'_>, text: &str, size: f32) -> f32 {
    let scaled = font.as_scaled(size);
    printable(text).map(|letter| scaled.h_advance(scaled.glyph_id(letter))).sum()
}

/// The text with a space instead of each control character, which cannot be drawn.
pub(crate) fn printable(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter })
}
