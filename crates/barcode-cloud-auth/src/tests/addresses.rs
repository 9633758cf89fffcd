//! The URLs that the builder accepts and rejects.

use crate::{ClientCredentials, ErrorKind, TokenSource};

fn builds(token_url: &str, loopback: bool) -> bool {
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    let builder = TokenSource::builder(token_url, credentials).allow_insecure_loopback(loopback);
    let built = builder.build();
    if let Err(error) = &built {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{token_url}");
        assert!(error.is_permanent());
    }
    built.is_ok()
}

#[test]
fn token_urls_are_https_or_loopback_by_opt_in() {
    for (url, strict, loopback) in [
        ("https://login.example.com/token", true, true),
        ("https://login.example.com/token?tenant=x", true, true),
        ("https://127.0.0.1:8443/token", true, true),
        ("http://login.example.com/token", false, false),
        ("http://127.0.0.1:8080/token", false, true),
        ("http://127.1.2.3/token", false, true),
        ("http://[::1]:8080/token", false, true),
        ("http://localhost/token", false, true),
        ("http://localhost.example.com/token", false, false),
        ("http://128.0.0.1/token", false, false),
        ("https://id@login.example.com/token", false, false),
        ("https://id:secret@login.example.com/token", false, false),
        ("https://login.example.com/token#part", false, false),
        ("https://login.example.com/token#", false, false),
        ("ftp://login.example.com/token", false, false),
        ("file:///token", false, false),
        ("login.example.com/token", false, false),
        ("", false, false),
    ] {
        assert_eq!(builds(url, false), strict, "{url}");
        assert_eq!(builds(url, true), loopback, "{url}, loopback allowed");
    }
}

#[test]
fn the_api_origin_is_checked_like_the_token_url() {
    for (url, loopback, good) in [
        ("https://api.example.com", false, true),
        ("http://api.example.com", true, false),
        ("http://127.0.0.1:8080", false, false),
        ("http://127.0.0.1:8080", true, true),
        ("https://user@api.example.com", false, false),
        ("api.example.com", false, false),
    ] {
        let builder = TokenSource::static_token("abc").api_origin(url);
        assert_eq!(builder.allow_insecure_loopback(loopback).build().is_ok(), good, "{url}");
    }
}

#[test]
fn a_static_token_must_fit_a_header() {
    for (token, good) in [("abc", true), ("", false), ("a\nb", false), ("a b", false), ("ä", false)]
    {
        assert_eq!(TokenSource::static_token(token).build().is_ok(), good, "{token:?}");
    }
}

#[test]
fn endless_limits_do_not_overflow() {
    use std::time::Duration;
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    let source = TokenSource::builder("https://127.0.0.1:1/token", credentials)
        .connect_timeout(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .fetch_timeout(Duration::MAX)
        .caller_wait(Duration::MAX)
        .renew_before(Duration::MAX)
        .stop_before(Duration::MAX)
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(source.token_within(Duration::from_secs(1)));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Transport);
}
