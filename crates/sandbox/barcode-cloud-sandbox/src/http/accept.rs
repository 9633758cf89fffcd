//! Content negotiation between JSON and XML (RFC 9110, section 12.5.1). If neither is acceptable,
//! the response is JSON: the service does not respond with 406.

use http::HeaderMap;
use http::header::ACCEPT;

/// Whether the `Accept` header prefers XML to JSON.
pub(crate) fn prefers_xml(headers: &HeaderMap) -> bool {
    let ranges: Vec<_> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range)
        .collect();
    quality(&ranges, "xml") > quality(&ranges, "json")
}

/// Parses a media range. Returns it in lower case, with its quality value.
fn range(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next()?.to_ascii_lowercase();
    let quality =
        parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let quality = quality.map_or(Some(1.0), |quality| quality.parse().ok())?;
    (0.0..=1.0).contains(&quality).then_some((range, quality))
}

/// The quality of the most specific range that matches.
fn quality(ranges: &[(String, f32)], subtype: &str) -> f32 {
    let exact = format!("application/{subtype}");
    [&*exact, "application/*", "*/*"]
        .iter()
        .find_map(|wanted| {
            let found = ranges.iter().find(|(range, _)| range == wanted)?;
            Some(found.1)
        })
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_written_only_if_it_is_preferred() {
        for (accept, xml) in [
            ("application/xml", true),
            ("APPLICATION/XML; q=0.5", true),
            ("application/json;q=0.5, application/xml", true),
            ("*/*;q=0.1, application/xml;q=0.2", true),
            ("text/html, application/xml;q=0.9, */*;q=0.8", true),
            ("", false),
            ("*/*", false),
            ("application/xml, application/json", false),
            ("application/xml;q=0.5, */*", false),
            ("application/xml;q=0", false),
            ("application/xml;q=NaN", false),
            ("image/png", false),
            (";;q=,,", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            assert_eq!(prefers_xml(&headers), xml, "{accept}");
        }
        assert!(!prefers_xml(&HeaderMap::new()));
    }
}
