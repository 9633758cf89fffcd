//! GS1 element strings: `(01)09501101530003(10)ABC` in readable form, and `010950110153000310ABC`
//! with FNC1 separators in the symbol (GS1 General Specifications, section 7.8).
//!
//! This module validates the syntax: lengths, separators, characters and the check digits of keys.
//! It does not know the meaning of each application identifier.

use super::digits;

/// Stands for FNC1 within a symbol's text: the ASCII group separator.
pub(crate) const SEPARATOR: char = '\u{1d}';

/// The longest value of any application identifier.
const MAX_VALUE: usize = 90;

/// One application identifier and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) identifier: String,
    pub(crate) value: String,
}

/// Reads the bracketed form.
pub(crate) fn parse(text: &str) -> Result<Vec<Element>, String> {
    let mut elements = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (identifier, after) = rest
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .ok_or("It takes element strings such as (01)09501101530003(10)ABC.")?;
        let end = next_bracket(after).unwrap_or(after.len());
        let (value, after) = after.split_at(end);
        check(identifier, value)?;
        elements.push(Element { identifier: identifier.to_owned(), value: value.to_owned() });
        rest = after;
    }
    if elements.is_empty() {
        return Err("It takes at least one element string.".to_owned());
    }
    Ok(elements)
}

/// Where the next identifier begins: a bracket with digits of the right number in it. Brackets are
/// allowed in values too.
fn next_bracket(text: &str) -> Option<usize> {
    text.match_indices('(').map(|(index, _)| index).find(|index| {
        text[index + 1..].split_once(')').is_some_and(|(identifier, _)| is_identifier(identifier))
    })
}

fn check(identifier: &str, value: &str) -> Result<(), String> {
    if !is_identifier(identifier) {
        return Err(format!("({identifier}) is not an application identifier."));
    }
    if value.is_empty() || value.chars().count() > MAX_VALUE {
        return Err(format!("({identifier}) takes 1 to {MAX_VALUE} characters."));
    }
    if let Some(letter) = value.chars().find(|letter| !is_allowed(*letter)) {
        return Err(format!("({identifier}) does not take the character '{letter}'."));
    }
    if let Some(length) = fixed_length(identifier) {
        let length = length - identifier.len();
        let digits = digits::of(value).filter(|digits| digits.len() == length);
        let digits = digits.ok_or_else(|| format!("({identifier}) takes {length} digits."))?;
        if has_check_digit(identifier) {
            let (given, before) = digits.split_last().ok_or("It is empty.")?;
            let right = digits::gs1(before);
            if *given != right {
                return Err(format!(
                    "({identifier}) has the wrong check digit {given}: it would be {right}."
                ));
            }
        }
    }
    Ok(())
}

/// The text of the symbol: separators after values of variable length, except the last.
pub(crate) fn join(elements: &[Element]) -> String {
    let mut text = String::new();
    for (index, element) in elements.iter().enumerate() {
        text.push_str(&element.identifier);
        text.push_str(&element.value);
        if fixed_length(&element.identifier).is_none() && index + 1 < elements.len() {
            text.push(SEPARATOR);
        }
    }
    text
}

/// The bracketed form of a symbol's text, or `None` if it is not made of element strings.
pub(crate) fn bracketed(text: &str) -> Option<String> {
    let elements = elements(text)?;
    let bracketed =
        elements.iter().map(|element| format!("({}){}", element.identifier, element.value));
    Some(bracketed.collect())
}

/// The elements of a symbol's text, of which there is at least one.
pub(crate) fn elements(text: &str) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    let mut rest = text.trim_end_matches(SEPARATOR);
    while !rest.is_empty() {
        let identifier = rest.get(..identifier_length(rest)?)?;
        let end = match fixed_length(identifier) {
            Some(length) => length,
            None => rest.find(SEPARATOR).unwrap_or(rest.len()),
        };
        let value = rest.get(identifier.len()..end)?;
        if !is_identifier(identifier) || value.is_empty() {
            return None;
        }
        elements.push(Element { identifier: identifier.to_owned(), value: value.to_owned() });
        rest = &rest[end..];
        // A separator after a value of fixed length is allowed, though not needed.
        rest = rest.strip_prefix(SEPARATOR).unwrap_or(rest);
    }
    (!elements.is_empty()).then_some(elements)
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && identifier_length(text) == Some(text.len())
}

/// The length of the identifier at the start of `text`, which its first two digits determine
/// (section 3.2).
fn identifier_length(text: &str) -> Option<usize> {
    let prefix: u8 = text.get(..2)?.parse().ok()?;
    match prefix {
        0..=4 | 10..=22 | 30 | 37 | 90..=99 => Some(2),
        23..=25 | 40..=42 | 71 => Some(3),
        31..=36 | 39 | 43 | 70 | 72 | 80..=82 => Some(4),
        _ => None,
    }
}

/// Identifier and value together, for those that need no separator (figure 7.8.5-2).
fn fixed_length(identifier: &str) -> Option<usize> {
    match identifier.get(..2)?.parse::<u8>().ok()? {
        0 => Some(20),
        1..=3 => Some(16),
        4 => Some(18),
        11..=19 => Some(8),
        20 => Some(4),
        31..=36 => Some(10),
        41 => Some(16),
        _ => None,
    }
}

/// SSCC, GTIN and GLN end in a check digit.
fn has_check_digit(identifier: &str) -> bool {
    matches!(identifier, "00" | "01" | "02" | "03") || identifier.starts_with("41")
}

/// GS1 AI encodable character set 82 (figure 7.11-1).
fn is_allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!\"%&'()*+,-./:;<=>?_".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn element_strings_are_joined_and_bracketed_again() {
        for (text, joined) in [
            ("(01)09501101530003(10)ABC", "010950110153000310ABC"),
            ("(10)ABC(01)09501101530003", "10ABC\u{1d}0109501101530003"),
            ("(21)a(b)c(17)261231", "21a(b)c\u{1d}17261231"),
            ("(8020)REF-1(3103)001750", "8020REF-1\u{1d}3103001750"),
        ] {
            assert_eq!(join(&parse(text).unwrap()), joined);
            assert_eq!(bracketed(joined).as_deref(), Some(text));
        }
    }

    #[test]
    fn invalid_syntax_is_rejected_with_a_reason() {
        for (text, reason) in [
            ("", "at least one"),
            ("0109501101530003", "element strings"),
            ("(01)", "1 to 90"),
            ("(01)0950110153000", "14 digits"),
            ("(01)09501101530004", "wrong check digit"),
            ("(5)1", "not an application identifier"),
            ("(10)Ж", "'Ж'"),
            ("(10", "element strings"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert_eq!(bracketed("0109501101"), None);
        assert_eq!(bracketed("Hello"), None);
        assert_eq!(bracketed("Яя"), None);
    }
}
