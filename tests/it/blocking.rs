//! Blocking calls, from a plain thread and within a runtime.

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use barcode_cloud::{
    BarcodeImageFormat, Client, Config, DecodeBarcodeType, EncodeBarcodeType, ImageSource, Retry,
};
use barcode_cloud_sandbox::Sandbox;
use serde_json::json;
use tracing::Subscriber;
use tracing::span::{Attributes, Id};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use crate::service::with_static_token;

/// Starts a sandbox on its own runtime, and creates a client for it.
fn sandbox() -> (tokio::runtime::Runtime, Sandbox, Client) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start()).unwrap();
    let config: Config = serde_json::from_value(json!({
        "base_url": sandbox.base_url(),
        "token_url": sandbox.token_url(),
        "client_id": sandbox.client_id(),
        "client_secret": sandbox.client_secret(),
    }))
    .unwrap();
    (runtime, sandbox, Client::from_config(config).unwrap())
}

#[test]
fn images_are_generated_saved_and_read() {
    let (_runtime, _sandbox, client) = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let request = || client.generate(EncodeBarcodeType::Code128, "PARCEL-0042");
    let image = request().send_blocking().unwrap();
    let (first, second) = (folder.path().join("1.png"), folder.path().join("2.gif"));
    image.save_blocking(&first).unwrap();
    assert_eq!(&std::fs::read(&first).unwrap(), image.bytes());
    let saved = request().format(BarcodeImageFormat::Gif).save_blocking(&second).unwrap();
    assert_eq!(saved.length(), std::fs::metadata(&second).unwrap().len());
    for path in [&first, &second] {
        let read =
            client.recognize(path.as_path()).types([DecodeBarcodeType::Code128]).send_blocking();
        assert_eq!(read.unwrap()[0].value, "PARCEL-0042");
        assert_eq!(client.scan(path.as_path()).send_blocking().unwrap()[0].value, "PARCEL-0042");
    }
    let error = client
        .generate(EncodeBarcodeType::Ean13, "no digits")
        .unchecked()
        .send_blocking()
        .unwrap_err();
    assert_eq!(error.status().unwrap(), 400);
}

#[test]
fn an_image_is_downloaded_and_uploaded_as_a_stream() {
    let (_runtime, _sandbox, client) = sandbox();
    let request = client.generate(EncodeBarcodeType::Qr, "by reader");
    let whole = request.clone().send_blocking().unwrap();
    let mut reader = request.stream_blocking().unwrap();
    assert_eq!(reader.media_type(), "image/png");
    assert_eq!(reader.length(), Some(whole.bytes().len() as u64));
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    assert_eq!(&read, whole.bytes());
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    let length = read.len() as u64;
    let image = ImageSource::blocking_reader(std::io::Cursor::new(read), length);
    assert_eq!(client.scan(image).send_blocking().unwrap()[0].value, "by reader");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_call_within_a_runtime_does_not_panic() {
    let client = Client::from_config(
        serde_json::from_value(json!({
            "base_url": "http://127.0.0.1:9/v4.0", "client_id": "id", "client_secret": "secret",
            "token_url": "http://127.0.0.1:9/connect/token",
            // The token request is retried until then.
            "timeouts": {"call": "1s"},
        }))
        .unwrap(),
    )
    .unwrap();
    let error = client.scan(b"image".to_vec()).send_blocking().unwrap_err();
    assert!(error.is_auth(), "{error:?}");
    drop(client);
}

/// Records the name of the parent of each call's span.
#[derive(Clone, Default)]
struct Parents(Arc<Mutex<Vec<Option<&'static str>>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Parents {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == "barcode_cloud.call" {
            let parent = context.span(id).unwrap().parent();
            let parent = parent.map(|span| span.name());
            self.0.lock().unwrap().push(parent);
        }
    }
}

#[test]
fn the_span_of_a_call_is_a_child_of_the_callers_span() {
    let client = with_static_token("http://127.0.0.1:9/v4.0").retry(Retry::none()).build().unwrap();
    let scan = || client.scan(b"image".to_vec());
    let parents = Parents::default();
    let subscriber = tracing_subscriber::registry().with(parents.clone());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("one").in_scope(|| scan().send_blocking().unwrap_err());
        tracing::info_span!("stream").in_scope(|| {
            let request = client.generate(EncodeBarcodeType::Qr, "x");
            request.stream_blocking().unwrap_err();
        });
        scan().send_blocking().unwrap_err();
    });
    assert_eq!(*parents.0.lock().unwrap(), [Some("one"), Some("stream"), None]);
}
