//! The telemetry of a call: spans with OpenTelemetry's names and metrics, without secrets and data.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use barcode_cloud::{Client, ClientCredentials, EncodeBarcodeType, ImageSource, Retry};
use futures_util::StreamExt as _;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::raw::Raw;
use crate::service::fixed;

/// Keeps every field of every span and event of the facade.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeMap<String, String>>>);

impl Seen {
    fn field(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("barcode_cloud::")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}").trim_matches('"').to_owned();
        self.0.lock().unwrap().insert(field.name().to_owned(), text);
    }
}

/// A client that gets its tokens from the service itself.
fn client_with_tokens_of(base_url: &str) -> Client {
    Client::builder()
        .base_url(base_url)
        .token_url(base_url.replace("/v4.0", "/connect/token"))
        .credentials(ClientCredentials::new("id", "secret").unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_span_has_opentelemetrys_names_and_no_secret() {
    let server = Raw::busy_once().await;
    let client = fixed(&server.base_url())
        .retry(Retry::default())
        .build()
        .unwrap();
    let seen = Seen::default();
    let image = ImageSource::url("https://pictures.example/private.png");
    client
        .scan(image)
        .send()
        .with_subscriber(seen.clone())
        .await
        .unwrap();
    for (name, value) in [
        ("otel.name", "GET /v4.0/barcode/scan"),
        ("otel.kind", "client"),
        ("barcode_cloud.operation", "scan"),
        ("barcode_cloud.request_id", "r-1"),
        ("http.request.method", "GET"),
        ("http.request.resend_count", "1"),
        ("http.response.status_code", "200"),
        ("url.template", "/v4.0/barcode/scan"),
        ("server.address", "127.0.0.1"),
        ("server.port", &server.port().to_string()),
    ] {
        assert_eq!(seen.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(seen.field("error.type"), None);
    for hidden in ["token", "private", "found"] {
        assert!(!seen.text().contains(hidden), "{}", seen.text());
    }
}

#[tokio::test]
async fn a_call_of_the_generated_client_has_the_same_span() {
    let server = Raw::busy_once().await;
    let client = fixed(&server.base_url()).build().unwrap();
    let seen = Seen::default();
    let request = client
        .api()
        .scan()
        .file_url("https://pictures.example/private.png");
    request.send().with_subscriber(seen.clone()).await.unwrap();
    for (name, value) in [
        ("otel.name", "GET /v4.0/barcode/scan"),
        ("barcode_cloud.operation", "scan"),
        ("barcode_cloud.request_id", "r-1"),
        ("http.request.resend_count", "1"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(seen.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(seen.field("error.type"), None);
    assert!(!seen.text().contains("private"), "{}", seen.text());
}

#[tokio::test]
async fn a_failed_call_says_how_it_failed() {
    let server = Raw::start(|mut request| async move {
        let body = r#"{"error":{"code":"c","message":"m"}}"#;
        request.answer(400, "", "application/json", body).await;
    })
    .await;
    let client = fixed(&server.base_url()).build().unwrap();
    let seen = Seen::default();
    let call = client.generate(EncodeBarcodeType::Qr, "private").send();
    call.with_subscriber(seen.clone()).await.unwrap_err();
    assert_eq!(seen.field("error.type").as_deref(), Some("400"));
    assert_eq!(seen.field("otel.status_code").as_deref(), Some("ERROR"));
    assert_eq!(
        seen.field("http.response.status_code").as_deref(),
        Some("400")
    );
    assert_eq!(seen.field("http.request.resend_count"), None);
    assert_eq!(
        seen.field("url.template").as_deref(),
        Some("/v4.0/barcode/generate-body")
    );
    assert!(!seen.text().contains("private"), "{}", seen.text());
}

#[tokio::test]
async fn a_status_of_the_token_endpoint_is_not_recorded_as_the_apis() {
    let server = Raw::start(|mut request| async move {
        let body = r#"{"error":"invalid_client"}"#;
        request.answer(400, "", "application/json", body).await;
    })
    .await;
    let client = client_with_tokens_of(&server.base_url());
    let seen = Seen::default();
    let call = client.generate(EncodeBarcodeType::Qr, "x").send();
    let error = call.with_subscriber(seen.clone()).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    assert_eq!(seen.field("error.type").as_deref(), Some("auth"));
    assert_eq!(seen.field("otel.status_code").as_deref(), Some("ERROR"));
    assert_eq!(seen.field("http.response.status_code"), None);
}

#[tokio::test]
async fn a_call_that_is_dropped_says_that_it_was_cancelled() {
    let arrived = Arc::new(tokio::sync::Notify::new());
    let came = arrived.clone();
    let server = Raw::start(move |_request| {
        let came = came.clone();
        async move {
            came.notify_one();
            std::future::pending::<()>().await;
        }
    })
    .await;
    let client = fixed(&server.base_url()).build().unwrap();
    let seen = Seen::default();
    let call = client.generate(EncodeBarcodeType::Qr, "x").send();
    tokio::select! {
        biased;
        _ = call.with_subscriber(seen.clone()) => unreachable!("no answer comes"),
        () = arrived.notified() => {}
    }
    assert_eq!(seen.field("error.type").as_deref(), Some("cancelled"));
    assert_eq!(seen.field("otel.status_code"), None);
}

#[tokio::test]
async fn the_span_of_a_stream_says_how_the_stream_ended() {
    let server = Raw::start(|mut request| async move {
        match request.head.contains("x-request-id: half") {
            true => request.half("image/png").await,
            false => request.answer(200, "", "image/svg+xml", "<svg/>").await,
        }
    })
    .await;
    let client = fixed(&server.base_url()).build().unwrap();
    for (id, read, says) in [
        ("whole", true, None),
        ("whole", false, Some("cancelled")),
        ("half", true, Some("transport")),
    ] {
        let seen = Seen::default();
        let call = async {
            let request = client.generate(EncodeBarcodeType::Qr, "x").request_id(id);
            let mut stream = request.stream().await.unwrap();
            while read && stream.next().await.is_some_and(|piece| piece.is_ok()) {}
        };
        call.with_subscriber(seen.clone()).await;
        assert_eq!(seen.field("error.type").as_deref(), says, "{id} {read}");
    }
}

#[tokio::test]
async fn data_is_seen_only_where_it_is_asked_for() {
    let server = Raw::finding().await;
    for asked in [false, true] {
        let client = fixed(&server.base_url()).trace_data(asked).build().unwrap();
        let seen = Seen::default();
        let image = ImageSource::url("https://pictures.example/label.png");
        client
            .scan(image)
            .send()
            .with_subscriber(seen.clone())
            .await
            .unwrap();
        assert_eq!(seen.field("data").as_deref(), asked.then_some("found"));
    }
}

#[test]
fn calls_and_their_repetitions_are_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut port = 0;
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let server = Raw::busy_once().await;
            let client = fixed(&server.base_url()).build().unwrap();
            let image = || ImageSource::url("https://pictures.example/label.png");
            client.scan(image()).send().await.unwrap();
            client
                .generate(EncodeBarcodeType::Qr, "x")
                .send()
                .await
                .unwrap_err();
            // Dropped in flight.
            let call = client.scan(image()).send();
            assert!(futures_util::FutureExt::now_or_never(call).is_none());
            port = server.port();
        });
    });
    let mut told: Vec<_> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let key = key.key().clone();
            let labels: Vec<_> = key
                .labels()
                .map(|label| label.value().replace(&port.to_string(), "PORT"))
                .collect();
            let count = match value {
                DebugValue::Counter(count) => count,
                DebugValue::Histogram(values) => values.len() as u64,
                DebugValue::Gauge(_) => 0,
            };
            (key.name().to_owned(), labels.join(" "), count)
        })
        .collect();
    told.sort();
    let told: Vec<_> = told
        .iter()
        .map(|(name, labels, count)| (name.as_str(), labels.as_str(), *count))
        .collect();
    assert_eq!(
        told,
        [
            (
                "barcode_cloud.resent_requests",
                "GET scan 127.0.0.1 PORT",
                1
            ),
            (
                "http.client.request.duration",
                "GET scan 127.0.0.1 PORT 200",
                1
            ),
            (
                "http.client.request.duration",
                "GET scan 127.0.0.1 PORT cancelled",
                1
            ),
            (
                "http.client.request.duration",
                "POST generate_body 127.0.0.1 PORT 200 invalid_response",
                1
            ),
        ]
    );
}
