//! Connecting to each kind of server, and what happens when a server fails.

use std::time::Duration;

use barcode_cloud::auth::TokenStore;
use barcode_cloud_redis::{Error, Redis, RedisTokenStore, Unavailable};
use tokio::time::sleep;

use crate::server::{Server, free_port};

/// Asks Redis again until it is used again. The health check of the handle sets the pace.
pub(crate) async fn until_available(redis: &Redis) {
    while redis.ping().await.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_killed_server_is_not_asked_for_a_while_and_is_used_again_after_a_restart() {
    let Some(mut server) = Server::start().await else { return };
    let redis = server.connect();
    redis.ping().await.unwrap();
    server.kill();
    assert!(matches!(redis.ping().await, Err(Unavailable::Failed(_))));
    assert!(matches!(redis.ping().await, Err(Unavailable::Paused)));
    assert_eq!(redis.failures(), 1);
    server.restart().await;
    until_available(&redis).await;
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_was_idle_is_replaced() {
    let Some(server) = Server::start().await else { return };
    let redis = server.connect();
    redis.ping().await.unwrap();
    server.command(&["client", "kill", "type", "normal"]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    redis.ping().await.unwrap();
    assert_eq!(redis.failures(), 0);
}

#[tokio::test]
async fn a_server_that_does_not_respond_costs_at_most_the_response_timeout() {
    let Some(server) = Server::start().await else { return };
    let redis = Redis::single(server.url());
    let redis = redis.response_timeout(Duration::from_millis(50)).build().unwrap();
    redis.ping().await.unwrap();
    server.pause();
    assert!(matches!(redis.ping().await, Err(Unavailable::ResponseTimeout(_))));
    assert!(matches!(redis.ping().await, Err(Unavailable::Paused)));
    server.resume();
    until_available(&redis).await;
}

#[tokio::test]
async fn the_password_is_taken_from_the_url_or_the_setter_and_is_not_shown() {
    let Some(server) = Server::start_with(&["--requirepass", "hunter2"]).await else { return };
    let in_url = format!("redis://:hunter2@127.0.0.1:{}", server.port);
    let builders = [
        Redis::single(in_url),
        Redis::single(server.url()).credentials(None, "hunter2"),
        Redis::single(server.url()).credentials(Some("default".to_owned()), "hunter2"),
    ];
    for builder in builders {
        assert!(!format!("{builder:?}").contains("hunter2"));
        let redis = builder.build().unwrap();
        redis.ping().await.unwrap();
        assert!(!format!("{redis:?}").contains("hunter2"));
    }
    assert!(matches!(server.connect().ping().await, Err(Unavailable::Failed(_))));
    let wrong = Redis::single(server.url()).credentials(None, "hunter3").build().unwrap();
    let error = wrong.ping().await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter3"));
}

#[tokio::test]
async fn tls_is_used_with_the_given_root_certificate() {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let certificate = write("certificate.pem", signed.cert.pem());
    let key = write("key.pem", signed.signing_key.serialize_pem());
    let port = free_port();
    let port_text = port.to_string();
    let arguments = ["--tls-port", &port_text, "--tls-auth-clients", "no", "--tls-cert-file"];
    let arguments = [&arguments[..], &[&certificate, "--tls-key-file", &key]].concat();
    let Some(_server) = Server::start_with(&arguments).await else { return };
    let url = format!("rediss://localhost:{port}");
    let trusting = Redis::single(&url).root_certificates(signed.cert.pem()).build().unwrap();
    trusting.ping().await.unwrap();
    let distrusting = Redis::single(&url).build().unwrap();
    assert!(matches!(distrusting.ping().await, Err(Unavailable::Failed(_))));
}

#[tokio::test]
async fn a_cluster_is_reached_through_any_of_its_nodes() {
    let Some(server) = Server::start_with(&["--cluster-enabled", "yes"]).await else { return };
    server.command(&["cluster", "addslotsrange", "0", "16383"]);
    while !server.command(&["cluster", "info"]).contains("cluster_state:ok") {
        sleep(Duration::from_millis(10)).await;
    }
    let redis = Redis::cluster([server.url()]).build().unwrap();
    redis.ping().await.unwrap();
    // Scripts run on the node of their key.
    let store = RedisTokenStore::new(&redis);
    assert!(store.replace("key", None, b"value", Duration::from_secs(60)).await.unwrap());
    assert_eq!(store.get("key").await.unwrap().unwrap().bytes, b"value");
}

#[tokio::test]
async fn sentinel_names_the_primary() {
    let Some(primary) = Server::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("sentinel.conf");
    let monitor = format!("sentinel monitor barcodes 127.0.0.1 {} 1\n", primary.port);
    std::fs::write(&settings, monitor).unwrap();
    let arguments = [settings.to_str().unwrap(), "--sentinel"];
    let Some(sentinel) = Server::start_with(&arguments).await else { return };
    let redis = Redis::sentinel("barcodes", [sentinel.url()]).build().unwrap();
    redis.ping().await.unwrap();
    let unknown = Redis::sentinel("labels", [sentinel.url()]).build().unwrap();
    assert!(matches!(unknown.ping().await, Err(Unavailable::Failed(_))));
}

#[test]
fn invalid_settings_are_named() {
    let valid = || Redis::single("redis://127.0.0.1:1");
    let zero = Duration::ZERO;
    let cases = [
        (Redis::single("http://127.0.0.1"), "URL 1 of Redis is invalid"),
        (Redis::cluster(["redis://127.0.0.1:1", "none"]), "URL 2 of Redis is invalid"),
        (Redis::cluster(Vec::<String>::new()), "there is no URL"),
        (valid().response_timeout(zero), "response_timeout is 0ns and must be more than zero"),
        (valid().connect_timeout(zero), "connect_timeout is 0ns"),
        (valid().namespace("a{b}"), "the namespace is empty or contains a brace"),
        (valid().namespace(""), "the namespace is empty"),
        (valid().root_certificates("x"), "the settings of Redis cannot be used together"),
    ];
    for (builder, message) in cases {
        let error: Error = builder.build().expect_err(message);
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
