//! Colours: parses the notations that people use, and formats the one that the service accepts.
//! Names are sent as numbers, because the service seems to silently ignore unknown names.

use std::fmt;
use std::str::FromStr;

use crate::error::InvalidInput;

/// A colour with an opacity, for [`RenderOptions`](crate::RenderOptions).
///
/// It can be parsed from
///
/// - the names of CSS and .NET in any case, including `Transparent`;
/// - `#RGB`, `#RRGGBB` and `#AARRGGBB` (alpha first), with `#` or `0x`.
///
/// ```
/// use barcode_cloud::Color;
///
/// let orange: Color = "#FF5733".parse()?;
/// assert_eq!(orange, Color::rgb(0xff, 0x57, 0x33));
/// assert_eq!("Green".parse::<Color>()?.to_string(), "#008000");
/// assert_eq!("0x80ffffff".parse::<Color>()?, Color::argb(0x80, 0xff, 0xff, 0xff));
/// # Ok::<(), barcode_cloud::InvalidInput>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color {
    alpha: u8,
    red: u8,
    green: u8,
    blue: u8,
}

impl Color {
    /// Black.
    pub const BLACK: Self = Self::rgb(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self::rgb(255, 255, 255);
    /// Transparent white, the value of `Transparent` in .NET.
    pub const TRANSPARENT: Self = Self::argb(0, 255, 255, 255);

    /// Creates an opaque colour.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self::argb(255, red, green, blue)
    }

    /// Creates a colour with an opacity from 0 (transparent) to 255 (opaque).
    pub const fn argb(alpha: u8, red: u8, green: u8, blue: u8) -> Self {
        Self {
            alpha,
            red,
            green,
            blue,
        }
    }

    fn from_digits(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [alpha, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        match digits.len() {
            // Each digit is doubled: `#f80` is `#ff8800`.
            3 => Some(Self::rgb(green * 17, (blue >> 4) * 17, (blue & 15) * 17)),
            6 => Some(Self::rgb(red, green, blue)),
            8 => Some(Self::argb(alpha, red, green, blue)),
            _ => None,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("transparent") {
            return Some(Self::TRANSPARENT);
        }
        // The parser also accepts digits without `#`, and functions such as `rgb()`.
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let [red, green, blue, _] = csscolorparser::parse(name)
            .ok()
            .filter(|_| is_name)?
            .to_rgba8();
        Some(Self::rgb(red, green, blue))
    }
}

impl FromStr for Color {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let text = text.trim();
        let digits = text
            .strip_prefix('#')
            .or_else(|| text.strip_prefix("0x"))
            .or_else(|| text.strip_prefix("0X"));
        digits
            .map_or_else(|| Self::from_name(text), Self::from_digits)
            .ok_or_else(|| {
                let text: String = text.chars().take(40).collect();
                InvalidInput::new(
                    "color",
                    format!(
                        "`{}` is not a colour; use a name such as `Green`, #RRGGBB, or #AARRGGBB with alpha first",
                        text.escape_debug()
                    ),
                )
            })
    }
}

/// Formats the colour as the service accepts it: `#RRGGBB`, or `#AARRGGBB` if it is not opaque.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        if self.alpha != 255 {
            write!(f, "{:02X}", self.alpha)?;
        }
        write!(f, "{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Color;

    #[test]
    fn names_and_digits_are_parsed_in_any_case() {
        for (text, formatted) in [
            ("Green", "#008000"),
            ("rebeccapurple", "#663399"),
            ("TRANSPARENT", "#00FFFFFF"),
            (" #f80 ", "#FF8800"),
            ("0xffe", "#FFFFEE"),
            ("0X001100", "#001100"),
            ("#FFff5733", "#FF5733"),
        ] {
            let color: Color = text.parse().unwrap();
            assert_eq!(color.to_string(), formatted, "{text}");
        }
    }

    #[test]
    fn the_error_for_an_invalid_colour_names_the_valid_notations() {
        for text in [
            "",
            "#",
            "#12",
            "#12345",
            "0x",
            "gren",
            "fff",
            "decade",
            "rgb(1,2,3)",
            "#+12345",
            "grün",
        ] {
            let error = text.parse::<Color>().unwrap_err().to_string();
            assert!(
                error.contains("is not a colour; use a name"),
                "{text}: {error}"
            );
        }
        assert!(
            "x".repeat(9_000)
                .parse::<Color>()
                .unwrap_err()
                .to_string()
                .len()
                < 200
        );
    }

    proptest! {
        #[test]
        fn every_formatted_colour_parses_to_the_same_colour(alpha: u8, red: u8, green: u8, blue: u8) {
            let color = Color::argb(alpha, red, green, blue);
            prop_assert_eq!(color.to_string().parse::<Color>().unwrap(), color);
        }

        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,12}") {
            let _ = text.parse::<Color>();
        }
    }
}
