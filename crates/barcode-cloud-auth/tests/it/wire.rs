//! Token requests as the server receives them.

use std::io::Write;

use barcode_cloud_auth::{AuthStyle, ErrorKind, TokenSource};
use futures_util::future::join_all;
use url::form_urlencoded;

use crate::endpoint::{Endpoint, response};

/// All printable ASCII characters, and some others.
fn awkward() -> String {
    (' '..='~').chain("ä€😀+ %&:=".chars()).collect()
}

pub(crate) fn form(body: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn id_and_secret_arrive_as_sent_in_the_form() {
    let endpoint = Endpoint::granting();
    let source = endpoint.builder_for(&awkward(), &awkward()).scope("a b").build().unwrap();
    assert_eq!(source.token().await.unwrap().header_value(), "Bearer abc");
    let request = &endpoint.requests()[0];
    let pairs = [
        ("grant_type", "client_credentials"),
        ("scope", "a b"),
        ("client_id", &awkward()),
        ("client_secret", &awkward()),
    ];
    assert_eq!(form(&request.body), pairs.map(|(name, value)| (name.into(), value.into())));
    assert!(request.body.is_ascii() && !request.body.contains(' '));
    let head = request.head.to_lowercase();
    assert!(head.starts_with("post /token http/1.1\r\n"));
    assert!(head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n"));
    assert!(head.contains("\r\naccept: application/json\r\n"));
    assert!(!head.contains("authorization"));
}

#[tokio::test]
async fn an_error_names_the_request_id_of_the_response() {
    let too_long = "x".repeat(65 * 1024);
    let responses = [
        ("400 Bad Request", r#"{"error":"invalid_scope"}"#),
        ("200 OK", "<html>"),
        ("200 OK", &too_long),
    ];
    // All at once, because callers wait for retries of a retryable failure.
    let errors = responses.map(async |(status, body)| {
        let endpoint = Endpoint::responding(status, "X-Request-Id: r-1\r\n", body);
        let source = endpoint.builder().build().unwrap();
        source.token().await.unwrap_err()
    });
    for error in join_all(errors).await {
        assert_eq!(error.request_id(), Some("r-1"), "{error}");
    }
}

#[tokio::test]
async fn the_granted_scope_is_the_one_in_the_response_or_else_the_requested_one() {
    for (requested, granted, scope) in [
        (Some("a b"), "", Some("a b")),
        (Some("a b"), r#","scope":"a""#, Some("a")),
        (None, r#","scope":"a""#, Some("a")),
        (None, "", None),
    ] {
        let body = format!(r#"{{"access_token":"abc","token_type":"bearer"{granted}}}"#);
        let endpoint = Endpoint::responding("200 OK", "", &body);
        let mut builder = endpoint.builder();
        if let Some(requested) = requested {
            builder = builder.scope(requested);
        }
        let token = builder.build().unwrap().token().await.unwrap();
        assert_eq!(token.scope(), scope, "{requested:?} {granted}");
    }
}

#[tokio::test]
async fn id_and_secret_arrive_as_sent_in_the_basic_header() {
    use base64::Engine;

    let endpoint = Endpoint::granting();
    let builder = endpoint.builder_for(&awkward(), &awkward());
    builder.auth_style(AuthStyle::Basic).build().unwrap().token().await.unwrap();
    let request = &endpoint.requests()[0];
    assert_eq!(form(&request.body), [("grant_type".into(), "client_credentials".into())]);
    let line = request.head.lines().find(|line| line.to_lowercase().starts_with("authorization"));
    let encoded = line.unwrap().split_once("Basic ").unwrap().1;
    let pair = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    let pair = String::from_utf8(pair).unwrap();
    // Some servers decode percent signs only.
    assert!(pair.contains("%20") && !pair.contains('+'), "{pair}");
    let halves = pair.split_once(':').unwrap();
    let decode = |half: &str| form(half)[0].0.clone();
    // The `=` in the text is encoded, so each half is parsed as one name without a value.
    assert_eq!((decode(halves.0), decode(halves.1)), (awkward(), awkward()));
}

#[tokio::test]
async fn extra_parameters_arrive_in_the_form_and_may_repeat() {
    let endpoint = Endpoint::granting();
    let builder = endpoint.builder().form_parameter("audience", "https://a.example/?x=1&y");
    let builder =
        builder.form_parameter("resource", "urn:one").form_parameter("resource", "urn:two");
    builder.build().unwrap().token().await.unwrap();
    let form = form(&endpoint.requests()[0].body);
    let pairs = [
        ("grant_type", "client_credentials"),
        ("audience", "https://a.example/?x=1&y"),
        ("resource", "urn:one"),
        ("resource", "urn:two"),
        ("client_id", "id"),
        ("client_secret", "secret"),
    ];
    assert_eq!(form, pairs.map(|(name, value)| (name.into(), value.into())));
}

#[tokio::test]
async fn the_other_auth_style_is_not_tried_after_a_rejection() {
    let endpoint = Endpoint::responding("401 Unauthorized", "", r#"{"error":"invalid_client"}"#);
    let error = endpoint.token().await.unwrap_err();
    assert_eq!(error.oauth_error(), Some("invalid_client"));
    assert_eq!(endpoint.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_secret() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let other = Endpoint::granting();
        let location = format!("Location: {}\r\n", other.url());
        let first = Endpoint::responding(status, &location, "");
        let error = first.token().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.status().unwrap().as_str(), &status[..3]);
        assert!(error.to_string().contains("final address"), "{error}");
        assert_eq!((first.requests().len(), other.requests().len()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn a_client_that_follows_redirects_does_not_follow_them_here() {
    let other = Endpoint::granting();
    let first =
        Endpoint::responding("307 Temporary", &format!("Location: {}\r\n", other.url()), "");
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(10));
    let source = first.builder().http(http).build().unwrap();
    assert!(source.token().await.is_err());
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn a_second_runtime_shares_no_connection_with_the_first() {
    let body = r#"{"access_token":"abc","token_type":"bearer","expires_in":0}"#;
    let result = response("200 OK", "Connection: keep-alive\r\n", body);
    let endpoint = Endpoint::keeping_alive(move |socket| drop(socket.write_all(&result)));
    let source = endpoint.builder().build().unwrap();
    // Both runtimes exist until the end. A pooled connection of the first one would not make
    // progress while the second one runs.
    let runtimes = [(); 2]
        .map(|()| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    for (generation, runtime) in (1..).zip(&runtimes) {
        let token = runtime.block_on(source.token()).unwrap();
        assert_eq!(token.generation(), generation);
    }
    let requests = endpoint.requests();
    assert_eq!(requests.len(), 2);
    assert_ne!(requests[0].peer, requests[1].peer);
}

#[tokio::test]
async fn the_header_goes_to_the_configured_origin_only() {
    let source = TokenSource::static_token("abc").api_origin("https://api.example.com/v4").build();
    let source = source.unwrap();
    for (url, authorized) in [
        ("https://api.example.com/v4/x", true),
        ("https://api.example.com:443/", true),
        ("https://API.example.com/", true),
        ("https://api.example.com:8443/", false),
        ("http://api.example.com/", false),
        ("https://api.example.com.evil.example/", false),
        ("https://evil.example/?https://api.example.com", false),
        ("https://api.example.com@evil.example/", false),
    ] {
        let mut request = reqwest::Request::new(reqwest::Method::GET, url.parse().unwrap());
        let result = source.authorize(&mut request).await;
        assert_eq!(result.is_ok(), authorized, "{url}");
        assert_eq!(request.headers().contains_key("authorization"), authorized, "{url}");
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::ForeignOrigin);
        }
    }
}

#[tokio::test]
async fn without_an_origin_the_header_goes_to_encrypted_requests_only() {
    for (url, loopback, authorized) in [
        ("https://anywhere.example/", false, true),
        ("http://anywhere.example/", true, false),
        ("http://127.0.0.1:8080/", false, false),
        ("http://127.0.0.1:8080/", true, true),
    ] {
        let source = TokenSource::static_token("abc").allow_insecure_loopback(loopback);
        let mut request = reqwest::Request::new(reqwest::Method::GET, url.parse().unwrap());
        let result = source.build().unwrap().authorize(&mut request).await;
        assert_eq!(result.is_ok(), authorized, "{url} {loopback}");
    }
}
