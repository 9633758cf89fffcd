//! Code 39 Full ASCII (ISO/IEC 16388, annex A): pairs of Code 39 letters for all of ASCII.

/// The characters that Code 39 can encode directly.
pub(crate) const CODE39: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

/// Encodes `text` in Code 39 characters. Returns `None` if it is not ASCII.
pub(crate) fn encode(text: &str) -> Option<String> {
    text.chars().map(pair).collect()
}

/// Decodes Code 39 characters. Returns `None` if they are not Full ASCII.
pub(crate) fn decode(letters: &str) -> Option<String> {
    let mut text = String::new();
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        if "$%/+".contains(letter) {
            let pair: String = [letter, letters.next()?].iter().collect();
            text.push(
                (0..=0x7f_u8)
                    .map(char::from)
                    .find(|candidate| self::pair(*candidate).as_ref() == Some(&pair))?,
            );
        } else {
            text.push(letter);
        }
    }
    Some(text)
}

fn pair(letter: char) -> Option<String> {
    let code = u8::try_from(letter).ok()?;
    let shifted = |shift: char, from: u8, first: u8| {
        let second = char::from(first + (code - from));
        Some([shift, second].iter().collect())
    };
    match code {
        0x00 => Some("%U".to_owned()),
        0x01..=0x1a => shifted('$', 0x01, b'A'),
        0x1b..=0x1f => shifted('%', 0x1b, b'A'),
        b'-' | b'.' | b' ' | b'0'..=b'9' | b'A'..=b'Z' => Some(letter.to_string()),
        b'!'..=b'/' => shifted('/', b'!', b'A'),
        b':' => Some("/Z".to_owned()),
        b';'..=b'?' => shifted('%', b';', b'F'),
        b'@' => Some("%V".to_owned()),
        b'['..=b'_' => shifted('%', b'[', b'K'),
        b'`' => Some("%W".to_owned()),
        b'a'..=b'z' => shifted('+', b'a', b'A'),
        b'{'..=b'\x7f' => shifted('%', b'{', b'P'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_ascii_goes_through_code39_letters_and_back() {
        let ascii: String = (0..=0x7f_u8).map(char::from).collect();
        let letters = encode(&ascii).unwrap();
        assert!(letters.chars().all(|letter| CODE39.contains(letter)));
        assert_eq!(decode(&letters).as_deref(), Some(&*ascii));
        assert_eq!(encode("a/:~\x7f").as_deref(), Some("+A/O/Z%S%T"));
        assert_eq!(encode("é"), None);
        assert_eq!(decode("AB+"), None);
    }
}
