//! A web service that generates QR codes, and exports its traces with OpenTelemetry and its metrics
//! to Prometheus.
//!
//! The environment contains the credentials, and the base URL of a sandbox. Spans are printed to
//! standard output; a real service sends them to a collector. Prints the address that it listens on
//! to standard error.

use std::sync::Arc;

use anyhow::Result;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use barcode_cloud::{Client, EncodeBarcodeType};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The bucket boundaries that OpenTelemetry recommends for `http.client.request.duration`.
const SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

struct Service {
    client: Client,
    metrics: PrometheusHandle,
}

#[derive(Deserialize)]
struct Parameters {
    data: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    export_traces();
    // The client describes its metrics when it is built, so the recorder is installed before.
    let metrics = export_metrics()?;
    let service = Arc::new(Service { client: Client::from_env()?, metrics });
    let router = Router::new()
        .route("/qr", get(qr_code))
        .route("/metrics", get(metrics_page))
        .with_state(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

fn export_traces() {
    let exporter = opentelemetry_stdout::SpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
    // Without a filter, the spans have the events of the HTTP library too.
    let filter = Targets::new()
        .with_target("barcode_cloud", LevelFilter::INFO)
        .with_target("barcode_cloud_auth", LevelFilter::INFO);
    let tracer = provider.tracer("qr-service");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_filter(filter);
    tracing_subscriber::registry().with(layer).init();
}

fn export_metrics() -> Result<PrometheusHandle> {
    let duration = Matcher::Full("http.client.request.duration".to_owned());
    let exporter = PrometheusBuilder::new()
        // Appends units and `_total` to the names, as Prometheus and OpenTelemetry recommend.
        .with_recommended_naming(true)
        .set_buckets_for_metric(duration, &SECONDS)?
        .install_recorder()?;
    metrics::describe_counter!(
        "barcode_cloud_auth.token_requests",
        "Requests that were sent to the token endpoint"
    );
    metrics::describe_counter!(
        "barcode_cloud_auth.token_failures",
        "Attempts to obtain a token that failed"
    );
    Ok(exporter)
}

async fn metrics_page(State(service): State<Arc<Service>>) -> String {
    let tokens = service.client.token_source().metrics();
    metrics::counter!("barcode_cloud_auth.token_requests").absolute(tokens.fetches);
    metrics::counter!("barcode_cloud_auth.token_failures").absolute(tokens.failures);
    service.metrics.run_upkeep();
    service.metrics.render()
}

async fn qr_code(
    State(service): State<Arc<Service>>,
    Query(parameters): Query<Parameters>,
) -> impl IntoResponse {
    let image = service.client.generate(EncodeBarcodeType::Qr, parameters.data).await;
    match image {
        Ok(image) => {
            ([(CONTENT_TYPE, image.media_type().to_owned())], image.into_bytes()).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
