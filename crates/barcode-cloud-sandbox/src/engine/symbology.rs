//! The symbologies: for each type of the document what a value must look like, what goes into the
//! symbol for it, and what a value read back is.
//!
//! One table. A type that it does not hold is refused by the operations.

use rxing::BarcodeFormat as Base;

use super::{digits, full_ascii, gs1};

/// More than any linear symbol of use, and what rxing's own writers allow.
const LONGEST_LINEAR: usize = 80;

/// One type of barcode.
#[derive(Debug)]
pub(crate) struct Symbology {
    /// As in the document's enumerations.
    pub(crate) name: &'static str,
    /// What rxing calls the symbol.
    pub(crate) base: Base,
    /// Whether the symbol begins with FNC1.
    pub(crate) gs1: bool,
    /// Whether a reading is called by this name when no type was asked for.
    pub(crate) common: bool,
    /// From the user's value to the symbol's text; `Err` says what the type takes.
    write: fn(&str) -> Result<String, String>,
    /// From the symbol's text to the user's value; `None` where it is not of this type.
    read: fn(&str) -> Option<String>,
}

impl Symbology {
    /// The type of that name, if the engine has it.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SYMBOLOGIES.iter().find(|it| it.name == name)
    }

    /// All types, those before others that say more about a symbol.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        SYMBOLOGIES.iter()
    }

    /// Whether the symbol is one row of bars.
    pub(crate) fn is_linear(&self) -> bool {
        !matches!(
            self.base,
            Base::QR_CODE | Base::AZTEC | Base::DATA_MATRIX | Base::PDF_417
        )
    }

    /// The text to put into the symbol for `value`.
    pub(crate) fn content(&self, value: &str) -> Result<String, String> {
        if self.is_linear() && value.chars().count() > LONGEST_LINEAR {
            return Err(format!("It takes at most {LONGEST_LINEAR} characters."));
        }
        (self.write)(value)
    }

    /// The value that a symbol's text stands for.
    pub(crate) fn value(&self, content: &str) -> Option<String> {
        (self.read)(content)
    }
}

const fn entry(
    name: &'static str,
    base: Base,
    write: fn(&str) -> Result<String, String>,
    read: fn(&str) -> Option<String>,
) -> Symbology {
    Symbology {
        name,
        base,
        gs1: false,
        common: false,
        write,
        read,
    }
}

const fn gs1_entry(name: &'static str, base: Base) -> Symbology {
    Symbology {
        gs1: true,
        ..common(entry(name, base, gs1_write, gs1::bracketed))
    }
}

const fn common(symbology: Symbology) -> Symbology {
    Symbology {
        common: true,
        ..symbology
    }
}

/// Where two types share a symbol, the first that fits gives its name to it.
static SYMBOLOGIES: &[Symbology] = &[
    gs1_entry("GS1QR", Base::QR_CODE),
    common(entry("QR", Base::QR_CODE, any, same)),
    common(entry("Aztec", Base::AZTEC, any, same)),
    gs1_entry("GS1DataMatrix", Base::DATA_MATRIX),
    common(entry("DataMatrix", Base::DATA_MATRIX, any, same)),
    common(entry("Pdf417", Base::PDF_417, any, same)),
    Symbology {
        common: false,
        ..gs1_entry_of("SSCC18", |value| key(value, "00"), |it| keyed(it, "00"))
    },
    Symbology {
        common: false,
        ..gs1_entry_of("EAN14", |value| key(value, "01"), |it| keyed(it, "01"))
    },
    Symbology {
        common: false,
        ..gs1_entry_of("SCC14", |value| key(value, "01"), |it| keyed(it, "01"))
    },
    gs1_entry("GS1Code128", Base::CODE_128),
    common(entry("Code128", Base::CODE_128, ascii, same)),
    entry("PZN", Base::CODE_39, pzn, read_pzn),
    entry("Code32", Base::CODE_39, code32, read_code32),
    entry("VIN", Base::CODE_39, vin, |content| vin(content).ok()),
    common(entry("Code39", Base::CODE_39, code39, same)),
    entry(
        "Code39FullASCII",
        Base::CODE_39,
        code39_full_ascii,
        full_ascii::decode,
    ),
    common(entry("Code93", Base::CODE_93, ascii, same)),
    common(entry("Codabar", Base::CODABAR, codabar, same)),
    common(entry("UPCA", Base::EAN_13, upca, |content| {
        Some(content.strip_prefix('0')?.to_owned())
    })),
    entry(
        "ISMN",
        Base::EAN_13,
        |value| bookland(value, &["9790"]),
        |it| prefixed(it, &["9790"]),
    ),
    entry(
        "ISBN",
        Base::EAN_13,
        |value| bookland(value, ISBN),
        |it| prefixed(it, ISBN),
    ),
    entry(
        "ISSN",
        Base::EAN_13,
        |value| bookland(value, &["977"]),
        |it| prefixed(it, &["977"]),
    ),
    common(entry(
        "EAN13",
        Base::EAN_13,
        |value| complete(value, 13),
        same,
    )),
    common(entry("EAN8", Base::EAN_8, |value| complete(value, 8), same)),
    common(entry("UPCE", Base::UPC_E, upce, same)),
    common(entry(
        "ITF14",
        Base::ITF,
        |value| complete(value, 14),
        |it| completed(it, 14),
    )),
    entry(
        "ITF6",
        Base::ITF,
        |value| complete(value, 6),
        |it| completed(it, 6),
    ),
    entry(
        "DeutschePostIdentcode",
        Base::ITF,
        |it| deutsche_post(it, 12),
        |it| deutsche_posted(it, 12),
    ),
    entry(
        "DeutschePostLeitcode",
        Base::ITF,
        |it| deutsche_post(it, 14),
        |it| deutsche_posted(it, 14),
    ),
    common(entry("Interleaved2of5", Base::ITF, interleaved, same)),
];

