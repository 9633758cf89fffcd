//! Parses `application/x-www-form-urlencoded` text.

use percent_encoding::percent_decode_str;

/// Returns the names and values in their order, or `None` if an escape is not UTF-8.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    encoded_pairs(text).map(|(name, value)| Some((decode(name)?, decode(value)?))).collect()
}

/// Returns the names and values in their order. Bytes that are not UTF-8 are replaced.
pub(crate) fn lossy_pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    encoded_pairs(text).map(move |(name, value)| (decode(name), decode(value)))
}

fn encoded_pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
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
