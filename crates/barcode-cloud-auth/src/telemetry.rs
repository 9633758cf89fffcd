//! The span of a token request, with OpenTelemetry's names for HTTP clients.

use tracing::field::Empty;
use tracing::{Span, info_span, span};
use url::{Position, Url};

/// The span to run one request in. `url` is the address of the built-in endpoint, whose query the
/// span leaves out. `cause` is the span of the call that made the request necessary.
///
/// It is a root and not a child of that call, because all callers share the request, and it
/// outlives a call that is cancelled or that only starts a renewal. That call is linked by
/// `follows_from`.
pub(crate) fn request_span(
    endpoint: &str,
    url: Option<&Url>,
    client_id: Option<&str>,
    cause: Option<span::Id>,
) -> Span {
    let span = info_span!(
        parent: None,
        "barcode_cloud_auth.token_request",
        otel.name = if url.is_some() { "POST token" } else { "token" },
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = url.map(|_| "POST"),
        http.response.status_code = Empty,
        server.address = url.and_then(Url::host_str),
        // Signed, because `tracing-opentelemetry` exports unsigned numbers as text.
        server.port = url.and_then(Url::port_or_known_default).map(i64::from),
        url.full = url.map(|url| &url[..Position::AfterPath]),
        error.type = Empty,
        endpoint,
        client_id,
    );
    span.follows_from(cause);
    span
}
