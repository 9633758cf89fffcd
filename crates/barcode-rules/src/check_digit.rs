//! The algorithms of check digits.

use crate::set::GS1_PUNCTUATION;

/// An algorithm that computes the last character or characters of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// GS1 General Specifications, 7.9.1: weights 3 and 1 from the right, modulo 10.
    Gs1,
    /// GS1 General Specifications, 7.9.5: a pair of characters, modulo 1021.
    Gs1Pair,
    /// The check digit of the UPC-A number that a UPC-E number is an abbreviation of.
    UpcE,
    /// Deutsche Post: weights 4 and 9 from the left, modulo 10.
    DeutschePost,
    /// Weights 2 and 1 from the right, products cross-summed, modulo 10.
    Luhn,
    /// Universal Postal Union, S10: weights 8, 6, 4, 2, 3, 5, 9 and 7, modulo 11.
    S10,
    /// IFA, PZN8: weights 1 to 7, modulo 11.
    Pzn,
    /// Code 32: weights 1 and 2 from the left, products cross-summed, modulo 10.
    Code32,
    /// ISO 2108 and ISO 3297: weights from the right that start with 2, modulo 11, 10 is X.
    Mod11,
}

impl Check {
    /// The number of check characters.
    pub(crate) fn len(self) -> usize {
        if self == Check::Gs1Pair { 2 } else { 1 }
    }

    /// Whether values of every length end in check characters.
    pub(crate) fn is_always_present(self) -> bool {
        self == Check::Gs1Pair
    }

    /// The check characters for the characters before them, or `None` if no check
    /// characters exist.
    pub(crate) fn compute(self, before: &[char]) -> Option<String> {
        if self == Check::Gs1Pair {
            return gs1_pair(before);
        }
        let digits: Option<Vec<u32>> = before.iter().map(|c| c.to_digit(10)).collect();
        let value = self.value(&digits?)?;
        match (self, value) {
            (Check::Mod11, 10) => Some("X".to_owned()),
            _ => char::from_digit(value, 10).map(String::from),
        }
    }

    fn value(self, digits: &[u32]) -> Option<u32> {
        let from_left = digits.iter().copied();
        let from_right = from_left.clone().rev();
        Some(match self {
            Check::Gs1 | Check::Gs1Pair => complement(weighted(from_right, &[3, 1])),
            Check::UpcE => return Check::Gs1.value(&expand_upce(digits)?),
            Check::DeutschePost => complement(weighted(from_left, &[4, 9])),
            Check::Luhn => complement(cross_sum(from_right, &[2, 1])),
            Check::Code32 => cross_sum(from_left, &[1, 2]) % 10,
            Check::Pzn => weighted(from_left, &[1, 2, 3, 4, 5, 6, 7]) % 11,
            Check::Mod11 => (11 - weighted(from_right, &[2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11) % 11,
            Check::S10 => match 11 - weighted(from_left, &[8, 6, 4, 2, 3, 5, 9, 7]) % 11 {
                10 => 0,
                11 => 5,
                check => check,
            },
        })
    }
}

fn weighted(digits: impl Iterator<Item = u32>, weights: &[u32]) -> u32 {
    digits.zip(weights.iter().cycle()).map(|(d, w)| d * w).sum()
}

fn cross_sum(digits: impl Iterator<Item = u32>, weights: &[u32]) -> u32 {
    let products = digits.zip(weights.iter().cycle()).map(|(d, w)| d * w);
    products.map(|product| product / 10 + product % 10).sum()
}

fn complement(sum: u32) -> u32 {
    (10 - sum % 10) % 10
}

/// The eleven digits of the UPC-A number that number system and six digits of UPC-E are an
/// abbreviation of (GS1 General Specifications, 5.2.2.4.2).
fn expand_upce(digits: &[u32]) -> Option<[u32; 11]> {
    let [system, a, b, c, d, e, last] = *digits else {
        return None;
    };
    Some(match last {
        0..=2 => [system, a, b, last, 0, 0, 0, 0, c, d, e],
        3 => [system, a, b, c, 0, 0, 0, 0, 0, d, e],
        4 => [system, a, b, c, d, 0, 0, 0, 0, 0, e],
        _ => [system, a, b, c, d, e, 0, 0, 0, 0, last],
    })
}

/// Each character's place in character set 82 is weighted with the next prime, from the right.
fn gs1_pair(before: &[char]) -> Option<String> {
    const PRIMES: [usize; 23] =
        [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83];
    const CHECKS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    // Ordered by ASCII value, the set is: punctuation, digits, more punctuation, capital letters,
    // underscore, small letters.
    let is_before = |character: &char, other: char| {
        other < *character && (other.is_ascii_alphanumeric() || GS1_PUNCTUATION.contains(other))
    };
    let place = |c: &char| ('!'..='z').filter(|other| is_before(c, *other)).count();
    if before.len() > PRIMES.len() {
        return None;
    }
    let places = before.iter().rev().map(place);
    let sum: usize = places.zip(PRIMES).map(|(place, prime)| place * prime).sum();
    let pair = [CHECKS[sum % 1021 / 32], CHECKS[sum % 1021 % 32]];
    Some(pair.into_iter().map(char::from).collect())
}
