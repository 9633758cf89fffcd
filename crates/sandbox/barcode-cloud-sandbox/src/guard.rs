//! Decides who may use the page and the admin calls, and limits what a browser does with the page.
//!
//! The page shows credentials, and the admin calls show the request log. A web page of another origin
//! must not get at them, even where that origin's name is made to resolve to this machine (DNS
//! rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::{self, HeaderName, HeaderValue};
use http::uri::Authority;

use crate::Error;
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

/// The host names that are admitted in addition to those that no stranger can own.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Normalizes the names that a user allows.
    pub(crate) fn new(names: &[String]) -> Result<Self, Error> {
        let names = names.iter().map(|name| {
            let name = name.strip_suffix('.').unwrap_or(name);
            if name.is_empty() || name.contains([':', '/', '@', ' ']) {
                return Err(Error::Setting(
                    "an allowed host must be a host name without scheme, port or path",
                ));
            }
            Ok(name.to_ascii_lowercase())
        });
        names.collect::<Result<_, _>>().map(Self)
    }

    /// Whether `host`, without a port, is an IP address, `localhost`, a name without a dot, a name
    /// below `internal`, or allowed by the user.
    ///
    /// Only names of the public DNS can be made to resolve to this machine by a stranger. Browsers
    /// resolve `localhost` themselves (RFC 6761, section 6.3), names without a dot are those of the
    /// local network or of containers, and `internal` is reserved for private use.
    fn admit(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<Ipv4Addr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok() {
            return true;
        }
        let lower = host.to_ascii_lowercase();
        let name = lower.strip_suffix('.').unwrap_or(&lower);
        // With a dot at its end, a name of one label is a top-level domain of the public DNS.
        let is_local = !lower.is_empty() && !lower.contains('.');
        name == "localhost"
            || is_local
            || name.ends_with(".internal")
            || self.0.iter().any(|it| it == name)
    }
}

/// Answers only requests that came by an admitted host name and not from a page of another origin.
pub(crate) async fn admit(
    State(allowed): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Response {
    let refusal = match host(&request) {
        None => "The request names no host in its Host header.".to_owned(),
        Some(host) if !allowed.admit(&host) => format!(
            "The page and the admin calls are not served by the host name {host:.253}, which a \
             stranger may have made to resolve to this machine. Use http://127.0.0.1 or \
             http://localhost and the port, or allow the name: `barcode sandbox --allow-host \
             {host:.253}`, or `Builder::allow_host` in code."
        ),
        Some(_) if is_cross_origin(&request) => {
            "The page and the admin calls do not answer a web page of another origin.".to_owned()
        }
        Some(_) => return next.run(request).await,
    };
    Failure::misdirected(&refusal).into_response()
}

/// Adds the headers that limit what the browser does to every answer.
pub(crate) async fn add_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// The host that the request was sent to, without the port: that of the request line, which goes
/// before the `Host` header (RFC 9112, section 3.2.2). Headers that proxies add are not consulted,
/// because any client can send them.
fn host(request: &Request) -> Option<String> {
    let header = request.headers().get(header::HOST);
    let header = header.and_then(|it| Authority::try_from(it.as_bytes()).ok());
    let authority = request.uri().authority().or(header.as_ref())?;
    let host = authority.host();
    // No user name before the host, and nothing but a port behind it.
    let rest = authority.as_str().strip_prefix(host)?;
    (rest.is_empty() || rest.starts_with(':')).then(|| host.to_owned())
}

/// Whether a page of another origin sent the request, by what browsers say of it. Following a link
/// to the sandbox's own page is allowed.
fn is_cross_origin(request: &Request) -> bool {
    let value = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    let is_link = request.method() == Method::GET
        && request.uri().path() == "/"
        && value("sec-fetch-mode") == Some(b"navigate");
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
    fn the_host_is_taken_without_its_port_and_only_where_it_stands_alone() {
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
    fn the_address_of_the_request_line_goes_before_the_header() {
        let host = host_of("http://evil.example/", Some("localhost"));
        assert_eq!(host.as_deref(), Some("evil.example"));
    }

    #[test]
    fn only_names_that_no_stranger_can_own_are_admitted() {
        let allowed = AllowedHosts::new(&["Box.Example".to_owned()]).unwrap();
        for host in [
            "127.0.0.1",
            "[::1]",
            "localhost",
            "LOCALHOST.",
            "sandbox",
            "host.docker.internal",
            "a.INTERNAL.",
            "box.example",
            "BOX.example.",
        ] {
            assert!(allowed.admit(host), "{host}");
        }
        for host in [
            "",
            ".",
            "example.",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "internal.example",
            "evilinternal.",
            "a.box.example",
        ] {
            assert!(!allowed.admit(host), "{host}");
        }
    }
}
