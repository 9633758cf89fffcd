//! Colors: parses the notations that people use, and formats the one that the service accepts.
//! Names are sent as numbers, because the service seems to silently ignore unknown names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

/// A color with an opacity, for [`RenderOptions`](crate::RenderOptions).
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
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

    /// Creates an opaque color.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self::argb(255, red, green, blue)
    }

    /// Creates a color with an opacity from 0 (transparent) to 255 (opaque).
    pub const fn argb(alpha: u8, red: u8, green: u8, blue: u8) -> Self {
        Self { alpha, red, green, blue }
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
        let mut colors = NAMED_COLORS.split(", ").filter_map(|color| color.split_once(' '));
        let (_, digits) = colors.find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        Self::from_digits(digits)
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
                        "`{}` is not a color; use a name such as `Green`, #RRGGBB, or #AARRGGBB with alpha first",
                        text.escape_debug()
                    ),
                )
            })
    }
}

/// Formats the color as the service accepts it: `#RRGGBB`, or `#AARRGGBB` if it is not opaque.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("#")?;
        if self.alpha != 255 {
            write!(f, "{:02X}", self.alpha)?;
        }
        write!(f, "{:02X}{:02X}{:02X}", self.red, self.green, self.blue)
    }
}

impl TryFrom<String> for Color {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

/// The named colors of CSS (<https://www.w3.org/TR/css-color-4/#named-colors>) with their digits.
const NAMED_COLORS: &str = "\
    aliceblue f0f8ff, antiquewhite faebd7, aqua 00ffff, aquamarine 7fffd4, azure f0ffff, \
    beige f5f5dc, bisque ffe4c4, black 000000, blanchedalmond ffebcd, blue 0000ff, \
    blueviolet 8a2be2, brown a52a2a, burlywood deb887, cadetblue 5f9ea0, chartreuse 7fff00, \
    chocolate d2691e, coral ff7f50, cornflowerblue 6495ed, cornsilk fff8dc, crimson dc143c, \
    cyan 00ffff, darkblue 00008b, darkcyan 008b8b, darkgoldenrod b8860b, darkgray a9a9a9, \
    darkgreen 006400, darkgrey a9a9a9, darkkhaki bdb76b, darkmagenta 8b008b, \
    darkolivegreen 556b2f, darkorange ff8c00, darkorchid 9932cc, darkred 8b0000, \
    darksalmon e9967a, darkseagreen 8fbc8f, darkslateblue 483d8b, darkslategray 2f4f4f, \
    darkslategrey 2f4f4f, darkturquoise 00ced1, darkviolet 9400d3, deeppink ff1493, \
    deepskyblue 00bfff, dimgray 696969, dimgrey 696969, dodgerblue 1e90ff, firebrick b22222, \
    floralwhite fffaf0, forestgreen 228b22, fuchsia ff00ff, gainsboro dcdcdc, ghostwhite f8f8ff, \
    gold ffd700, goldenrod daa520, gray 808080, green 008000, greenyellow adff2f, grey 808080, \
    honeydew f0fff0, hotpink ff69b4, indianred cd5c5c, indigo 4b0082, ivory fffff0, khaki f0e68c, \
    lavender e6e6fa, lavenderblush fff0f5, lawngreen 7cfc00, lemonchiffon fffacd, \
    lightblue add8e6, lightcoral f08080, lightcyan e0ffff, lightgoldenrodyellow fafad2, \
    lightgray d3d3d3, lightgreen 90ee90, lightgrey d3d3d3, lightpink ffb6c1, lightsalmon ffa07a, \
    lightseagreen 20b2aa, lightskyblue 87cefa, lightslategray 778899, lightslategrey 778899, \
    lightsteelblue b0c4de, lightyellow ffffe0, lime 00ff00, limegreen 32cd32, linen faf0e6, \
    magenta ff00ff, maroon 800000, mediumaquamarine 66cdaa, mediumblue 0000cd, \
    mediumorchid ba55d3, mediumpurple 9370db, mediumseagreen 3cb371, mediumslateblue 7b68ee, \
    mediumspringgreen 00fa9a, mediumturquoise 48d1cc, mediumvioletred c71585, \
    midnightblue 191970, mintcream f5fffa, mistyrose ffe4e1, moccasin ffe4b5, navajowhite ffdead, \
    navy 000080, oldlace fdf5e6, olive 808000, olivedrab 6b8e23, orange ffa500, orangered ff4500, \
    orchid da70d6, palegoldenrod eee8aa, palegreen 98fb98, paleturquoise afeeee, \
    palevioletred db7093, papayawhip ffefd5, peachpuff ffdab9, peru cd853f, pink ffc0cb, \
    plum dda0dd, powderblue b0e0e6, purple 800080, rebeccapurple 663399, red ff0000, \
    rosybrown bc8f8f, royalblue 4169e1, saddlebrown 8b4513, salmon fa8072, sandybrown f4a460, \
    seagreen 2e8b57, seashell fff5ee, sienna a0522d, silver c0c0c0, skyblue 87ceeb, \
    slateblue 6a5acd, slategray 708090, slategrey 708090, snow fffafa, springgreen 00ff7f, \
    steelblue 4682b4, tan d2b48c, teal 008080, thistle d8bfd8, tomato ff6347, turquoise 40e0d0, \
    violet ee82ee, wheat f5deb3, white ffffff, whitesmoke f5f5f5, yellow ffff00, \
    yellowgreen 9acd32";

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
    fn every_name_of_css_has_its_color() {
        let mut names = 0;
        for (name, [red, green, blue]) in &csscolorparser::NAMED_COLORS {
            let color: Color = name.as_str().parse().unwrap();
            assert_eq!(color, Color::rgb(*red, *green, *blue), "{name}");
            names += 1;
        }
        assert_eq!(names, super::NAMED_COLORS.split(", ").count());
    }

    #[test]
    fn the_error_for_an_invalid_color_names_the_valid_notations() {
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
            assert!(error.contains("is not a color; use a name"), "{text}: {error}");
        }
        assert!("x".repeat(9_000).parse::<Color>().unwrap_err().to_string().len() < 200);
    }

    proptest! {
        #[test]
        fn every_formatted_color_parses_to_the_same_color(alpha: u8, red: u8, green: u8, blue: u8) {
            let color = Color::argb(alpha, red, green, blue);
            prop_assert_eq!(color.to_string().parse::<Color>().unwrap(), color);
        }

        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,12}") {
            let _ = text.parse::<Color>();
        }
    }
}
