//! The sets of characters that the rules are made of.

/// A set of characters.
#[derive(Debug)]
pub(crate) struct Set {
    /// A plural, as it appears in messages.
    pub(crate) name: &'static str,
    pub(crate) contains: fn(char) -> bool,
}

pub(crate) static ANY: Set = Set { name: "characters", contains: |_| true };

pub(crate) static DIGITS: Set = Set { name: "digits", contains: |c| c.is_ascii_digit() };

pub(crate) static CAPITALS: Set =
    Set { name: "capital letters", contains: |c| c.is_ascii_uppercase() };

pub(crate) static CAPITALS_AND_DIGITS: Set = Set {
    name: "capital letters and digits",
    contains: |c| c.is_ascii_uppercase() || c.is_ascii_digit(),
};

pub(crate) static ASCII: Set = Set { name: "ASCII characters", contains: |c| c.is_ascii() };

/// The characters of Code 128 with FNC4, which adds 128 to a character's value.
pub(crate) static LATIN1: Set =
    Set { name: "characters of ISO 8859-1", contains: |c| u32::from(c) < 256 };

pub(crate) static CODABAR: Set = Set {
    name: "digits and - $ : / . +",
    contains: |c| c.is_ascii_digit() || "-$:/.+".contains(c),
};

pub(crate) static CODABAR_GUARDS: Set =
    Set { name: "letters A to D", contains: |c| matches!(c, 'A'..='D' | 'a'..='d') };

pub(crate) static CODE11: Set =
    Set { name: "digits and hyphens", contains: |c| c.is_ascii_digit() || c == '-' };

pub(crate) static CODE39: Set = Set {
    name: "digits, capital letters, spaces and - . $ / + %",
    contains: |c| (CAPITALS_AND_DIGITS.contains)(c) || " -.$/+%".contains(c),
};

/// QR's alphanumeric mode.
pub(crate) static QR_ALPHANUMERIC: Set = Set {
    name: "characters of the alphanumeric mode",
    contains: |c| (CODE39.contains)(c) || "*:".contains(c),
};

/// ISBN and ISSN write a check value of ten as X.
pub(crate) static DIGITS_AND_X: Set =
    Set { name: "digits and X", contains: |c| c.is_ascii_digit() || c == 'X' };

pub(crate) static VIN: Set = Set {
    name: "digits and capital letters other than I, O and Q",
    contains: |c| (CAPITALS_AND_DIGITS.contains)(c) && !"IOQ".contains(c),
};

pub(crate) static AUSTRALIA_POST: Set = Set {
    name: "letters, digits, spaces and #",
    contains: |c| c.is_ascii_alphanumeric() || " #".contains(c),
};

pub(crate) static MAILMARK_CLASS: Set = Set {
    name: "digits and letters A to E",
    contains: |c| c.is_ascii_digit() || matches!(c, 'A'..='E'),
};

/// The letters of the second half of a British postcode.
pub(crate) static INWARD_LETTERS: Set = Set {
    name: "capital letters other than C, I, K, M, O and V",
    contains: |c| c.is_ascii_uppercase() && !"CIKMOV".contains(c),
};

pub(crate) static SPACES: Set = Set { name: "spaces", contains: |c| c == ' ' };

/// GS1 General Specifications, figure 7.11-1.
pub(crate) static GS1_82: Set = Set {
    name: "letters, digits and ! \" % & ' ( ) * + , - . / : ; < = > ? _",
    contains: |c| c.is_ascii_alphanumeric() || GS1_PUNCTUATION.contains(c),
};

pub(crate) const GS1_PUNCTUATION: &str = "!\"%&'()*+,-./:;<=>?_";

/// GS1 General Specifications, figure 7.11-2.
pub(crate) static GS1_39: Set = Set {
    name: "digits, capital letters and # - /",
    contains: |c| (CAPITALS_AND_DIGITS.contains)(c) || "#-/".contains(c),
};

/// GS1 General Specifications, figure 7.11-3.
pub(crate) static GS1_64: Set = Set {
    name: "letters, digits and - _ =",
    contains: |c| c.is_ascii_alphanumeric() || "-_=".contains(c),
};
