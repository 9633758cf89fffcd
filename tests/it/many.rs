//! Several calls at a time: their limits, their results, and dropping them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use barcode_cloud::{
    Client, Deadline, DecodeBarcodeType, EncodeBarcodeType, Error, Generate, ImageSource,
    RenderOptions,
};
use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Semaphore;

use crate::raw::RawServer;
use crate::service::with_static_token;

/// Counts the requests in flight. Each response waits for a permit.
#[derive(Clone)]
struct Backend {
    in_flight: Arc<AtomicUsize>,
    max_in_flight: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
}

impl Backend {
    fn new(permits: usize) -> Self {
        Self {
            in_flight: Arc::default(),
            max_in_flight: Arc::default(),
            permits: Arc::new(Semaphore::new(permits)),
        }
    }

    /// Starts the server. It responds with the data of the request, and rejects the data `bad`.
    async fn server(&self) -> RawServer {
        let backend = self.clone();
        RawServer::start(move |mut request| {
            let backend = backend.clone();
            async move {
                let now = backend.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
                backend.max_in_flight.fetch_max(now, Ordering::SeqCst);
                backend.permits.acquire().await.unwrap().forget();
                backend.in_flight.fetch_sub(1, Ordering::SeqCst);
                let data = request.data();
                match data.as_str() {
                    "bad" => request.respond(400, "", "text/plain", "bad").await,
                    _ => request.respond(200, "", "image/x-echo", &data).await,
                }
            }
        })
        .await
    }

    async fn wait_for(&self, requests: usize) {
        while self.in_flight.load(Ordering::SeqCst) < requests {
            tokio::task::yield_now().await;
        }
    }
}

fn requests(client: &Client, data: impl IntoIterator<Item = String>) -> Vec<Generate> {
    data.into_iter().map(|data| client.generate(EncodeBarcodeType::Qr, data)).collect()
}

#[tokio::test]
async fn buffered_calls_keep_their_order_and_limit_and_continue_after_an_error() {
    let backend = Backend::new(1_000);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let data = (0..100).map(|n| if n == 42 { "bad".into() } else { n.to_string() });
    let calls = stream::iter(requests(&client, data)).map(Generate::send);
    let results: Vec<_> = calls.buffered(7).collect().await;
    assert_eq!(results.len(), 100);
    for (n, result) in results.into_iter().enumerate() {
        match result {
            Ok(image) => assert_eq!(image.bytes(), n.to_string().as_bytes()),
            Err(error) => assert_eq!((n, error.status().unwrap().as_u16()), (42, 400)),
        }
    }
    assert!(backend.max_in_flight.load(Ordering::SeqCst) <= 7);
}

#[tokio::test]
async fn a_client_has_no_more_requests_in_flight_than_its_limit() {
    let backend = Backend::new(0);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).concurrency(3).build().unwrap();
    let calls = requests(&client, (0..20).map(|n| n.to_string()));
    let calls: Vec<_> = calls.into_iter().map(|call| tokio::spawn(call.send())).collect();
    backend.wait_for(3).await;
    backend.permits.add_permits(20);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(backend.max_in_flight.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_stream_keeps_its_permit_until_it_ends_or_is_dropped() {
    let backend = Backend::new(1_000);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).concurrency(1).build().unwrap();
    let request = |data: &str| client.generate(EncodeBarcodeType::Qr, data);
    let kept = request("1").stream().await.unwrap();
    let short = Duration::from_millis(50);
    let error = request("2").timeout(short).send().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    assert_eq!(server.heads().len(), 1, "the second request was not sent");
    drop(kept);
    let mut read = request("3").stream().await.unwrap();
    while read.next().await.is_some() {}
    assert_eq!(request("4").send().await.unwrap().bytes(), "4".as_bytes());
    drop(read);
}

#[tokio::test]
async fn a_call_between_two_responses_does_not_wait_for_spawned_calls() {
    let backend = Backend::new(1_000);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).concurrency(4).build().unwrap();
    let data = (0..30).map(|n| n.to_string());
    let calls = stream::iter(requests(&client, data)).map(|call| tokio::spawn(call.send()));
    let mut results = calls.buffered(8);
    while let Some(response) = results.next().await {
        response.unwrap().unwrap();
        client.generate(EncodeBarcodeType::Qr, "between").send().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_may_be_dropped_while_its_calls_are_in_flight() {
    let backend = Backend::new(0);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).build().unwrap();
    let call = tokio::spawn(client.generate(EncodeBarcodeType::Qr, "x").send());
    backend.wait_for(1).await;
    drop(client);
    backend.permits.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap().bytes(), "x".as_bytes());
}

