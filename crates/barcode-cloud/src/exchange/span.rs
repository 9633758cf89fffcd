//! What is seen of a call from outside: a `tracing` span by OpenTelemetry's names for HTTP clients and, with the feature
//! `metrics`, its duration and its repetitions. No secret, no barcode data.

use std::borrow::Cow;

use barcode_cloud_client::Operation;
#[cfg(feature = "metrics")]
use metrics::Label;
use reqwest::StatusCode;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::{Empty, display};

use super::{Exchange, Permit};
use crate::Error;
use crate::error::Head;

/// A call as it is seen. One that is dropped before its end was cancelled, and says so.
pub(super) struct Seen<'a> {
    pub(super) span: Span,
    pub(super) attempts: u32,
    exchange: &'a Exchange,
    operation: &'static Operation,
    started: Instant,
    ended: bool,
}

/// What `error.type` says of a call that nobody waited for to end.
const CANCELLED: &str = "cancelled";

impl<'a> Seen<'a> {
    pub(super) fn begin(
        exchange: &'a Exchange,
        operation: &'static Operation,
        started: Instant,
    ) -> Self {
        Self {
            span: span(exchange, operation),
            attempts: 0,
            exchange,
            operation,
            started,
            ended: false,
        }
    }

    /// Fills in what a successful answer says.
    pub(super) fn answered(&self, head: &Head) {
        if self.span.is_disabled() {
            return;
        }
        if let Some(status) = head.status {
            self.span
                .record("http.response.status_code", status.as_u16());
        }
        if let Some(id) = head.request_id() {
            self.span.record("barcode_cloud.request_id", id);
        }
    }

    /// Fills in how the call ended, and counts it.
    pub(super) fn end(&mut self, error: Option<&Error>) {
        if let Some(error) = error {
            failed(&self.span, error);
        }
        // Every success of the document is a 200.
        let status = error.map_or(Some(StatusCode::OK), api_status);
        self.close(error.map(Error::kind), status);
    }

    fn close(&mut self, error: Option<Cow<'static, str>>, status: Option<StatusCode>) {
        self.ended = true;
        let resent = self.attempts.saturating_sub(1);
        if resent > 0 {
            self.span.record("http.request.resend_count", resent);
        }
        self.count(error, status, resent);
    }

    #[cfg(feature = "metrics")]
    fn count(&self, error: Option<Cow<'static, str>>, status: Option<StatusCode>, resent: u32) {
        let (exchange, operation) = (self.exchange, self.operation);
        let mut labels = vec![
            Label::from_static_parts("http.request.method", operation.method),
            Label::from_static_parts("barcode_cloud.operation", operation.id),
            Label::new("server.address", exchange.host.clone()),
        ];
        if let Some(port) = exchange.port {
            labels.push(Label::new("server.port", port.to_string()));
        }
        if resent > 0 {
            let count = metrics::counter!("barcode_cloud.resent_requests", labels.clone());
            count.increment(resent.into());
        }
        if let Some(status) = status {
            let status = status.as_str().to_owned();
            labels.push(Label::new("http.response.status_code", status));
        }
        if let Some(error) = error {
            labels.push(Label::new("error.type", error));
        }
        let took = self.started.elapsed();
        metrics::histogram!("http.client.request.duration", labels).record(took.as_secs_f64());
    }

    #[cfg(not(feature = "metrics"))]
    fn count(&self, _: Option<Cow<'static, str>>, _: Option<StatusCode>, _: u32) {
        let _ = (self.exchange, self.operation, self.started);
    }
}

impl Drop for Seen<'_> {
    fn drop(&mut self) {
        if !self.ended {
            cancelled(&self.span);
            self.close(Some(CANCELLED.into()), None);
        }
    }
}

/// What a stream that outlives its call keeps of it: its permit, and its span, which says how the stream ended.
#[derive(Debug)]
pub(crate) struct Streaming {
    _permit: Permit,
    span: Span,
    ended: bool,
}

impl Streaming {
    pub(crate) fn new(permit: Permit, span: Span) -> Self {
        Self {
            _permit: permit,
            span,
            ended: false,
        }
    }

    /// The stream is at its end, whole or not.
    pub(crate) fn end(mut self, error: Option<&Error>) {
        self.ended = true;
        if let Some(error) = error {
            failed(&self.span, error);
        }
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        if !self.ended {
            cancelled(&self.span);
        }
    }
}

fn failed(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", display(error.kind()));
    if let Some(status) = api_status(error) {
        span.record("http.response.status_code", status.as_u16());
    }
    if let Some(id) = error.request_id() {
        span.record("barcode_cloud.request_id", id);
    }
}

/// The status that the API answered with. That of the token endpoint is on the span of the token request.
fn api_status(error: &Error) -> Option<StatusCode> {
    match error {
        Error::Auth(_) => None,
        error => error.status(),
    }
}

/// Who drops a call has not met an error: the span's status stays as it is.
fn cancelled(span: &Span) {
    span.record("error.type", CANCELLED);
}

/// The span of a call. What comes out of it is filled in later.
fn span(exchange: &Exchange, operation: &Operation) -> Span {
    let (method, base, path) = (operation.method, &exchange.base_path, operation.path);
    tracing::info_span!(
        "barcode_cloud.call",
        otel.name = %format_args!("{method} {base}{path}"),
        otel.kind = "client",
        otel.status_code = Empty,
        barcode_cloud.operation = operation.id,
        barcode_cloud.request_id = Empty,
        http.request.method = method,
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        url.template = %format_args!("{base}{path}"),
        server.address = exchange.host.as_str(),
        server.port = exchange.port,
        error.type = Empty,
    )
}
