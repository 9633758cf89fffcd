//! The token store, with many sources in this process and with many processes.

use std::time::Duration;

use barcode_cloud::auth::{Expected, TokenStore};
use barcode_cloud::{Client, ClientCredentials};
use barcode_cloud_redis::RedisTokenStore;
use barcode_cloud_sandbox::Sandbox;

use crate::server::Server;

#[tokio::test]
async fn a_value_is_replaced_only_if_it_is_the_expected_one() {
    let Some(server) = Server::start().await else { return };
    let store = RedisTokenStore::new(&server.connect());
    assert_eq!(store.get("key").await.unwrap(), None);
    let hour = Duration::from_secs(3600);
    let expected =
        |bytes, seconds| Some(Expected { bytes, remaining: Duration::from_secs(seconds) });
    // Values may have any bytes, and may be empty.
    for (expected, value, replaced) in [
        (expected(b"", 0), &b"\0\xff"[..], false),
        (None, b"\0\xff", true),
        (None, b"2", false),
        (expected(b"\0", 0), b"2", false),
        (expected(b"\0\xff", 3601), b"2", false),
        (expected(b"\0\xff", 3000), b"", true),
        (None, b"3", false),
        (expected(b"", 0), b"4", true),
    ] {
        let result = store.replace("key", expected, value, hour).await.unwrap();
        assert_eq!(result, replaced, "{expected:?}");
    }
    let stored = store.get("key").await.unwrap().unwrap();
    assert_eq!(stored.bytes, b"4");
    assert!(stored.remaining <= hour && stored.remaining > hour / 2, "{:?}", stored.remaining);
    // A key that another program wrote has no expiry, and can be replaced.
    server.command(&["persist", "barcode-cloud:1:{key}:token"]);
    let stored = store.get("key").await.unwrap().unwrap();
    assert_eq!(stored.remaining, Duration::ZERO);
    assert!(store.replace("key", expected(b"4", 0), b"5", hour).await.unwrap());
}

#[tokio::test]
async fn clients_of_the_facade_share_a_token() {
    let Some(server) = Server::start().await else { return };
    let sandbox = Sandbox::start().await.unwrap();
    let credentials = ClientCredentials::new(sandbox.client_id(), sandbox.client_secret()).unwrap();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let client = Client::builder()
            .credentials(credentials.clone())
            .base_url(sandbox.base_url())
            .token_url(sandbox.token_url())
            .token_store(RedisTokenStore::new(&server.connect()))
            .build()
            .unwrap();
        tokens.push(client.token_source().token().await.unwrap().header_value().clone());
    }
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(sandbox.requests().len(), 1);
}
