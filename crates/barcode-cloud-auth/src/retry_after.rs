//! Parses `Retry-After`, for token requests and for callers of an API.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Returns how long the server asks to wait: the header `Retry-After`, in seconds or as a date
/// ([RFC 9110 section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
///
/// A date is compared with the `Date` of the response if it has one, so that a wrong local clock
/// has no effect, and otherwise with `now`. A date in the past gives zero. `None` if the header is
/// missing or invalid.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
///
/// let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("5"))]);
/// let wait = barcode_cloud_auth::retry_after(&headers, SystemTime::now());
/// assert_eq!(wait, Some(Duration::from_secs(5)));
/// ```
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let value = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

    use super::retry_after;

    fn asked(value: &'static str, date: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10);
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_parsed_and_other_values_are_ignored() {
        assert_eq!(asked("600", None), Some(600));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:40 GMT", None), Some(30));
        let date = Some("Thu, 01 Jan 1970 00:00:35 GMT");
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:40 GMT", date), Some(5));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:01 GMT", None), Some(0));
        for odd in ["", "-1", "soon", "1.5", "99999999999999999999999"] {
            assert_eq!(asked(odd, None), None, "{odd}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), SystemTime::now()), None);
    }
}
