//! Writes a drawing as SVG, with the bars as one path and the text as text.

use std::fmt::Write;

use super::layout::Layout;
use super::{Color, font};
use crate::rotate::rotated_size;

impl Layout<'_> {
    /// The rotated drawing. Its unit is the pixel of the other formats.
    pub(super) fn svg(&self) -> String {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let degrees = self.options.rotation.rem_euclid(360);
        let (w, h) = rotated_size(width, height, degrees);
        let background = fill(self.options.background);
        let foreground = fill(self.options.foreground);
        let mut path = String::new();
        for [left, top, width, height] in &self.bars {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{left} {top}h{width}v{height}h-{width}z");
        }
        let lines = self.text.iter().map(|line| {
            format!(
                concat!(
                    r#"<text x="{}" y="{}" font-size="{}" text-anchor="middle" "#,
                    r#"font-family="DejaVu Sans, Verdana, Arial, sans-serif" {}>{}</text>"#
                ),
                line.middle,
                line.baseline,
                line.size,
                foreground,
                escape(line.text),
            )
        });
        let text: String = lines.collect();
        let (x, y, back_x, back_y) = (w / 2.0, h / 2.0, -width / 2.0, -height / 2.0);
        [
            format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" "#),
            format!(r#"viewBox="0 0 {w} {h}"><rect width="{w}" height="{h}" {background}/>"#),
            format!(r#"<g transform="translate({x} {y}) rotate({degrees}) "#),
            format!(r#"translate({back_x} {back_y})">"#),
            format!(r#"<path d="{path}" {foreground} shape-rendering="crispEdges"/>"#),
            format!("{text}</g></svg>\n"),
        ]
        .concat()
    }
}

fn fill(color: Color) -> String {
    let Color { red, green, blue, alpha } = color;
    let opacity = f32::from(alpha) / 255.0;
    format!(r##"fill="#{red:02x}{green:02x}{blue:02x}" fill-opacity="{opacity}""##)
}

/// Escapes a text for XML, which does not allow control characters and two others.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in font::printable(text) {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            letter => escaped.push(letter),
        }
    }
    escaped
}
