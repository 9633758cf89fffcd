//! The values of each type: which values are valid, how they are encoded as the text of a symbol,
//! and how that text is decoded.
//!
//! A function that encodes returns a message if the value is invalid. A function that decodes,
//! whose name begins with `read`, returns `None` if the text is not of the type.

use super::{digits, full_ascii, gs1};

/// The maximum length of the values of linear symbols, in characters, which is that of rxing.
pub const MAX_LINEAR: usize = 80;

/// The prefixes of books. 9790 is the prefix of music.
pub(crate) const ISBN: &[&str] =
    &["978", "9791", "9792", "9793", "9794", "9795", "9796", "9797", "9798", "9799"];

pub(crate) fn any(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

pub(crate) fn gs1_write(value: &str) -> Result<String, String> {
    Ok(gs1::join(&gs1::parse(value)?))
}

/// Removes FNC1 from the beginning of the text, where rxing leaves it.
pub(crate) fn read_gs1_aztec(content: &str) -> Option<String> {
    gs1::bracketed(content.strip_prefix(gs1::SEPARATOR)?)
}

/// EAN-14, SCC-14 and SSCC-18 are GS1-128 symbols with a single key. The identifier may be left
/// out; a decoded value always has it.
pub(crate) fn key(value: &str, identifier: &str) -> Result<String, String> {
    let length = if identifier == "00" { 18 } else { 14 };
    let number = value.strip_prefix(&format!("({identifier})")).unwrap_or(value);
    Ok(format!("{identifier}{}", complete(number, length)?))
}

pub(crate) fn read_key(content: &str, identifier: &str) -> Option<String> {
    let number = content.strip_prefix(identifier)?;
    (key(number, identifier).as_deref() == Ok(content)).then(|| format!("({identifier}){number}"))
}

pub(crate) fn ascii(value: &str) -> Result<String, String> {
    if value.is_ascii() {
        Ok(value.to_owned())
    } else {
        Err("It takes ASCII characters only.".to_owned())
    }
}

/// Splits a value into the characters that Code 39 can encode and those that it cannot.
pub fn code39_parts(value: &str) -> (String, String) {
    value.chars().partition(|letter| full_ascii::CODE39.contains(*letter))
}

pub(crate) fn code39(value: &str) -> Result<String, String> {
    match code39_parts(value).1.chars().next() {
        None => Ok(value.to_owned()),
        Some(letter) => Err(format!(
            "It does not take the character '{letter}': Code39 has digits, capital letters and -. $/+%, \
             Code39FullASCII has all of ASCII."
        )),
    }
}

pub(crate) fn code39_full_ascii(value: &str) -> Result<String, String> {
    let letters = full_ascii::encode(value).ok_or("It takes ASCII characters only.")?;
    if letters.len() > MAX_LINEAR {
        return Err("It is too long: most characters take two letters of Code 39.".to_owned());
    }
    Ok(letters)
}

pub(crate) fn pzn(value: &str) -> Result<String, String> {
    Ok(format!("-{}", digits::complete(value, 8, digits::pzn)?))
}

pub(crate) fn read_pzn(content: &str) -> Option<String> {
    let number = content.strip_prefix('-')?;
    (pzn(number).as_deref() == Ok(content)).then(|| number.to_owned())
}

/// The digits of Code 32's number system: no vowels.
const BASE_32: &[u8; 32] = b"0123456789BCDFGHJKLMNPQRSTUVWXYZ";

pub(crate) fn code32(value: &str) -> Result<String, String> {
    let number = digits::complete(value, 9, |digits| Some(digits::code32(digits)))?;
    let mut rest: usize = number.parse().map_err(|_| "It is not a number.")?;
    let mut letters = [b'0'; 6];
    for letter in letters.iter_mut().rev() {
        *letter = BASE_32[rest % 32];
        rest /= 32;
    }
    Ok(letters.iter().copied().map(char::from).collect())
}

pub(crate) fn read_code32(content: &str) -> Option<String> {
    let mut number = 0;
    for letter in content.bytes() {
        number = number * 32 + BASE_32.iter().position(|digit| *digit == letter)?;
        if number > 999_999_999 {
            return None;
        }
    }
    let value = format!("{number:09}");
    (code32(&value).as_deref() == Ok(content)).then_some(value)
}

/// ISO 3779. The check digit is not required, because only North America uses one.
pub(crate) fn vin(value: &str) -> Result<String, String> {
    let allowed = |letter: char| {
        letter.is_ascii_digit() || (letter.is_ascii_uppercase() && !"IOQ".contains(letter))
    };
    if value.chars().count() == 17 && value.chars().all(allowed) {
        Ok(value.to_owned())
    } else {
        Err("It takes 17 digits and capital letters other than I, O and Q.".to_owned())
    }
}

/// A value without start and stop letters gets `A` at both ends. A value that is read has them.
pub(crate) fn codabar(value: &str) -> Result<String, String> {
    let is_guard = |letter: Option<char>| letter.is_some_and(|guard| ('A'..='D').contains(&guard));
    let guards = (is_guard(value.chars().next()), is_guard(value.chars().next_back()));
    let (inner, content) = match guards {
        (true, true) if value.len() > 2 => (&value[1..value.len() - 1], value.to_owned()),
        (false, false) => (value, format!("A{value}A")),
        _ => return Err("It takes a start and a stop letter of A to D, or neither.".to_owned()),
    };
    match inner.chars().find(|letter| !"0123456789-$:/.+".contains(*letter)) {
        None if inner.len() > 1 => Ok(content),
        Some(letter) => Err(format!("It does not take the character '{letter}'.")),
        // The standard allows a single character, but the readers do not find it.
        None => Err("It takes at least two characters between start and stop.".to_owned()),
    }
}

pub(crate) fn complete(value: &str, length: usize) -> Result<String, String> {
    digits::complete(value, length, |digits| Some(digits::gs1(digits)))
}

pub(crate) fn deutsche_post(value: &str, length: usize) -> Result<String, String> {
    digits::complete(value, length, |digits| Some(digits::deutsche_post(digits)))
}

/// A UPC-A symbol is the EAN-13 symbol of the same number with a zero before it.
pub(crate) fn upca(value: &str) -> Result<String, String> {
    Ok(format!("0{}", complete(value, 12)?))
}

pub(crate) fn read_upca(content: &str) -> Option<String> {
    content.strip_prefix('0').map(str::to_owned)
}

/// Number system 0 or 1, six digits, check digit. Six digits alone are of number system 0.
pub(crate) fn upce(value: &str) -> Result<String, String> {
    let long = if value.len() == 6 { format!("0{value}") } else { value.to_owned() };
    let check = |digits: &[u32]| Some(digits::gs1(&digits::expand_upce(digits)?));
    digits::complete(&long, 8, check)
}

/// ISBN, ISMN and ISSN are EAN-13 numbers with certain prefixes. Hyphens are ignored, and a decoded
/// value has none.
pub(crate) fn bookland(value: &str, prefixes: &[&str]) -> Result<String, String> {
    let number = complete(&value.replace(['-', ' '], ""), 13)?;
    if !prefixes.iter().any(|prefix| number.starts_with(prefix)) {
        let prefixes = prefixes.join(", ");
        return Err(format!("It takes 13 digits that begin with {prefixes}."));
    }
    Ok(number)
}

/// The symbol encodes pairs of digits: an odd number of digits gets a leading zero.
pub(crate) fn interleaved(value: &str) -> Result<String, String> {
    match digits::of(value) {
        None => Err("It takes digits only.".to_owned()),
        Some(digits) if digits.is_empty() => Err("It takes at least one digit.".to_owned()),
        Some(digits) if digits.len() % 2 == 1 => Ok(format!("0{value}")),
        Some(_) => Ok(value.to_owned()),
    }
}

/// Rejects every value, because the type can only be read.
pub(crate) fn nothing(_: &str) -> Result<String, String> {
    Err("This type cannot be written.".to_owned())
}

/// Vision Council of America: five digits for the manufacturer, four for the item, and a check
/// digit.
pub(crate) fn opc(value: &str) -> Result<String, String> {
    digits::complete(value, 10, |digits| Some(digits::luhn(digits)))
}

/// Poste Italiane: eleven digits and a check digit. The algorithm of the check digit is not
/// published; vendors only say that it differs from that of ITF. The other common algorithm for
/// Interleaved 2 of 5 is assumed.
pub(crate) fn italian_post(value: &str) -> Result<String, String> {
    digits::complete(value, 12, |digits| Some(digits::luhn(digits)))
}

/// Australia Post's eParcel label is a GS1-128 symbol of a GTIN and an article.
pub(crate) fn australian_parcel(value: &str) -> Result<String, String> {
    let elements = gs1::parse(value)?;
    match &*elements {
        [number, article, ..] if number.identifier == "01" && article.identifier == "91" => {
            Ok(gs1::join(&elements))
        }
        _ => Err("It takes element strings that begin with (01) and (91).".to_owned()),
    }
}

pub(crate) fn read_australian_parcel(content: &str) -> Option<String> {
    gs1::bracketed(content).filter(|value| australian_parcel(value).is_ok())
}

/// Swiss Post: 18 digits for domestic parcels, optionally separated by dots; the S10 identifier of
/// the Universal Postal Union for parcels abroad; or one to ten service codes of four digits.
pub(crate) fn swiss_parcel(value: &str) -> Result<String, String> {
    let plain = value.replace(['.', ' '], "");
    if let Some(digits) = digits::of(&plain) {
        let is_parcel = plain.len() == 18 && (plain.starts_with("98") || plain.starts_with("99"));
        let is_services = plain.len().is_multiple_of(4) && (4..=40).contains(&digits.len());
        if is_parcel || is_services {
            return Ok(plain);
        }
    } else if let Some(number) = plain
        .strip_suffix("CH")
        .and_then(|text| text.strip_prefix(|letter: char| letter.is_ascii_uppercase()))
        .and_then(|text| text.strip_prefix(|letter: char| letter.is_ascii_uppercase()))
    {
        let number = digits::complete(number, 9, |digits| Some(digits::s10(digits)))?;
        return Ok(format!("{}{number}CH", &plain[..2]));
    }
    Err("It takes 18 digits that begin with 98 or 99, two letters, 9 digits and CH, or codes of services of 4 digits."
        .to_owned())
}

/// The characters of HIBC (ANSI/HIBC 2.6, appendix B) by their values. They are those of Code 39.
const HIBC: &str = full_ascii::CODE39;

/// Health Industry Bar Code: the text begins with `+` and ends with a check character.
fn is_hibc(content: &str) -> bool {
    let mut rest = content.chars();
    let check = rest.next_back();
    let rest = rest.as_str();
    let values: Option<Vec<usize>> = rest.chars().map(|letter| HIBC.find(letter)).collect();
    let right = values.and_then(|values| HIBC.chars().nth(values.iter().sum::<usize>() % 43));
    rest.len() > 1 && rest.starts_with('+') && check.is_some() && check == right
}

/// The supplier standard: a primary or a secondary structure follows.
pub(crate) fn read_hibc_lic(content: &str) -> Option<String> {
    (is_hibc(content) && !content.starts_with("+/")).then(|| content.to_owned())
}

/// The provider standard: its second character identifies it.
pub(crate) fn read_hibc_pas(content: &str) -> Option<String> {
    (is_hibc(content) && content.starts_with("+/")).then(|| content.to_owned())
}

/// GS1 DataBar with a GTIN: the identifier may be left out; a decoded value always has it.
pub(crate) fn databar(value: &str) -> Result<String, String> {
    key(value, "01")
}

/// Readers return the number with or without its identifier.
pub(crate) fn read_databar(content: &str) -> Option<String> {
    match content.len() {
        14 => read_key(&format!("01{content}"), "01"),
        _ => read_key(content, "01").or_else(|| {
            let number = content.strip_prefix("(01)")?;
            read_key(&format!("01{number}"), "01")
        }),
    }
}

/// Readers return the bracketed form or that of the symbol.
pub(crate) fn read_databar_expanded(content: &str) -> Option<String> {
    gs1::bracketed(content).or_else(|| gs1::parse(content).ok().map(|_| content.to_owned()))
}

/// North American coupons: a UPC-A symbol of twelve digits, and a symbol with element strings next
/// to it.
pub(crate) fn coupon(value: &str) -> Result<String, String> {
    let start =
        value.find('(').ok_or("It takes 12 digits and element strings: 514141100906(8102)03.")?;
    let (number, elements) = value.split_at(start);
    gs1::parse(elements)?;
    Ok(complete(number, 12)? + elements)
}

/// Splits a result of [`coupon`] into the number and the element strings.
pub(crate) fn coupon_parts(content: &str) -> (&str, &str) {
    content.split_at(content.find('(').unwrap_or(content.len()))
}
