//! Colours as the service takes them: names of CSS and .NET, `#` or `0x` and hexadecimal digits
//! with the alpha value first.

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color {
    pub(crate) red: u8,
    pub(crate) green: u8,
    pub(crate) blue: u8,
    pub(crate) alpha: u8,
}

impl Color {
    /// Parses a colour as [`parse`](Self::parse) does, optionally in single quotes: `'Black'`.
    ///
    /// The vendor's Node client sends its defaults in this form, and the service accepts them.
    pub(crate) fn parse_quoted(text: &str) -> Option<Self> {
        let inner = text
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        Self::parse(inner.unwrap_or(text))
    }

    /// `Green`, `#0f0`, `#00FF00`, `#FF00FF00` (alpha first), `0x00FF00`, `Transparent`.
    ///
    /// The service seems to accept unknown names too. Which colour it then uses is unknown, so this
    /// returns `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(digits) = text.strip_prefix('#').or_else(|| text.strip_prefix("0x")) {
            return Self::from_digits(digits);
        }
        if text == "transparent" {
            // .NET's: white without opacity.
            return Some(Self {
                red: 255,
                green: 255,
                blue: 255,
                alpha: 0,
            });
        }
        // The parser also accepts functions such as `rgb()`, which the service does not.
        let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase());
        let [red, green, blue, _] = csscolorparser::parse(&text)
            .ok()
            .filter(|_| is_name)?
            .to_rgba8();
        Some(Self::opaque(red, green, blue))
    }

    const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self {
            red,
            green,
            blue,
            alpha: 255,
        }
    }

    fn from_digits(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [alpha, red, green, blue] = number.to_be_bytes();
        match digits.len() {
            // Each digit counts twice: `#f80` is `#ff8800`.
            3 => Some(Self::opaque(green * 17, (blue >> 4) * 17, (blue & 15) * 17)),
            6 => Some(Self::opaque(red, green, blue)),
            8 => Some(Self {
                red,
                green,
                blue,
                alpha,
            }),
            _ => None,
        }
    }

    pub(crate) fn rgba(self) -> [u8; 4] {
        [self.red, self.green, self.blue, self.alpha]
    }

    /// A colour on the way from `self` to `other`.
    pub(crate) fn mix(self, other: Self, share: f32) -> Self {
        let mix = |one: u8, other: u8| {
            (f32::from(one) + (f32::from(other) - f32::from(one)) * share.clamp(0.0, 1.0)) as u8
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: mix(self.alpha, other.alpha),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Color;

    #[test]
    fn every_form_of_a_colour_is_parsed() {
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
            assert_eq!(Color::parse(text).map(Color::rgba), Some(rgba), "{text}");
        }
    }

    #[test]
    fn an_invalid_colour_is_rejected() {
        for text in [
            "",
            "#",
            "#12",
            "#12345",
            "#+12",
            "#zzz",
            "Grün",
            "0x",
            "rgb(1,2,3)",
            "#123456789",
        ] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }
}