#[tokio::test]
async fn a_dropped_call_returns_its_permit() {
    let backend = Backend::new(0);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).concurrency(1).build().unwrap();
    let first = tokio::spawn(client.generate(EncodeBarcodeType::Qr, "1").send());
    backend.wait_for(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    backend.permits.add_permits(2);
    let second = client.generate(EncodeBarcodeType::Qr, "2").send().await.unwrap();
    assert_eq!(second.bytes(), "2".as_bytes());
}

/// Calls with invalid input, which fail before a request is sent.
async fn invalid_calls(client: &Client) -> [Error; 4] {
    let generate = || client.generate(EncodeBarcodeType::Qr, "x");
    let resolution = RenderOptions::new().resolution(0.5);
    let several = [DecodeBarcodeType::Qr, DecodeBarcodeType::Aztec];
    let too_long = format!("https://images.example/{}", "x".repeat(70_000));
    [
        generate().render(resolution).send().await.unwrap_err(),
        client.scan(Vec::new()).send().await.unwrap_err(),
        client.scan(ImageSource::url(too_long)).send().await.unwrap_err(),
        client.recognize(vec![0; 22 << 20]).types(several).send().await.unwrap_err(),
    ]
}

#[tokio::test]
async fn an_invalid_call_fails_without_waiting_for_a_permit() {
    let short = Duration::from_millis(50);
    // A call that never ends holds the only permit.
    let backend = Backend::new(0);
    let server = backend.server().await;
    let busy = with_static_token(&server.base_url()).concurrency(1).timeout(short);
    let busy = busy.build().unwrap();
    let long = Duration::from_secs(60);
    let first = busy.generate(EncodeBarcodeType::Qr, "1").timeout(long);
    let first = tokio::spawn(first.send());
    backend.wait_for(1).await;
    for error in invalid_calls(&busy).await {
        assert!(matches!(error, Error::InvalidInput(_)), "{error:?}");
    }
    first.abort();

    // The only permit of this second is in use.
    let backend = Backend::new(1_000);
    let server = backend.server().await;
    let limited = with_static_token(&server.base_url()).requests_per_second(1).timeout(short);
    let limited = limited.build().unwrap();
    let first = limited.generate(EncodeBarcodeType::Qr, "1").timeout(long);
    first.send().await.unwrap();
    for error in invalid_calls(&limited).await {
        assert!(matches!(error, Error::InvalidInput(_)), "{error:?}");
    }
}

#[tokio::test]
async fn the_call_deadline_covers_the_wait_for_a_permit_and_for_the_response() {
    let backend = Backend::new(0);
    let server = backend.server().await;
    let client = with_static_token(&server.base_url()).concurrency(1).build().unwrap();
    let first = tokio::spawn(client.generate(EncodeBarcodeType::Qr, "1").send());
    backend.wait_for(1).await;
    let short = Duration::from_millis(50);
    let second = client.generate(EncodeBarcodeType::Qr, "2").timeout(short).send().await;
    assert!(
        matches!(second, Err(Error::Timeout { deadline: Deadline::Call, limit }) if limit == short),
        "{second:?}"
    );
    first.abort();
    let alone = with_static_token(&server.base_url()).timeout(short).build().unwrap();
    let error = alone.scan(ImageSource::url("https://x.example/?data=1")).send().await.unwrap_err();
    assert!(
        error.is_retryable() && error.to_string().starts_with("the call took longer than 50ms"),
        "{error}"
    );
}

#[test]
fn a_client_outlives_the_runtime_of_its_first_calls() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (servers, first, second) = (runtime(), runtime(), runtime());
    let backend = Backend::new(1);
    let server = servers.block_on(backend.server());
    let client = with_static_token(&server.base_url()).build().unwrap();
    let call = |data: &str| client.generate(EncodeBarcodeType::Qr, data).send();
    first.block_on(call("1")).unwrap();
    // Another call is in flight when its runtime is shut down.
    let lost = first.spawn(call("2"));
    servers.block_on(backend.wait_for(1));
    first.shutdown_background();
    assert!(servers.block_on(lost).unwrap_err().is_cancelled());
    backend.permits.add_permits(2);
    let image = second.block_on(call("3")).unwrap();
    assert_eq!(image.bytes(), "3".as_bytes());
}
