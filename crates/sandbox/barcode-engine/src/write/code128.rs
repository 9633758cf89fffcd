//! Writes Code 128 in set B only, for texts with a space: set B includes the space, but rxing's
//! writer rejects it.
//!
//! The bars of each code are those that rxing writes for it.

use rxing::oned::Code128Writer;
use rxing::{BarcodeFormat, EncodeHintValue, EncodeHints, Exceptions, Writer};

/// In modules. The stop pattern has two more.
const WIDTH: usize = 11;
const START_B: u32 = 104;
/// The character for FNC4 in rxing's input, which is code 100 in set B and 101 in set A.
const FNC4: &str = "\u{f4}";
const FNC1: &str = "\u{f1}";

/// The bars of `text`, whose characters must all be in set B.
pub(super) fn set_b(text: &str) -> Result<Vec<bool>, Exceptions> {
    let codes: Vec<u32> = text
        .chars()
        .map(|letter| match u32::from(letter) {
            code @ 32..=127 => Ok(code - 32),
            code => Err(Exceptions::illegal_argument_with(format!(
                "Set B does not have the character of code {code}"
            ))),
        })
        .collect::<Result<_, _>>()?;
    let weighted = codes.iter().zip(1..).map(|(code, weight)| code * weight);
    let check = (START_B + weighted.sum::<u32>()) % 103;
    let frame = forced("B", "x")?;
    let mut bars = frame[..WIDTH].to_vec();
    for code in codes.into_iter().chain([check]) {
        bars.extend(pattern(code)?);
    }
    bars.extend(&frame[3 * WIDTH..]);
    Ok(bars)
}

fn pattern(code: u32) -> Result<Vec<bool>, Exceptions> {
    let bars = match code {
        0..=99 => forced("C", &format!("{code:02}")),
        100 => forced("B", FNC4),
        101 => forced("A", FNC4),
        _ => forced("B", FNC1),
    }?;
    // Between the start and the check character.
    Ok(bars[WIDTH..2 * WIDTH].to_vec())
}

fn forced(set: &str, text: &str) -> Result<Vec<bool>, Exceptions> {
    let hints = EncodeHints {
        ForceCodeSet: Some(set.to_owned()),
        ..EncodeHints::default().with(EncodeHintValue::Margin("0".to_owned()))
    };
    let format = BarcodeFormat::CODE_128;
    let matrix = Code128Writer.encode_with_hints(text, &format, 0, 1, &hints)?;
    Ok((0..matrix.getWidth()).map(|x| matrix.get(x, 0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_output_of_rxing_where_that_is_supported() {
        let all: String = ('!'..='\u{7f}').collect();
        // Of many lengths and letters, so that all check characters come up.
        for start in 0..all.len() {
            for end in start + 1..all.len().min(start + 12) {
                let text = &all[start..end];
                assert_eq!(set_b(text).unwrap(), forced("B", text).unwrap(), "{text}");
            }
        }
    }

    #[test]
    fn takes_a_space_and_no_control_characters() {
        assert_eq!(set_b(" a ").unwrap().len(), 6 * WIDTH + 2);
        assert!(set_b("a\tb").is_err());
    }
}
