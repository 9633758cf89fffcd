//! The rules of the values of postal types.

use super::super::digits;

/// Lengths that United States Postal Service's Intelligent Mail has: a tracking code of 20 digits,
/// and a ZIP code of none, 5, 9 or 11 after it.
const ONE_CODE: [usize; 4] = [20, 25, 29, 31];

/// Australia Post: the format control code of two digits, the sorting code of eight, and what the
/// code leaves to the customer. The sorting code alone is that of a standard barcode.
pub(crate) fn australia(value: &str) -> Result<String, String> {
    let value = match value.len() {
        8 => format!("11{value}"),
        _ => value.to_owned(),
    };
    let (code, rest) = value.split_at_checked(2).unwrap_or_default();
    let customer = match code {
        "11" | "45" | "87" | "92" => 0,
        "59" => 5,
        "62" => 10,
        _ => return Err("It takes 8 digits, after one of 11, 45, 59, 62, 87 and 92.".to_owned()),
    };
    let (sorting, own) = rest.split_at_checked(8).unwrap_or_default();
    let is_own = |letter: char| letter.is_ascii_alphanumeric() || letter == ' ' || letter == '#';
    if digits::of(sorting).is_none_or(|digits| digits.is_empty()) {
        return Err("It takes a sorting code of 8 digits.".to_owned());
    }
    // The engine determines the format by the length.
    if own.len() != customer || !own.chars().all(is_own) {
        return Err(format!(
            "After {code} and the sorting code it takes {customer} letters and digits."
        ));
    }
    Ok(value)
}

/// The United States Postal Service's POSTNET: a ZIP code of 5, 9 or 11 digits.
pub(crate) fn postnet(value: &str) -> Result<String, String> {
    of_lengths(value, &[5, 9, 11])
}

/// The United States Postal Service's PLANET: 11 or 13 digits.
pub(crate) fn planet(value: &str) -> Result<String, String> {
    of_lengths(value, &[11, 13])
}

/// The engine writes any length, and only warns.
fn of_lengths(value: &str, lengths: &[usize]) -> Result<String, String> {
    match digits::of(value) {
        Some(digits) if lengths.contains(&digits.len()) => Ok(value.to_owned()),
        _ => {
            let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
            Err(format!("It takes {} digits.", lengths.join(" or ")))
        }
    }
}

/// Singapore Post's code is the one of Royal Mail, of six digits.
pub(crate) fn singapore(value: &str) -> Result<String, String> {
    match digits::of(value) {
        Some(digits) if digits.len() == 6 => Ok(value.to_owned()),
        _ => Err("It takes 6 digits.".to_owned()),
    }
}

/// With a hyphen after the tracking code, as the engine has it.
pub(crate) fn one_code(value: &str) -> Result<String, String> {
    let plain = value.replace('-', "");
    match digits::of(&plain) {
        Some(digits) if ONE_CODE.contains(&digits.len()) => Ok(plain),
        _ => Err("It takes 20, 25, 29 or 31 digits.".to_owned()),
    }
}
