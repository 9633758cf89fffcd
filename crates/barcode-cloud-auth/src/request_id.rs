//! The id that the token endpoint gave a request, for the server's support.

use reqwest::header::HeaderMap;

/// The most characters of an id that is kept.
const MAX_LENGTH: usize = 128;

/// The headers in which servers return it.
const NAMES: [&str; 8] = [
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-ms-request-id",
    "x-amzn-requestid",
    "x-okta-request-id",
    "x-auth0-requestid",
    "cf-ray",
];

/// The first id of a response that may be printed: it is short, has no other characters than ids
/// have, and contains none of the secrets.
pub(crate) fn request_id<'a>(headers: &'a HeaderMap, secrets: &[&str]) -> Option<&'a str> {
    let values = NAMES.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    let mut ids = values.filter(|id| is_plain(id) && !secrets.iter().any(|it| id.contains(it)));
    ids.next()
}

fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName};

    use super::{MAX_LENGTH, request_id};

    #[test]
    fn the_first_id_that_may_be_printed_is_kept() {
        let (longest, too_long) = ("a".repeat(MAX_LENGTH), "a".repeat(MAX_LENGTH + 1));
        for (headers, id) in [
            (vec![("cf-ray", "7d1-OSL"), ("x-request-id", "r-1")], Some("r-1")),
            (vec![("x-ms-request-id", "0000:A/b+c=_.d")], Some("0000:A/b+c=_.d")),
            (vec![("x-request-id", "has secret"), ("request-id", "r-2")], Some("r-2")),
            (vec![("x-request-id", "my-secret-1")], None),
            (vec![("x-request-id", "<script>")], None),
            (vec![("x-request-id", "")], None),
            (vec![("x-request-id", &longest)], Some(&longest)),
            (vec![("x-request-id", &too_long)], None),
            (vec![("etag", "r-1")], None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            assert_eq!(request_id(&map, &["secret"]), id, "{headers:?}");
        }
    }
}
