//! The check digits of the standards.

/// The digits of `text`, or `None` if it holds anything else.
pub(crate) fn of(text: &str) -> Option<Vec<u32>> {
    // `to_digit` takes ASCII digits only; `char::is_numeric` would take others.
    text.chars().map(|letter| letter.to_digit(10)).collect()
}

/// GS1 General Specifications, 7.9.1: weights 3 and 1 from the right. EAN, UPC, ITF-14, SSCC.
pub(crate) fn gs1(digits: &[u32]) -> u32 {
    let sum: u32 = digits.iter().rev().zip([3, 1].iter().cycle()).map(|(d, w)| d * w).sum();
    (10 - sum % 10) % 10
}

/// Deutsche Post Identcode and Leitcode: weights 4 and 9 from the left.
pub(crate) fn deutsche_post(digits: &[u32]) -> u32 {
    let sum: u32 = digits.iter().zip([4, 9].iter().cycle()).map(|(d, w)| d * w).sum();
    (10 - sum % 10) % 10
}

/// Weights 2 and 1 from the right, products cross-summed. OPC of the Vision Council of America.
pub(crate) fn luhn(digits: &[u32]) -> u32 {
    let weighted = digits.iter().rev().zip([2, 1].iter().cycle());
    let sum: u32 = weighted.map(|(d, w)| d * w / 10 + d * w % 10).sum();
    (10 - sum % 10) % 10
}

/// Universal Postal Union, S10: weights 8, 6, 4, 2, 3, 5, 9, 7, modulo 11.
pub(crate) fn s10(digits: &[u32]) -> u32 {
    let weighted = digits.iter().zip([8, 6, 4, 2, 3, 5, 9, 7]);
    let sum: u32 = weighted.map(|(d, w)| d * w).sum();
    match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        check => check,
    }
}

/// PZN8: weights 1 to 7, modulo 11. A remainder of 10 has no check digit; such numbers are not
/// assigned.
pub(crate) fn pzn(digits: &[u32]) -> Option<u32> {
    let sum: u32 = digits.iter().zip(1..).map(|(d, w)| d * w).sum();
    Some(sum % 11).filter(|check| *check < 10)
}

/// Code 32 (Italian pharmacode): every second digit doubled and cross-summed, modulo 10.
pub(crate) fn code32(digits: &[u32]) -> u32 {
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(index, digit)| match index % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum % 10
}

/// The eleven digits of the UPC-A number that a UPC-E number (system and six digits) stands for
/// (GS1 General Specifications, 5.2.2.4.2).
pub(crate) fn expand_upce(digits: &[u32]) -> Option<Vec<u32>> {
    let [system, a, b, c, d, e, last] = *digits else {
        return None;
    };
    let expanded = match last {
        0..=2 => [system, a, b, last, 0, 0, 0, 0, c, d, e],
        3 => [system, a, b, c, 0, 0, 0, 0, 0, d, e],
        4 => [system, a, b, c, d, 0, 0, 0, 0, 0, e],
        _ => [system, a, b, c, d, e, 0, 0, 0, 0, last],
    };
    (system < 2).then(|| expanded.to_vec())
}

/// Returns `text` with its check digit, which is added if it is missing and must be right
/// otherwise. `length` includes it.
pub(crate) fn complete(
    text: &str,
    length: usize,
    check: impl Fn(&[u32]) -> Option<u32>,
) -> Result<String, String> {
    let short = length - 1;
    let digits = of(text)
        .filter(|digits| digits.len() == length || digits.len() == short)
        .ok_or_else(|| format!("It takes {length} digits, or {short} without the check digit."))?;
    let right = check(&digits[..short]).ok_or("No check digit exists for this number.")?;
    match digits.get(short) {
        Some(given) if *given != right => {
            Err(format!("The check digit {given} is wrong: it would be {right}."))
        }
        _ => Ok(format!("{}{right}", &text[..short])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_published_examples() {
        // GS1 General Specifications; the Identcode and Leitcode of Deutsche Post's brochure;
        // the PZN example of IFA.
        assert_eq!(complete("629104150021", 13, |d| Some(gs1(d))).unwrap(), "6291041500213");
        assert_eq!(gs1(&of("37610425002123456").unwrap()), 9);
        assert_eq!(deutsche_post(&of("56310243031").unwrap()), 3);
        assert_eq!(deutsche_post(&of("2134807501640").unwrap()), 1);
        assert_eq!(pzn(&of("2758089").unwrap()), Some(9));
        assert_eq!(code32(&of("01234567").unwrap()), 6);
        // The Vision Council's guide, and Royal Mail's example of the UPU's standard.
        assert_eq!(luhn(&of("020711721").unwrap()), 9);
        assert_eq!(luhn(&of("020489713").unwrap()), 6);
        assert_eq!(s10(&of("47312482").unwrap()), 9);
        let expanded = expand_upce(&of("0425261").unwrap()).unwrap();
        assert_eq!(expanded, of("04210000526").unwrap());
    }

    #[test]
    fn wrong_check_digits_and_invalid_characters_are_rejected() {
        let check = |digits: &[u32]| Some(gs1(digits));
        assert!(complete("6291041500214", 13, check).unwrap_err().contains("would be 3"));
        for text in
            ["", "62910415002", "62910415002X", "６２９１０４１５００２１", "62910415002134"]
        {
            assert!(complete(text, 13, check).is_err(), "{text}");
        }
    }
}
