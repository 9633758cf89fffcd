//! Parses `application/x-www-form-urlencoded` text strictly: bytes that are not UTF-8 are rejected,
//! not replaced.

use percent_encoding::percent_decode_str;

/// Returns the names and values in their order, or `None` if an escape is not UTF-8.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Decodes `+` and `%` escapes. Returns `None` if the result is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    Some(percent_decode_str(&text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn escapes_are_decoded_and_invalid_ones_rejected() {
        let read = pairs("a=1+2&b=%D0%AF&c").unwrap();
        let read: Vec<_> = read.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(read, [("a", "1 2"), ("b", "Я"), ("c", "")]);
        assert_eq!(pairs("a=%FF"), None);
    }
}
