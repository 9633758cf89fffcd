//! The span of a token request, and the names in events.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use barcode_cloud_auth::{
    ClientCredentials, IssuedToken, TokenEndpoint, TokenFuture, TokenRequest, TokenSource,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Instrument as _, Subscriber, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::endpoint::Endpoint;
use crate::secrets::Log;

#[derive(Debug, Clone)]
struct SeenSpan {
    id: Id,
    name: &'static str,
    is_root: bool,
    follows: Option<Id>,
    fields: BTreeMap<&'static str, String>,
}

/// Records all spans, including those that ended.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<SeenSpan>>>);

impl Spans {
    fn edit(&self, id: &Id, edit: impl FnOnce(&mut SeenSpan)) {
        let mut spans = self.0.lock().unwrap();
        edit(spans.iter_mut().rfind(|span| span.id == *id).unwrap());
    }

    fn dispatch(&self) -> Dispatch {
        Dispatch::new(tracing_subscriber::registry().with(self.clone()))
    }

    /// The spans of token requests.
    fn requests(&self) -> Vec<SeenSpan> {
        let mut spans = self.0.lock().unwrap().clone();
        spans.retain(|span| span.name == "barcode_cloud_auth.token_request");
        spans
    }
}

impl Visit for SeenSpan {
    fn record_u64(&mut self, field: &Field, _: u64) {
        panic!("`tracing-opentelemetry` exports unsigned {field} as text");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}").trim_matches('"').to_owned();
        self.fields.insert(field.name(), text);
    }
}

impl<S: Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut span = SeenSpan {
            id: id.clone(),
            name: attributes.metadata().name(),
            is_root: attributes.is_root(),
            follows: None,
            fields: BTreeMap::new(),
        };
        attributes.record(&mut span);
        self.0.lock().unwrap().push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.edit(id, |span| values.record(span));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: Context<'_, S>) {
        self.edit(id, |span| span.follows = Some(follows.clone()));
    }
}

/// Requests a token within a span. Returns the spans of the requests, and the id of that span.
async fn spans_of_a_call(endpoint: &Endpoint) -> (Vec<SeenSpan>, Id) {
    let spans = Spans::default();
    let dispatch = spans.dispatch();
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let source = endpoint.builder().caller_wait(Duration::from_secs(3));
    let source = source.build().unwrap();
    let call = info_span!("call");
    let id = call.id().unwrap();
    // These tests do not check whether there is a token.
    let _ = source.token().instrument(call).await;
    (spans.requests(), id)
}

#[tokio::test]
async fn a_token_request_has_a_root_span_that_follows_from_the_call() {
    let endpoint = Endpoint::granting();
    let (requests, call) = spans_of_a_call(&endpoint).await;
    assert_eq!(requests.len(), 1);
    let span = &requests[0];
    assert!(span.is_root);
    assert_eq!(span.follows, Some(call));
    let port = endpoint.port().to_string();
    let name = format!("127.0.0.1:{port}/token");
    for (name, value) in [
        ("otel.name", "POST token"),
        ("otel.kind", "client"),
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("url.full", &format!("http://{name}")),
        ("endpoint", &name),
        ("client_id", "id"),
    ] {
        assert_eq!(span.fields.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(span.fields.get("error.type"), None);
    assert_eq!(span.fields.get("otel.status_code"), None);
}

#[tokio::test]
async fn a_failed_token_request_records_its_status_and_how_it_failed() {
    for (status, body, code, error) in [
        ("400 Bad", r#"{"error":"invalid_client"}"#, "400", "invalid_client"),
        ("404 Missing", "", "404", "404"),
        ("200 OK", "<html>", "200", "invalid_response"),
    ] {
        let (requests, _) = spans_of_a_call(&Endpoint::responding(status, "", body)).await;
        let span = &requests[0];
        let field = |name| span.fields.get(name).map(String::as_str);
        assert_eq!(field("http.response.status_code"), Some(code), "{status}");
        assert_eq!(field("error.type"), Some(error), "{status}");
        assert_eq!(field("otel.status_code"), Some("ERROR"), "{status}");
    }
    let (requests, _) = spans_of_a_call(&Endpoint::start(|_| {})).await;
    let span = &requests[0];
    assert_eq!(span.fields.get("http.response.status_code"), None);
    assert_eq!(span.fields["error.type"], "transport");
}

#[tokio::test]
async fn a_token_request_that_times_out_says_so() {
    let endpoint = Endpoint::start(|_| std::thread::sleep(Duration::from_secs(60)));
    let spans = Spans::default();
    let dispatch = spans.dispatch();
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let short = Duration::from_millis(300);
    let source = endpoint.builder().attempt_timeout(short).build().unwrap();
    source.token().await.unwrap_err();
    assert_eq!(spans.requests()[0].fields["error.type"], "timeout");
}

#[derive(Debug)]
struct Store;

impl TokenEndpoint for Store {
    fn fetch<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async { Ok(IssuedToken::new("abc", Duration::from_secs(3600))?) })
    }
}

#[tokio::test]
async fn the_span_of_a_custom_endpoint_has_its_name_and_no_fields_of_http() {
    let spans = Spans::default();
    let dispatch = spans.dispatch();
    let _guard = tracing::dispatcher::set_default(&dispatch);
    let source = TokenSource::from_endpoint(Store).build().unwrap();
    source.token().await.unwrap();
    let fields = &spans.requests()[0].fields;
    let names: Vec<_> = fields.keys().copied().collect();
    assert_eq!(names, ["endpoint", "otel.kind", "otel.name"]);
    assert_eq!(fields["otel.name"], "token");
    assert!(fields["endpoint"].ends_with("::Store"), "{fields:?}");
}

#[tokio::test]
async fn events_and_spans_name_the_endpoint_and_the_client_but_no_query() {
    let granted = r#"{"access_token":"abc","token_type":"bearer","expires_in":3600}"#;
    let refused = r#"{"error":"invalid_client"}"#;
    for (status, body, message) in [
        ("200 OK", granted, "access token obtained"),
        ("400 Bad Request", refused, "no new access token"),
    ] {
        let endpoint = Endpoint::responding(status, "X-Request-Id: r-1\r\n", body);
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let url = format!("{}?tenant=hidden", endpoint.url());
        let credentials = ClientCredentials::new("weather-station", "secret").unwrap();
        let source = TokenSource::builder(url, credentials).allow_insecure_loopback(true);
        let source = source.build().unwrap();
        if let Ok(token) = source.token().await {
            source.invalidate(&token);
        }
        drop(guard);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let own = log.lines().filter(|line| line.contains(" barcode_cloud_auth::"));
        let name = format!("endpoint=\"127.0.0.1:{}/token\"", endpoint.port());
        assert!(own.clone().count() >= 2, "{log}");
        assert!(own.clone().all(|line| line.contains(&name)), "{log}");
        let event = own.clone().find(|line| line.contains(message)).unwrap();
        assert!(event.contains("client_id=\"weather-station\""), "{event}");
        assert_eq!(event.contains("request_id=\"r-1\""), status != "200 OK", "{event}");
        assert!(!own.collect::<String>().contains("hidden"), "{log}");
    }
}
