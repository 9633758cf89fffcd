//! Parses colors as the service does: names of CSS and .NET, or `#` or `0x` and hexadecimal digits
//! with the alpha value first.

use barcode_engine::Color;

/// Parses a color as [`parse`] does, optionally in single quotes: `'Black'`.
///
/// The vendor's Node client sends its defaults in this form, and the service accepts them.
pub(super) fn parse_quoted(text: &str) -> Option<Color> {
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    parse(inner.unwrap_or(text))
}

/// Parses a color: `Green`, `#0f0`, `#00FF00`, `#FF00FF00` (alpha first), `0x00FF00` or
/// `Transparent`.
///
/// The service seems to accept unknown names too. Which color it then uses is unknown, so this
/// returns `None`.
pub(super) fn parse(text: &str) -> Option<Color> {
    let text = text.trim().to_ascii_lowercase();
    if let Some(digits) = text.strip_prefix('#').or_else(|| text.strip_prefix("0x")) {
        return from_digits(digits);
    }
    if text == "transparent" {
        // As in .NET: white without opacity.
        return Some(Color { alpha: 0, ..Color::WHITE });
    }
    // The parser also accepts functions such as `rgb()`, which the service does not.
    if !text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let [red, green, blue, _] = csscolorparser::parse(&text).ok()?.to_rgba8();
    Some(Color::opaque(red, green, blue))
}

fn from_digits(digits: &str) -> Option<Color> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [alpha, red, green, blue] = number.to_be_bytes();
    match digits.len() {
        // Each digit counts twice: `#f80` is `#ff8800`.
        3 => Some(Color::opaque(green * 17, (blue >> 4) * 17, (blue & 15) * 17)),
        6 => Some(Color::opaque(red, green, blue)),
        8 => Some(Color { red, green, blue, alpha }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_color_is_parsed() {
        for (text, rgba) in [
            ("Green", [0, 128, 0, 255]),
            ("aliceBLUE", [240, 248, 255, 255]),
            ("#FF5733", [255, 87, 51, 255]),
            ("#f83", [255, 136, 51, 255]),
            ("0xffe", [255, 255, 238, 255]),
            ("0x001100", [0, 17, 0, 255]),
            ("#80FF0000", [255, 0, 0, 128]),
            ("Transparent", [255, 255, 255, 0]),
        ] {
            let color = parse(text).unwrap();
            assert_eq!([color.red, color.green, color.blue, color.alpha], rgba, "{text}");
        }
    }

    #[test]
    fn an_invalid_color_is_rejected() {
        for text in
            ["", "#", "#12", "#12345", "#+12", "#zzz", "Grün", "0x", "rgb(1,2,3)", "#123456789"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
