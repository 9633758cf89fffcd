//! What is seen of a call from outside: a `tracing` span by OpenTelemetry's names for HTTP clients and, with the feature
//! `metrics`, its duration and its repetitions. No secret, no barcode data.

use std::time::Duration;

use barcode_cloud_client::Operation;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tracing::Span;
use tracing::field::{Empty, display};

use crate::Error;
use crate::answer::request_id;
use crate::client::Shared;

/// The span of a call. What comes out of it is filled in by [`answered`] and [`end`].
pub(super) fn span(shared: &Shared, operation: &Operation) -> Span {
    let (method, base, path) = (operation.method, &shared.base_path, operation.path);
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
        server.address = shared.host.as_str(),
        server.port = shared.port,
        error.type = Empty,
    )
}

/// Fills in what a successful answer says.
pub(super) fn answered(span: &Span, status: StatusCode, headers: &HeaderMap) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status.as_u16());
    if let Some(id) = request_id(headers) {
        span.record("barcode_cloud.request_id", id);
    }
}

/// Fills in how the call ended, after how many attempts, and counts it.
pub(super) fn end<T>(
    span: &Span,
    operation: &Operation,
    outcome: &Result<T, Error>,
    attempts: u32,
    took: Duration,
) {
    let resent = attempts.saturating_sub(1);
    if resent > 0 {
        span.record("http.request.resend_count", resent);
    }
    if let Err(error) = outcome {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", display(error.kind()));
        if let Some(status) = error.status() {
            span.record("http.response.status_code", status.as_u16());
        }
        if let Some(id) = error.request_id() {
            span.record("barcode_cloud.request_id", id);
        }
    }
    count(operation, outcome.as_ref().err(), resent, took);
}

#[cfg(feature = "metrics")]
fn count(operation: &Operation, error: Option<&Error>, resent: u32, took: Duration) {
    let mut labels = vec![
        metrics::Label::from_static_parts("http.request.method", operation.method),
        metrics::Label::from_static_parts("barcode_cloud.operation", operation.id),
    ];
    if resent > 0 {
        metrics::counter!("barcode_cloud.resent_requests", labels.clone()).increment(resent.into());
    }
    if let Some(error) = error {
        labels.push(metrics::Label::new("error.type", error.kind()));
    }
    metrics::histogram!("http.client.request.duration", labels).record(took.as_secs_f64());
}

#[cfg(not(feature = "metrics"))]
fn count(_: &Operation, _: Option<&Error>, _: u32, _: Duration) {}
