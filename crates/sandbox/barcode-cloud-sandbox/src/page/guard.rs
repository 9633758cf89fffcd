//! Who may see the page, and what a browser may do with it.
//!
//! The page shows credentials. A page of another origin must not get at them, even where that
//! origin's name is made to lead to this machine (DNS rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;

use crate::answer::Failure;

/// Nothing from elsewhere, nothing in line; pictures that scripts made are `blob:`, and the icons in
/// the reference's style sheet `data:`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=()",
    ),
];

/// Answers only those who came by an address that no name stands for.
pub(crate) async fn admit(request: Request, next: Next) -> Response {
    if is_asked_by_address(&request) && !is_asked_by_others(request.headers()) {
        return next.run(request).await;
    }
    let message = "The page is not served by a name, which may lead elsewhere: open it by \
        http://127.0.0.1 or http://localhost and the port, or by another number of the machine.";
    Failure::misdirected(message).into_response()
}

/// Tells the browser its limits, on every answer.
pub(crate) async fn limit(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Only a name can be made to lead elsewhere than where it led before. Browsers look up `localhost`
/// on no network (RFC 6761, section 6.3).
fn is_asked_by_address(request: &Request) -> bool {
    let named = request.headers().get(header::HOST);
    let named = named.and_then(|it| Authority::try_from(it.as_bytes()).ok());
    let Some(authority) = request.uri().authority().or(named.as_ref()) else {
        return false;
    };
    let host = authority.host();
    // No user before it, and nothing but a port behind it.
    let rest = authority.as_str().strip_prefix(host);
    if !rest.is_some_and(|it| it.is_empty() || it.starts_with(':')) {
        return false;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<Ipv4Addr>().is_ok()
        || bare.parse::<Ipv6Addr>().is_ok()
}

/// Whether a page of another origin asks for something to put into itself. To follow a link from
/// there is allowed.
fn is_asked_by_others(headers: &HeaderMap) -> bool {
    let value = |name| headers.get(name).map(HeaderValue::as_bytes);
    match value("sec-fetch-site") {
        None | Some(b"same-origin" | b"none") => false,
        Some(_) => value("sec-fetch-mode") != Some(b"navigate"),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn asked(uri: &str, host: Option<&str>) -> bool {
        let mut request = http::Request::get(uri);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        is_asked_by_address(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn numbers_and_localhost_are_addresses_and_names_are_not() {
        for host in ["127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:80"] {
            assert!(asked("/", Some(host)), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8787",
            "127.0.0.1.evil.example",
            "evil@x",
            "",
            "[::1].evil.example",
        ] {
            assert!(!asked("/", Some(host)), "{host}");
        }
        assert!(!asked("/", None));
    }

    #[test]
    fn the_address_of_the_request_line_goes_before_the_header() {
        assert!(!asked("http://evil.example/", Some("localhost")));
        assert!(asked("http://localhost/", Some("evil.example")));
    }
}
