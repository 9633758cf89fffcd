//! The spans and metrics of a call. They have OpenTelemetry's names and contain neither secrets nor
//! barcode data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::{fmt, io};

use barcode_cloud::{Client, ClientCredentials, EncodeBarcodeType, ImageSource, Retry};
use futures_util::StreamExt as _;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::raw::RawServer;
use crate::service::with_static_token;

/// Records every field of every span and event of the facade.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<BTreeMap<String, String>>>);

impl Recorded {
    fn field(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }

    fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }
}

impl Subscriber for Recorded {
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

impl Visit for Recorded {
    fn record_u64(&mut self, field: &Field, value: u64) {
        let is_exported = field.name().contains('.');
        assert!(!is_exported, "`tracing-opentelemetry` exports unsigned {field} as text");
        self.record_debug(field, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}").trim_matches('"').to_owned();
        let before = self.0.lock().unwrap().insert(field.name().to_owned(), text);
        let is_exported = field.name().contains('.');
        assert!(before.is_none() || !is_exported, "exporters do not replace the value of {field}");
    }
}

/// A client whose token endpoint is on the same server.
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
    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).retry(Retry::default()).build().unwrap();
    let recorded = Recorded::default();
    let image = ImageSource::url("https://images.example/private.png");
    client.scan(image).send().with_subscriber(recorded.clone()).await.unwrap();
    for (name, value) in [
        ("otel.name", "GET /v4.0/barcode/scan"),
        ("otel.kind", "client"),
        ("barcode_cloud.operation", "scan"),
        ("barcode_cloud.request_id", "r-1"),
        ("http.request.method", "GET"),
        ("http.request.resend_count", "1"),
        ("http.response.status_code", "200"),
        ("url.full", &format!("{}/barcode/scan", server.base_url())),
        ("url.template", "/v4.0/barcode/scan"),
        ("server.address", "127.0.0.1"),
        ("server.port", &server.port().to_string()),
    ] {
        assert_eq!(recorded.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(recorded.field("error.type"), None);
    for hidden in ["token", "private", "found"] {
        assert!(!recorded.text().contains(hidden), "{}", recorded.text());
    }
}

#[tokio::test]
async fn a_call_of_the_generated_client_has_the_same_span() {
    let server = RawServer::start_busy_once().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let recorded = Recorded::default();
    let request = client.api().scan().file_url("https://images.example/private.png");
    request.send().with_subscriber(recorded.clone()).await.unwrap();
    for (name, value) in [
        ("otel.name", "GET /v4.0/barcode/scan"),
        ("barcode_cloud.operation", "scan"),
        ("barcode_cloud.request_id", "r-1"),
        ("http.request.resend_count", "1"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(recorded.field(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(recorded.field("error.type"), None);
    assert!(!recorded.text().contains("private"), "{}", recorded.text());
}

#[tokio::test]
async fn the_span_of_a_failed_call_has_the_kind_of_the_error() {
    let server = RawServer::start(|mut request| async move {
        let body = r#"{"error":{"code":"c","message":"m"}}"#;
        request.respond(400, "", "application/json", body).await;
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let recorded = Recorded::default();
    let call = client.generate(EncodeBarcodeType::Qr, "private").send();
    call.with_subscriber(recorded.clone()).await.unwrap_err();
    assert_eq!(recorded.field("error.type").as_deref(), Some("400"));
    assert_eq!(recorded.field("otel.status_code").as_deref(), Some("ERROR"));
    assert_eq!(recorded.field("http.response.status_code").as_deref(), Some("400"));
    assert_eq!(recorded.field("http.request.resend_count"), None);
    assert_eq!(recorded.field("url.template").as_deref(), Some("/v4.0/barcode/generate-body"));
    assert!(!recorded.text().contains("private"), "{}", recorded.text());
}

#[tokio::test]
async fn the_status_of_an_invalid_response_is_recorded_once() {
    let server = RawServer::start(|mut request| async move {
        match request.head.contains("x-request-id: half") {
            true => request.respond_with_half("image/png").await,
            false => request.respond(200, "", "text/html", "<html>").await,
        }
    })
    .await;
    let retry = Retry::default().lost_responses(true);
    let client = with_static_token(&server.base_url()).retry(retry).build().unwrap();
    for (id, error, resent) in
        [("page", "invalid_response", None), ("half", "transport", Some("2"))]
    {
        let recorded = Recorded::default();
        let call = client.generate(EncodeBarcodeType::Qr, "x").request_id(id).send();
        call.with_subscriber(recorded.clone()).await.unwrap_err();
        assert_eq!(recorded.field("error.type").as_deref(), Some(error));
        assert_eq!(recorded.field("http.response.status_code").as_deref(), Some("200"), "{id}");
        assert_eq!(recorded.field("http.request.resend_count").as_deref(), resent, "{id}");
    }
}

#[tokio::test]
async fn a_status_of_the_token_endpoint_is_not_recorded_as_the_apis() {
    let server = RawServer::start(|mut request| async move {
        let body = r#"{"error":"invalid_client"}"#;
        request.respond(400, "", "application/json", body).await;
    })
    .await;
    let client = client_with_tokens_of(&server.base_url());
    let recorded = Recorded::default();
    let call = client.generate(EncodeBarcodeType::Qr, "x").send();
    let error = call.with_subscriber(recorded.clone()).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
    assert_eq!(recorded.field("error.type").as_deref(), Some("auth"));
    assert_eq!(recorded.field("otel.status_code").as_deref(), Some("ERROR"));
    assert_eq!(recorded.field("http.response.status_code"), None);
}

#[tokio::test]
async fn the_span_of_a_dropped_call_is_recorded_as_cancelled() {
    let arrived = Arc::new(tokio::sync::Notify::new());
    let came = arrived.clone();
    let server = RawServer::start(move |_request| {
        let came = came.clone();
        async move {
            came.notify_one();
            std::future::pending::<()>().await;
        }
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let recorded = Recorded::default();
    let call = client.generate(EncodeBarcodeType::Qr, "x").send();
    tokio::select! {
        biased;
        _ = call.with_subscriber(recorded.clone()) => unreachable!("the server does not respond"),
        () = arrived.notified() => {}
    }
    assert_eq!(recorded.field("error.type").as_deref(), Some("cancelled"));
    assert_eq!(recorded.field("otel.status_code"), None);
}

#[tokio::test]
async fn the_span_of_a_stream_records_how_the_stream_ended() {
    let server = RawServer::start(|mut request| async move {
        match request.head.contains("x-request-id: half") {
            true => request.respond_with_half("image/png").await,
            false => request.respond(200, "", "image/svg+xml", "<svg/>").await,
        }
    })
    .await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    for (id, read, expected) in [
        ("whole", true, None),
        ("whole", false, Some("cancelled")),
        ("half", true, Some("transport")),
    ] {
        let recorded = Recorded::default();
        let call = async {
            let request = client.generate(EncodeBarcodeType::Qr, "x").request_id(id);
            let mut stream = request.stream().await.unwrap();
            while read && stream.next().await.is_some_and(|piece| piece.is_ok()) {}
        };
        call.with_subscriber(recorded.clone()).await;
        assert_eq!(recorded.field("error.type").as_deref(), expected, "{id} {read}");
    }
}

/// The text that a subscriber has logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn one_event_says_how_a_call_ended() {
    for (retry, [start, end]) in [
        (Retry::default(), [r#"operation="scan" status=200 attempts=2 duration="#, "s"]),
        (Retry::none(), [r#"operation="scan" status=503 attempts=1 duration="#, r#"error="503""#]),
    ] {
        let server = RawServer::start_busy_once().await;
        let client = with_static_token(&server.base_url()).retry(retry).build().unwrap();
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(Level::DEBUG);
        let subscriber = subscriber.with_writer(move || writer.clone()).finish();
        let image = ImageSource::url("https://images.example/private.png");
        let call = client.scan(image).send().with_subscriber(subscriber).await;
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("the call ended")).collect();
        let [line] = lines[..] else { panic!("{log}") };
        assert!(line.contains(start) && line.ends_with(end), "{line}");
        assert_eq!(line.contains("error="), call.is_err(), "{line}");
        assert!(!log.contains("private"), "{log}");
    }
}

#[tokio::test]
async fn barcode_data_is_recorded_only_if_enabled() {
    let server = RawServer::start_with_barcode().await;
    for enabled in [false, true] {
        let client = with_static_token(&server.base_url()).trace_data(enabled).build().unwrap();
        let recorded = Recorded::default();
        let image = ImageSource::url("https://images.example/label.png");
        client.scan(image).send().with_subscriber(recorded.clone()).await.unwrap();
        assert_eq!(recorded.field("data").as_deref(), enabled.then_some("found"));
    }
}

#[test]
fn calls_and_retries_are_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut port = 0;
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let server = RawServer::start_busy_once().await;
            let client = with_static_token(&server.base_url()).build().unwrap();
            let image = || ImageSource::url("https://images.example/label.png");
            client.scan(image()).send().await.unwrap();
            client.generate(EncodeBarcodeType::Qr, "x").send().await.unwrap_err();
            // This call is dropped while its request is in flight.
            let call = client.scan(image()).send();
            assert!(futures_util::FutureExt::now_or_never(call).is_none());
            port = server.port();
        });
    });
    let mut summary: Vec<_> = snapshotter
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
    summary.sort();
    let summary: Vec<_> = summary
        .iter()
        .map(|(name, labels, count)| (name.as_str(), labels.as_str(), *count))
        .collect();
    assert_eq!(
        summary,
        [
            ("barcode_cloud.resent_requests", "GET scan 127.0.0.1 PORT", 1),
            ("http.client.request.duration", "GET scan 127.0.0.1 PORT 200", 1),
            ("http.client.request.duration", "GET scan 127.0.0.1 PORT cancelled", 1),
            (
                "http.client.request.duration",
                "POST generate_body 127.0.0.1 PORT 200 invalid_response",
                1
            ),
        ]
    );
}
