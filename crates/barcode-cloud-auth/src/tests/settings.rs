//! The settings of the builder and their defaults. No request is sent, because the provider hangs.

use std::future::pending;
use std::net::TcpListener;
use std::time::Duration;

use tokio::time::Instant;

use super::script::{Provider, millis, secs};
use crate::{ClientCredentials, ErrorKind, TokenSource, TokenSourceBuilder};

fn hanging() -> TokenSourceBuilder {
    TokenSource::builder("https://login.example.com/token", Provider(pending))
}

/// Returns how the wait for a token failed, and how long it took.
async fn failure(builder: TokenSourceBuilder) -> (ErrorKind, Duration) {
    let begin = Instant::now();
    let error = builder.build().unwrap().token().await.unwrap_err();
    (error.kind(), begin.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_whole_fetch_takes_at_most_its_timeout() {
    let (kind, elapsed) = failure(hanging().caller_wait(millis(30_100))).await;
    assert_eq!((kind, elapsed.as_secs()), (ErrorKind::Timeout, 30));
    let short = hanging().fetch_timeout(secs(2)).caller_wait(millis(2_100));
    let (kind, elapsed) = failure(short).await;
    assert_eq!((kind, elapsed.as_secs()), (ErrorKind::Timeout, 2));
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_at_most_its_limit() {
    let (_, elapsed) = failure(hanging()).await;
    assert_eq!(elapsed.as_secs(), 35);
    let (kind, elapsed) = failure(hanging().caller_wait(secs(1))).await;
    assert_eq!((kind, elapsed.as_secs()), (ErrorKind::WaitTimeout, 1));
}

/// Returns a builder for an endpoint that accepts connections and sends nothing.
fn silent(scheme: &str) -> (TcpListener, TokenSourceBuilder) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}/token", listener.local_addr().unwrap());
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    let builder = TokenSource::builder(url, credentials).allow_insecure_loopback(true);
    let http = reqwest::Client::builder().no_proxy();
    (listener, builder.http(http))
}

#[tokio::test(start_paused = true)]
async fn a_request_takes_at_most_ten_seconds_and_a_connection_three() {
    for (scheme, limit) in [("http", 10), ("https", 3)] {
        let (_listener, builder) = silent(scheme);
        let (kind, elapsed) = failure(builder.caller_wait(secs(limit) + millis(100))).await;
        assert_eq!((kind, elapsed.as_secs()), (ErrorKind::Timeout, limit), "{scheme}");
    }
}

#[test]
fn each_setter_sets_its_setting() {
    let text = format!("{:?}", hanging());
    for default in ["renew_before: 300s, stop_before: 10s", "caller_wait: 35s", "auth_style: Post"]
    {
        assert!(text.contains(default), "{text}");
    }
    let text = format!("{:?}", hanging().renew_before(secs(7)).stop_before(secs(3)));
    assert!(text.contains("renew_before: 7s, stop_before: 3s"), "{text}");
    let endless = hanging()
        .attempt_timeout(Duration::MAX)
        .fetch_timeout(Duration::MAX)
        .caller_wait(Duration::MAX);
    let text = format!("{endless:?}");
    assert!(text.contains("attempt: 86400s, fetch: 86400s"), "{text}");
    assert!(text.contains("caller_wait: 86400s"), "{text}");
}

#[test]
fn a_form_parameter_with_a_reserved_name_is_rejected() {
    for name in [
        "",
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "Grant_Type",
        "scope",
    ] {
        let builder = hanging().form_parameter("audience", "a").form_parameter(name, "hidden");
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{name}");
        let text = error.to_string();
        assert!(text.contains(&format!("{name:?}")) && !text.contains("hidden"), "{text}");
    }
}
