//! `application/x-www-form-urlencoded` text, read strictly: bytes that are not UTF-8 are refused,
//! not replaced.

use percent_encoding::percent_decode_str;

/// Names and values in the order given, or `None` where an escape is not UTF-8.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Resolves `+` and `%` escapes.
pub(crate) fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    Some(percent_decode_str(&text).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn escapes_are_resolved_and_bad_ones_refused() {
        let read = pairs("a=1+2&b=%D0%AF&c").unwrap();
        let read: Vec<_> = read
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(read, [("a", "1 2"), ("b", "Я"), ("c", "")]);
        assert_eq!(pairs("a=%FF"), None);
    }
}
