//! Protects the page and the admin calls from web pages of other origins, and sets the security
//! headers of the page.
//!
//! The page shows credentials, and the admin calls show the request log. A web page of another
//! origin must not be able to read them, even if its host name was made to resolve to this machine
//! (DNS rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::{self, HeaderName, HeaderValue};
use http::uri::Authority;

use super::Failure;
use crate::Error;

/// Allows nothing from other origins and nothing inline. Images that scripts create are `blob:`
/// URLs, and the icons in the style sheet of the reference are `data:` URLs.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; form-action 'none'; \
    base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::CACHE_CONTROL, "no-cache"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
];

/// The host names that the user allowed, in addition to those that no stranger can own.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Validates and normalizes the names.
    pub(crate) fn new(names: &[String]) -> Result<Self, Error> {
        let names = names.iter().map(|name| {
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.is_empty() || name.contains([':', '/', '@', ' ']) {
                return Err(Error::Setting(
                    "an allowed host must be a host name, without a scheme, port or path",
                ));
            }
            Ok(name.to_ascii_lowercase())
        });
        names.collect::<Result<_, _>>().map(Self)
    }

    /// Whether `host`, without a port, is an IP address, `localhost`, a name without a dot, a name
    /// below `internal`, or allowed by the user.
    ///
    /// A stranger can only make names of the public DNS resolve to this machine. Browsers resolve
    /// `localhost` themselves (RFC 6761, section 6.3), names without a dot belong to the local
    /// network or to containers, and `internal` is reserved for private use.
    fn admit(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<Ipv4Addr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok() {
            return true;
        }
        let lower = host.to_ascii_lowercase();
        let name = lower.strip_suffix('.').unwrap_or(&lower);
        // With a trailing dot, a name with a single label is a top-level domain of the public DNS.
        let is_local = !lower.is_empty() && !lower.contains('.');
        name == "localhost"
            || is_local
            || name.ends_with(".internal")
            || self.0.iter().any(|allowed| allowed == name)
    }
}

/// Rejects requests with a host name that is not allowed, or from a page of another origin.
pub(crate) async fn admit(
    State(allowed): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Response {
    let refusal = match host(&request) {
        None => "The request has no valid Host header.".to_owned(),
        Some(host) if !allowed.admit(&host) => format!(
            "The page and the admin calls are not available under the host name {host:.253}, because a \
             stranger may have made it resolve to this machine. Use http://127.0.0.1 or \
             http://localhost with the port, or allow the name with `barcode sandbox --allow-host \
             {host:.253}` or, in code, with `Builder::allow_host`."
        ),
        Some(_) if is_cross_origin(&request) => {
            "The page and the admin calls cannot be used by a web page of another origin."
                .to_owned()
        }
        Some(_) => return next.run(request).await,
    };
    Failure::misdirected(&refusal).into_response()
}

/// Adds the headers that restrict what a browser does with the response.
pub(crate) async fn add_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// The host that the request was sent to, without the port. The request line takes precedence over
/// the `Host` header (RFC 9112, section 3.2.2). Headers that proxies add are ignored, because any
/// client can send them.
fn host(request: &Request) -> Option<String> {
    let authority = authority(request)?;
    let host = authority.host();
    // The authority must be a host, optionally with a port, and without a user name.
    let rest = authority.as_str().strip_prefix(host)?;
    (rest.is_empty() || rest.starts_with(':')).then(|| host.to_owned())
}

fn authority(request: &Request) -> Option<Authority> {
    let header = || Authority::try_from(request.headers().get(header::HOST)?.as_bytes()).ok();
    request.uri().authority().cloned().or_else(header)
}

/// The host and the port of an origin, which is `null` for some pages.
fn origin_host(origin: &HeaderValue) -> Option<Authority> {
    let (_, authority) = origin.to_str().ok()?.split_once("://")?;
    authority.parse().ok()
}

/// Whether the browser marked the request as sent by a page of another origin. Following a link to
/// the sandbox's page is allowed. Every browser sends `Origin` with a request of another origin
/// that may change something, and newer ones send `Sec-Fetch-Site` with all requests.
fn is_cross_origin(request: &Request) -> bool {
    let value = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    let is_link = request.method() == Method::GET
        && request.uri().path() == "/"
        && value("sec-fetch-mode") == Some(b"navigate");
    let origin = request.headers().get(header::ORIGIN);
    if origin.is_some_and(|origin| origin_host(origin) != authority(request)) {
        return true;
    }
    match value("sec-fetch-site") {
        None | Some(b"same-origin" | b"none") => false,
        Some(_) => !is_link,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn host_of(uri: &str, header: Option<&str>) -> Option<String> {
        let mut request = http::Request::get(uri);
        if let Some(header) = header {
            request = request.header("host", header);
        }
        host(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn the_host_is_read_without_its_port_and_rejected_with_anything_else() {
        for (header, expected) in [
            ("127.0.0.1:8787", Some("127.0.0.1")),
            ("[::1]:80", Some("[::1]")),
            ("a.example", Some("a.example")),
            ("user@localhost", None),
            ("[::1].evil.example", None),
            ("", None),
        ] {
            assert_eq!(host_of("/", Some(header)).as_deref(), expected, "{header}");
        }
        assert_eq!(host_of("/", None), None);
    }

    #[test]
    fn the_request_line_takes_precedence_over_the_host_header() {
        let host = host_of("http://evil.example/", Some("localhost"));
        assert_eq!(host.as_deref(), Some("evil.example"));
    }

    #[test]
    fn only_names_that_no_stranger_can_own_are_admitted() {
        let allowed = AllowedHosts::new(&["Box.Example".to_owned()]).unwrap();
        let admitted = "127.0.0.1 [::1] localhost LOCALHOST. sandbox host.docker.internal a.INTERNAL. \
                        box.example BOX.example.";
        for host in admitted.split(' ') {
            assert!(allowed.admit(host), "{host}");
        }
        let rejected = " . example. evil.example \
                        localhost.evil.example 127.0.0.1.evil.example internal.example \
                        evilinternal. a.box.example";
        for host in rejected.split(' ') {
            assert!(!allowed.admit(host), "{host}");
        }
    }
}
