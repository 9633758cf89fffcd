//! The rules of the values of linear types that rxing does not have.

use super::digits;

/// The lengths and check digits of each type are the engine's.
pub(crate) fn some_digits(value: &str) -> Result<String, String> {
    match digits::of(value) {
        Some(digits) if !digits.is_empty() => Ok(value.to_owned()),
        _ => Err("It takes digits only.".to_owned()),
    }
}

/// Digits and hyphens. Two check digits are added by the engine.
pub(crate) fn code11(value: &str) -> Result<String, String> {
    match value.chars().find(|letter| !letter.is_ascii_digit() && *letter != '-') {
        None => Ok(value.to_owned()),
        Some(letter) => {
            Err(format!("It does not take the character '{letter}': it has digits and hyphens."))
        }
    }
}

/// Laetus: a number, not a row of digits.
pub(crate) fn pharmacode(value: &str) -> Result<String, String> {
    let number = some_digits(value)?.parse::<u32>().ok();
    match number.filter(|number| (3..=131_070).contains(number)) {
        Some(number) => Ok(number.to_string()),
        None => Err("It takes a number of 3 to 131070.".to_owned()),
    }
}