const ISBN: &[&str] = &[
    "978", "9791", "9792", "9793", "9794", "9795", "9796", "9797", "9798", "9799",
];

const fn gs1_entry_of(
    name: &'static str,
    write: fn(&str) -> Result<String, String>,
    read: fn(&str) -> Option<String>,
) -> Symbology {
    Symbology {
        gs1: true,
        ..entry(name, Base::CODE_128, write, read)
    }
}

fn any(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

fn same(content: &str) -> Option<String> {
    Some(content.to_owned())
}

fn gs1_write(value: &str) -> Result<String, String> {
    Ok(gs1::join(&gs1::parse(value)?))
}

/// EAN-14, SCC-14 and SSCC-18 are GS1-128 symbols of one key. The identifier may be left out; a
/// value read has it.
fn key(value: &str, identifier: &str) -> Result<String, String> {
    let length = if identifier == "00" { 18 } else { 14 };
    let number = value
        .strip_prefix(&format!("({identifier})"))
        .unwrap_or(value);
    Ok(format!("{identifier}{}", complete(number, length)?))
}

fn keyed(content: &str, identifier: &str) -> Option<String> {
    let number = content.strip_prefix(identifier)?;
    (key(number, identifier).as_deref() == Ok(content)).then(|| format!("({identifier}){number}"))
}

fn ascii(value: &str) -> Result<String, String> {
    if value.is_ascii() {
        Ok(value.to_owned())
    } else {
        Err("It takes ASCII characters only.".to_owned())
    }
}

fn code39(value: &str) -> Result<String, String> {
    match value
        .chars()
        .find(|letter| !full_ascii::CODE39.contains(*letter))
    {
        None => Ok(value.to_owned()),
        Some(letter) => Err(format!(
            "It does not take the character '{letter}': Code39 has digits, capital letters and -. $/+%, \
             Code39FullASCII has all of ASCII."
        )),
    }
}

fn code39_full_ascii(value: &str) -> Result<String, String> {
    let letters = full_ascii::encode(value).ok_or("It takes ASCII characters only.")?;
    if letters.len() > LONGEST_LINEAR {
        return Err("It is too long: most characters take two letters of Code 39.".to_owned());
    }
    Ok(letters)
}

fn pzn(value: &str) -> Result<String, String> {
    Ok(format!("-{}", digits::complete(value, 8, digits::pzn)?))
}

fn read_pzn(content: &str) -> Option<String> {
    let number = content.strip_prefix('-')?;
    (pzn(number).as_deref() == Ok(content)).then(|| number.to_owned())
}

/// The digits of Code 32's number system: no vowels.
const BASE_32: &[u8; 32] = b"0123456789BCDFGHJKLMNPQRSTUVWXYZ";

fn code32(value: &str) -> Result<String, String> {
    let number = digits::complete(value, 9, |digits| Some(digits::code32(digits)))?;
    let mut rest: usize = number.parse().map_err(|_| "It is not a number.")?;
    let mut letters = [b'0'; 6];
    for letter in letters.iter_mut().rev() {
        *letter = BASE_32[rest % 32];
        rest /= 32;
    }
    Ok(letters.iter().copied().map(char::from).collect())
}

fn read_code32(content: &str) -> Option<String> {
    let mut number = 0;
    for letter in content.bytes() {
        number = number * 32 + BASE_32.iter().position(|it| *it == letter)?;
        if number > 999_999_999 {
            return None;
        }
    }
    let value = format!("{number:09}");
    (code32(&value).as_deref() == Ok(content)).then_some(value)
}

/// ISO 3779. Its check digit is not asked for: only North America has one.
fn vin(value: &str) -> Result<String, String> {
    let allowed = |letter: char| {
        letter.is_ascii_digit() || (letter.is_ascii_uppercase() && !"IOQ".contains(letter))
    };
    if value.chars().count() == 17 && value.chars().all(allowed) {
        Ok(value.to_owned())
    } else {
        Err("It takes 17 digits and capital letters other than I, O and Q.".to_owned())
    }
}

/// A value without start and stop letters gets `A` at both ends. A value read has them.
fn codabar(value: &str) -> Result<String, String> {
    let is_guard = |letter: Option<char>| letter.is_some_and(|it| ('A'..='D').contains(&it));
    let guards = (
        is_guard(value.chars().next()),
        is_guard(value.chars().next_back()),
    );
    let (inner, content) = match guards {
        (true, true) if value.len() > 2 => (&value[1..value.len() - 1], value.to_owned()),
        (false, false) => (value, format!("A{value}A")),
        _ => return Err("It takes a start and a stop letter of A to D, or neither.".to_owned()),
    };
    match inner
        .chars()
        .find(|letter| !"0123456789-$:/.+".contains(*letter))
    {
        None if inner.len() > 1 => Ok(content),
        Some(letter) => Err(format!("It does not take the character '{letter}'.")),
        // One would do by the standard, but no reader here finds it.
        None => Err("It takes at least two characters between start and stop.".to_owned()),
    }
}

fn complete(value: &str, length: usize) -> Result<String, String> {
    digits::complete(value, length, |digits| Some(digits::gs1(digits)))
}

fn completed(content: &str, length: usize) -> Option<String> {
    (complete(content, length).as_deref() == Ok(content)).then(|| content.to_owned())
}

fn deutsche_post(value: &str, length: usize) -> Result<String, String> {
    digits::complete(value, length, |digits| Some(digits::deutsche_post(digits)))
}

fn deutsche_posted(content: &str, length: usize) -> Option<String> {
    (deutsche_post(content, length).as_deref() == Ok(content)).then(|| content.to_owned())
}

/// A UPC-A symbol is the EAN-13 symbol of the same number with a zero before it.
fn upca(value: &str) -> Result<String, String> {
    Ok(format!("0{}", complete(value, 12)?))
}

/// Number system 0 or 1, six digits, check digit. Six digits alone are of number system 0.
fn upce(value: &str) -> Result<String, String> {
    let long = if value.len() == 6 {
        format!("0{value}")
    } else {
        value.to_owned()
    };
    let check = |digits: &[u32]| Some(digits::gs1(&digits::expand_upce(digits)?));
    digits::complete(&long, 8, check)
}

/// ISBN, ISMN and ISSN are EAN-13 numbers of certain prefixes. Hyphens are for the eye: a value
/// read has none.
fn bookland(value: &str, prefixes: &[&str]) -> Result<String, String> {
    let number = complete(&value.replace(['-', ' '], ""), 13)?;
    match prefixed(&number, prefixes) {
        Some(number) => Ok(number),
        None => Err(format!(
            "It takes 13 digits that begin with {}.",
            prefixes.join(", ")
        )),
    }
}

fn prefixed(content: &str, prefixes: &[&str]) -> Option<String> {
    prefixes
        .iter()
        .any(|prefix| content.starts_with(prefix))
        .then(|| content.to_owned())
}

/// The bars come in pairs of digits: an odd number of them gets a zero before it.
fn interleaved(value: &str) -> Result<String, String> {
    match digits::of(value) {
        None => Err("It takes digits only.".to_owned()),
        Some(digits) if digits.is_empty() => Err("It takes at least one digit.".to_owned()),
        Some(digits) if digits.len() % 2 == 1 => Ok(format!("0{value}")),
        Some(_) => Ok(value.to_owned()),
    }
}
