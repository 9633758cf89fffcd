//! Telemetry of a call: a `tracing` span with OpenTelemetry's names for HTTP clients and, with the
//! feature `metrics`, the duration of the call and the number of retries. It holds neither secrets
//! nor barcode data.

use std::borrow::Cow;

use barcode_cloud_client::Operation;
#[cfg(feature = "metrics")]
use metrics::Label;
use reqwest::Url;
use tokio::time::Instant;
use tracing::Span;
use tracing::field::{Empty, display};

use super::{Exchange, Permit};
use crate::error::{Error, ResponseHead};

/// The telemetry of one call. If it is dropped before `end`, the call is recorded as cancelled.
pub(super) struct CallSpan<'a> {
    pub(super) span: Span,
    pub(super) attempts: u32,
    /// The response to the last attempt, if there was one.
    pub(super) response: ResponseHead,
    exchange: &'a Exchange,
    operation: &'static Operation,
    started: Instant,
    ended: bool,
}

/// The duration of a call, with all attempts and pauses.
#[cfg(feature = "metrics")]
const DURATION: &str = "http.client.request.duration";
#[cfg(feature = "metrics")]
const RESENT: &str = "barcode_cloud.resent_requests";

/// Describes the metrics to the recorder, which may export them under names with a unit. A recorder
/// that is installed later does not receive the descriptions.
#[cfg(feature = "metrics")]
pub(super) fn describe_metrics() {
    use metrics::Unit;
    metrics::describe_histogram!(DURATION, Unit::Seconds, "Duration of HTTP client requests.");
    metrics::describe_counter!(RESENT, Unit::Count, "Number of requests that were resent.");
}

/// The `error.type` of a call whose future was dropped.
const CANCELLED: &str = "cancelled";

impl<'a> CallSpan<'a> {
    pub(super) fn begin(
        exchange: &'a Exchange,
        operation: &'static Operation,
        started: Instant,
    ) -> Self {
        Self {
            span: span(exchange, operation),
            attempts: 0,
            response: ResponseHead::default(),
            exchange,
            operation,
            started,
            ended: false,
        }
    }

    /// Records the URL of the first attempt. The query is left out, because it may contain data of
    /// the caller.
    pub(super) fn record_url(&self, url: &Url) {
        if self.attempts == 1
            && !self.span.is_disabled()
            && let Some(url) = url.as_str().split('?').next()
        {
            self.span.record("url.full", url);
        }
    }

    /// Records how the call ended, and counts it.
    pub(super) fn end(&mut self, error: Option<&Error>) {
        if let Some(error) = error {
            record_error(&self.span, error);
        }
        self.close(error.map(Error::telemetry_type));
    }

    /// Records each field once, because exporters do not replace a value.
    fn close(&mut self, error: Option<Cow<'static, str>>) {
        self.ended = true;
        if !self.span.is_disabled() {
            if let Some(status) = self.response.status {
                self.span.record("http.response.status_code", i64::from(status.as_u16()));
            }
            if let Some(id) = self.response.request_id() {
                self.span.record("barcode_cloud.request_id", id);
            }
        }
        let resent = self.attempts.saturating_sub(1);
        if resent > 0 {
            self.span.record("http.request.resend_count", i64::from(resent));
        }
        self.log(error.as_deref());
        self.count(error, resent);
    }

    /// Logs that the call ended. Only the kind of an error is logged: the service's message may
    /// quote the data.
    fn log(&self, error: Option<&str>) {
        tracing::debug!(
            parent: &self.span,
            operation = self.operation.id,
            status = self.response.status.map(|status| i64::from(status.as_u16())),
            attempts = i64::from(self.attempts),
            duration = ?self.started.elapsed(),
            error,
            "the call ended",
        );
    }

    #[cfg(feature = "metrics")]
    fn count(&self, error: Option<Cow<'static, str>>, resent: u32) {
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
            let count = metrics::counter!(RESENT, labels.clone());
            count.increment(resent.into());
        }
        if let Some(status) = self.response.status {
            let status = status.as_str().to_owned();
            labels.push(Label::new("http.response.status_code", status));
        }
        if let Some(error) = error {
            labels.push(Label::new("error.type", error));
        }
        let took = self.started.elapsed();
        metrics::histogram!(DURATION, labels).record(took.as_secs_f64());
    }

    #[cfg(not(feature = "metrics"))]
    fn count(&self, _: Option<Cow<'static, str>>, _: u32) {
        let _ = (self.exchange, self.operation, self.started);
    }
}

impl Drop for CallSpan<'_> {
    fn drop(&mut self) {
        if !self.ended {
            record_cancellation(&self.span);
            self.close(Some(CANCELLED.into()));
        }
    }
}

/// The permit and the span of a call whose response is streamed. They last until the stream ends,
/// and the span records how it ended.
#[derive(Debug)]
pub(crate) struct Streaming {
    _permit: Permit,
    span: Span,
    ended: bool,
}

impl Streaming {
    pub(crate) fn new(permit: Permit, span: Span) -> Self {
        Self { _permit: permit, span, ended: false }
    }

    /// Records the end of the stream, and the error that ended it if there was one.
    pub(crate) fn end(mut self, error: Option<&Error>) {
        self.ended = true;
        if let Some(error) = error {
            record_error(&self.span, error);
        }
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        if !self.ended {
            record_cancellation(&self.span);
        }
    }
}

/// Records the error that a call or its stream ended with.
fn record_error(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", display(error.telemetry_type()));
}

/// Records a cancellation, which is not an error, so the status of the span is not changed.
fn record_cancellation(span: &Span) {
    span.record("error.type", CANCELLED);
}

/// The span of a call. Its outcome is recorded later. Its numbers are signed, because
/// `tracing-opentelemetry` exports unsigned ones as text.
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
        url.full = Empty,
        url.template = %format_args!("{base}{path}"),
        server.address = exchange.host.as_str(),
        server.port = exchange.port.map(i64::from),
        error.type = Empty,
    )
}
