//! The rules of the values of postal types.

use super::digits;

/// Australia Post: a format control code of two digits, a sorting code of eight digits, and
/// customer information whose length depends on the format. Without the format control code, a
/// standard barcode (11) is written.
pub(crate) fn australia(value: &str) -> Result<String, String> {
    let value = match value.len() {
        8 => format!("11{value}"),
        _ => value.to_owned(),
    };
    let (code, rest) = value.split_at_checked(2).unwrap_or_default();
    let length = match code {
        "11" | "45" | "87" | "92" => 0,
        "59" => 5,
        "62" => 10,
        _ => return Err("It takes 8 digits, after one of 11, 45, 59, 62, 87 and 92.".to_owned()),
    };
    let (sorting, customer_info) = rest.split_at_checked(8).unwrap_or_default();
    let is_allowed =
        |letter: char| letter.is_ascii_alphanumeric() || letter == ' ' || letter == '#';
    if sorting.is_empty() || digits::of(sorting).is_none() {
        return Err("It takes a sorting code of 8 digits.".to_owned());
    }
    // zint determines the format by the length.
    if customer_info.len() != length || !customer_info.chars().all(is_allowed) {
        return Err(format!(
            "After {code} and the sorting code it takes {length} letters and digits."
        ));
    }
    Ok(value)
}

/// The United States Postal Service's POSTNET: a ZIP code of 5, 9 or 11 digits.
pub(crate) fn postnet(value: &str) -> Result<String, String> {
    of_length(value, &[5, 9, 11])
}

/// The United States Postal Service's PLANET: 11 or 13 digits.
pub(crate) fn planet(value: &str) -> Result<String, String> {
    of_length(value, &[11, 13])
}

/// Singapore Post's code is that of Royal Mail with six digits.
pub(crate) fn singapore(value: &str) -> Result<String, String> {
    of_length(value, &[6])
}

/// The United States Postal Service's Intelligent Mail: a tracking code of 20 digits, optionally
/// followed by a hyphen, and a ZIP code of 0, 5, 9 or 11 digits.
pub(crate) fn one_code(value: &str) -> Result<String, String> {
    of_length(&value.replace('-', ""), &[20, 25, 29, 31])
}

/// Checks the number of digits, because zint writes any number and only warns.
fn of_length(value: &str, lengths: &[usize]) -> Result<String, String> {
    if digits::of(value).is_some_and(|digits| lengths.contains(&digits.len())) {
        return Ok(value.to_owned());
    }
    let lengths: Vec<_> = lengths.iter().map(ToString::to_string).collect();
    Err(format!("It takes {} digits.", lengths.join(" or ")))
}
