//! Images that real processes share.

use std::process::Stdio;
use std::time::Duration;

use barcode_cloud::auth::TokenSource;
use barcode_cloud::cache::{CacheKey, EncryptedCache, ImageCache as _};
use barcode_cloud::{Client, EncodeBarcodeType, ImageOrigin};
use barcode_cloud_redis::{Redis, RedisImageCache};
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::process::{only_fleet, own_process};
use crate::server::Server;
use crate::service::Service;

const URL: &str = "IMAGES_TEST_URL";
const REDIS: &str = "IMAGES_TEST_REDIS";
const DATA: &str = "Jane Doe, 1 Main Street";

fn client(url: &str, redis: &Redis) -> Client {
    let images = RedisImageCache::new(redis, Duration::from_secs(60), 1 << 20);
    let tokens = TokenSource::static_token("token").api_origin(url).allow_insecure_loopback(true);
    Client::builder()
        .token_source(tokens.build().unwrap())
        .base_url(url)
        .image_cache(EncryptedCache::new(images, &[7; 32]).unwrap())
        .build()
        .unwrap()
}

/// Not a test: one of the processes of the test below.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the tests of this module start it"]
async fn process_of_the_fleet() {
    let Ok(url) = std::env::var(URL) else { return };
    let redis = Redis::single(std::env::var(REDIS).unwrap());
    // Twenty processes start at once, on any machine.
    let redis =
        redis.response_timeout(Duration::from_secs(60)).connect_timeout(Duration::from_secs(60));
    let client = client(&url, &redis.build().unwrap());
    let mut calls = JoinSet::new();
    for _ in 0..500 {
        calls.spawn(client.generate(EncodeBarcodeType::Qr, DATA).send());
    }
    for image in calls.join_all().await {
        image.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_equal_calls_of_twenty_processes_are_billed_once() {
    let _only = only_fleet().await;
    let Some(redis) = Server::start().await else { return };
    let service = Service::start(1000.0).await;
    let start = |_| {
        own_process("images::process_of_the_fleet")
            .env(URL, service.url())
            .env(REDIS, redis.url())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..20).map(start).collect();
    for mut process in processes {
        let status = tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
        assert!(status.success());
    }
    let (accepted, rejected, _) = service.take();
    assert_eq!((accepted, rejected), (1.0, 0.0));
    let keys = redis.command(&["keys", "*"]);
    let dump: Vec<String> = keys.lines().map(|key| redis.command(&["get", key])).collect();
    let dump = format!("{keys}{}", dump.concat());
    for readable in ["Jane", "Main Street", "image/png", "PNG", "IHDR"] {
        assert!(!dump.contains(readable), "{readable}: {dump}");
    }
}

#[tokio::test]
async fn a_claim_has_one_holder_and_expires() {
    let Some(server) = Server::start().await else { return };
    let images = RedisImageCache::new(&server.connect(), Duration::from_secs(60), 100);
    let key = CacheKey::new([1; 32]);
    let (short, long) = (Duration::from_millis(50), Duration::from_secs(60));
    assert!(images.claim(&key, 1, long).await.unwrap());
    assert!(images.claim(&key, 1, long).await.unwrap(), "a claim can be prolonged");
    assert!(!images.claim(&key, 2, long).await.unwrap());
    images.release(&key, 2).await.unwrap();
    assert!(!images.claim(&key, 2, long).await.unwrap(), "only the holder gives it up");
    images.release(&key, 1).await.unwrap();
    assert!(images.claim(&key, 2, short).await.unwrap());
    while !images.claim(&key, 1, long).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    images.put(&key, Bytes::from(vec![0; 100])).await.unwrap();
    assert_eq!(images.get(&key).await.unwrap().unwrap().len(), 100);
    let other = CacheKey::new([2; 32]);
    images.put(&other, Bytes::from(vec![0; 101])).await.unwrap();
    assert_eq!(images.get(&other).await.unwrap(), None, "the entry is too large");
}

#[tokio::test]
async fn without_redis_images_are_generated() {
    let Some(mut server) = Server::start().await else { return };
    let service = Service::start(1000.0).await;
    let client = client(&service.url(), &server.connect());
    let generate = || client.generate(EncodeBarcodeType::Qr, DATA).send();
    assert_eq!(generate().await.unwrap().origin(), ImageOrigin::Service);
    assert_eq!(generate().await.unwrap().origin(), ImageOrigin::Cache);
    server.command(&["flushall"]);
    assert_eq!(generate().await.unwrap().origin(), ImageOrigin::Service);
    server.kill();
    assert_eq!(generate().await.unwrap().origin(), ImageOrigin::Service);
    server.restart().await;
    // The first image after the outage is stored.
    while generate().await.unwrap().origin() == ImageOrigin::Service {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
