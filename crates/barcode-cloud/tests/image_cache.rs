//! Which calls are sent to the service, and which get an image from the cache. A middleware stands
//! in for the service.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use barcode_cloud::cache::{CacheFuture, CacheKey, EncryptedCache, ImageCache, MemoryCache};
use barcode_cloud::middleware::{
    Extensions, Middleware, Next, Request, Response, async_trait, http,
};
use barcode_cloud::{
    Client, EncodeBarcodeType, Error, Generate, ImageOrigin, QrErrorLevel, QrOptions, Retry,
    TokenSource,
};
use bytes::Bytes;
use tokio::sync::Semaphore;

const SVG: &str = "<svg></svg>";

/// Answers each request once a permit of `answers` is there: with status 500 if its number is in
/// `failing`, else with an image.
#[derive(Clone)]
struct Service {
    requests: Arc<AtomicUsize>,
    answers: Arc<Semaphore>,
    failing: &'static [usize],
}

impl Service {
    fn new(answers: usize, failing: &'static [usize]) -> Self {
        let requests = Arc::default();
        Self { requests, answers: Arc::new(Semaphore::new(answers)), failing }
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn client(&self, cache: impl ImageCache) -> Client {
        let url = "https://barcodes.example.com/v4.0";
        let tokens = TokenSource::static_token("token").api_origin(url).build().unwrap();
        let builder = Client::builder().token_source(tokens).base_url(url).retry(Retry::none());
        builder.middleware(self.clone()).image_cache(cache).build().unwrap()
    }
}

#[async_trait]
impl Middleware for Service {
    async fn handle(
        &self,
        _: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> barcode_cloud::middleware::Result<Response> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        self.answers.acquire().await.unwrap().forget();
        let response = http::Response::builder().header("content-type", "image/svg+xml");
        let response = match self.failing.contains(&number) {
            true => response.status(500).body(""),
            false => response.body(SVG),
        };
        Ok(response.unwrap().into())
    }
}

fn memory() -> MemoryCache {
    MemoryCache::new(1 << 20, Duration::from_secs(3600))
}

fn code(client: &Client) -> Generate {
    client.generate(EncodeBarcodeType::Qr, "equal")
}

/// Starts a call, and returns after it waits.
async fn start(client: &Client) -> tokio::task::JoinHandle<Result<barcode_cloud::Image, Error>> {
    let call = tokio::spawn(code(client).send());
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    call
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_equal_calls_send_one_request() {
    let service = Service::new(0, &[]);
    let client = service.client(memory());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        calls.spawn(code(&client).send());
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    service.answers.add_permits(10_000);
    let images = calls.join_all().await;
    let generated = images.iter().filter(|image| {
        let image = image.as_ref().unwrap();
        assert_eq!((image.bytes().as_ref(), image.media_type()), (SVG.as_bytes(), "image/svg+xml"));
        image.origin() == ImageOrigin::Service
    });
    assert_eq!((generated.count(), service.requests()), (1, 1));
}

#[tokio::test]
async fn only_equal_requests_share_an_image() {
    let service = Service::new(100, &[]);
    let client = service.client(memory());
    let level = |level| code(&client).qr(QrOptions::new().error_level(level));
    let requests = || {
        [
            code(&client),
            client.generate(EncodeBarcodeType::Qr, "other"),
            client.generate(EncodeBarcodeType::Aztec, "equal"),
            level(QrErrorLevel::LevelH),
            level(QrErrorLevel::LevelL),
        ]
    };
    for (request, origin) in requests().into_iter().map(|request| (request, ImageOrigin::Service)) {
        assert_eq!(request.send().await.unwrap().origin(), origin);
    }
    for request in requests() {
        assert_eq!(request.send().await.unwrap().origin(), ImageOrigin::Cache);
    }
    assert_eq!(service.requests(), 5);
    let skipped = code(&client).skip_cache().send().await.unwrap();
    assert_eq!((skipped.origin(), service.requests()), (ImageOrigin::Service, 6));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_is_sent_when_the_first_one_fails() {
    let service = Service::new(0, &[0]);
    let client = service.client(memory());
    let first = start(&client).await;
    let second = start(&client).await;
    let third = start(&client).await;
    assert_eq!(service.requests(), 1);
    service.answers.add_permits(3);
    assert!(matches!(first.await.unwrap(), Err(Error::Api(_))));
    assert_eq!(second.await.unwrap().unwrap().origin(), ImageOrigin::Service);
    assert_eq!(third.await.unwrap().unwrap().origin(), ImageOrigin::Cache);
    assert_eq!(service.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_is_sent_when_the_first_one_is_dropped() {
    let service = Service::new(0, &[]);
    let client = service.client(memory());
    let first = start(&client).await;
    let second = start(&client).await;
    first.abort();
    service.answers.add_permits(2);
    assert_eq!(second.await.unwrap().unwrap().origin(), ImageOrigin::Service);
    assert_eq!(service.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn waiting_counts_toward_the_deadline_of_a_call() {
    let service = Service::new(0, &[]);
    let client = service.client(memory());
    let _first = start(&client).await;
    let second = code(&client).timeout(Duration::from_secs(2)).send().await;
    assert!(matches!(second, Err(Error::Timeout { limit, .. }) if limit.as_secs() == 2));
    assert_eq!(service.requests(), 1);
}

/// A cache whose operations fail, or never end.
#[derive(Debug)]
struct BrokenCache {
    hangs: bool,
}

impl BrokenCache {
    fn fail<T: Send>(&self) -> CacheFuture<'_, T> {
        Box::pin(async {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            Err("scripted".into())
        })
    }
}

impl ImageCache for BrokenCache {
    fn get<'a>(&'a self, _: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        self.fail()
    }

    fn put<'a>(&'a self, _: &'a CacheKey, _: Bytes) -> CacheFuture<'a, ()> {
        self.fail()
    }

    fn claim<'a>(&'a self, _: &'a CacheKey, _: u64, _: Duration) -> CacheFuture<'a, bool> {
        self.fail()
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_cache_fails_no_call() {
    for hangs in [false, true] {
        let service = Service::new(100, &[]);
        let client = service.client(BrokenCache { hangs });
        for _ in 0..2 {
            let image = code(&client).send().await.unwrap();
            assert_eq!(image.origin(), ImageOrigin::Service);
        }
        assert_eq!(service.requests(), 2);
    }
}

/// A cache that returns foreign bytes.
#[derive(Debug)]
struct ForeignCache;

impl ImageCache for ForeignCache {
    fn get<'a>(&'a self, _: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        Box::pin(async { Ok(Some(Bytes::from_static(b"\x01 foreign"))) })
    }

    fn put<'a>(&'a self, _: &'a CacheKey, _: Bytes) -> CacheFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn foreign_bytes_are_not_an_image() {
    let service = Service::new(100, &[]);
    let client = service.client(ForeignCache);
    assert_eq!(code(&client).send().await.unwrap().origin(), ImageOrigin::Service);
}

#[tokio::test]
async fn an_encrypted_cache_is_used_like_any_other() {
    let service = Service::new(100, &[]);
    let client = service.client(EncryptedCache::new(memory(), &[7; 32]).unwrap());
    for origin in [ImageOrigin::Service, ImageOrigin::Cache] {
        assert_eq!(code(&client).send().await.unwrap().origin(), origin);
    }
}

/// A cache in which another process stores the image, and gives up its claim, between the first
/// lookup of this process and its claim.
#[derive(Debug)]
struct LateCache {
    stored: MemoryCache,
    image: Bytes,
}

impl ImageCache for LateCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        self.stored.get(key)
    }

    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        self.stored.put(key, entry)
    }

    fn claim<'a>(&'a self, key: &'a CacheKey, _: u64, _: Duration) -> CacheFuture<'a, bool> {
        Box::pin(async {
            self.stored.put(key, self.image.clone()).await?;
            Ok(true)
        })
    }
}

/// Keeps the entry that is stored last.
#[derive(Debug, Clone, Default)]
struct Recorder(Arc<Mutex<Bytes>>);

impl ImageCache for Recorder {
    fn get<'a>(&'a self, _: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        Box::pin(async { Ok(None) })
    }

    fn put<'a>(&'a self, _: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        *self.0.lock().unwrap() = entry;
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn an_image_that_was_stored_before_the_claim_is_not_generated_again() {
    let service = Service::new(100, &[]);
    let recorder = Recorder::default();
    code(&service.client(recorder.clone())).send().await.unwrap();
    let image = recorder.0.lock().unwrap().clone();
    let client = service.client(LateCache { stored: memory(), image });
    assert_eq!(code(&client).send().await.unwrap().origin(), ImageOrigin::Cache);
    assert_eq!(service.requests(), 1);
}

/// A cache whose claims never expire. Its later claims hang if `hangs` is set.
#[derive(Debug)]
struct ClaimedCache {
    stored: MemoryCache,
    holder: Mutex<Option<u64>>,
    hangs: bool,
}

impl ClaimedCache {
    fn new(hangs: bool) -> Self {
        Self { stored: memory(), holder: Mutex::new(None), hangs }
    }
}

impl ImageCache for ClaimedCache {
    fn get<'a>(&'a self, key: &'a CacheKey) -> CacheFuture<'a, Option<Bytes>> {
        self.stored.get(key)
    }

    fn put<'a>(&'a self, key: &'a CacheKey, entry: Bytes) -> CacheFuture<'a, ()> {
        self.stored.put(key, entry)
    }

    fn claim<'a>(&'a self, _: &'a CacheKey, holder: u64, _: Duration) -> CacheFuture<'a, bool> {
        Box::pin(async move {
            let known = self.holder.lock().unwrap().replace(holder);
            if self.hangs && known.is_some() {
                std::future::pending::<()>().await;
            }
            Ok(known.is_none_or(|known| known == holder))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_claim_of_a_dropped_call_passes_to_the_next_call_of_the_process() {
    let service = Service::new(0, &[]);
    let client = service.client(ClaimedCache::new(false));
    let first = start(&client).await;
    let second = start(&client).await;
    first.abort();
    service.answers.add_permits(2);
    let second = tokio::time::timeout(Duration::from_millis(1), second).await.unwrap();
    assert_eq!(second.unwrap().unwrap().origin(), ImageOrigin::Service);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_cannot_be_prolonged_does_not_delay_the_image() {
    let service = Service::new(0, &[]);
    let client = service.client(ClaimedCache::new(true));
    let call = start(&client).await;
    // The claim is being prolonged now.
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    service.answers.add_permits(1);
    let image = tokio::time::timeout(Duration::from_millis(1), call).await.unwrap();
    assert_eq!(image.unwrap().unwrap().origin(), ImageOrigin::Service);
}
