//! Servers that are slow, endless or malformed. Tests that wait for a limit set a low one.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use barcode_cloud_auth::{ClientCredentials, Error, ErrorKind, TokenSource};

use crate::endpoint::{Endpoint, response};

async fn failure(endpoint: &Endpoint) -> Error {
    endpoint.token().await.unwrap_err()
}

async fn failure_within_300_ms(endpoint: &Endpoint) -> Error {
    let builder = endpoint.builder().attempt_timeout(Duration::from_millis(300));
    builder.build().unwrap().token().await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_accepts_and_never_responds_times_out() {
    let endpoint = Endpoint::start(|_| thread::sleep(Duration::from_secs(60)));
    let begin = Instant::now();
    assert_eq!(failure_within_300_ms(&endpoint).await.kind(), ErrorKind::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_sends_one_byte_at_a_time_times_out() {
    let endpoint = Endpoint::start(|socket| {
        let answer = response("200 OK", "", r#"{"access_token":"abc","token_type":"bearer"}"#);
        for byte in answer {
            if socket.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(failure_within_300_ms(&endpoint).await.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn at_most_64_kib_of_an_endless_response_are_read() {
    let endpoint = Endpoint::start(|socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while socket.write_all(&[b' '; 4096]).is_ok() {}
    });
    let error = failure(&endpoint).await;
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(error.to_string().contains("64 KiB"), "{error}");
}

#[tokio::test]
async fn a_response_that_claims_a_gigabyte_is_rejected() {
    let endpoint = Endpoint::start(|socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
        while socket.write_all(&[b' '; 4096]).is_ok() {}
    });
    assert_eq!(failure(&endpoint).await.kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn a_response_of_exactly_64_kib_is_read() {
    let json = r#"{"access_token":"abc","token_type":"bearer"}"#;
    let padded = |length| format!("{json}{}", " ".repeat(length - json.len()));
    let endpoint = Endpoint::responding("200 OK", "", &padded(65_536));
    assert!(endpoint.token().await.is_ok());
    let endpoint = Endpoint::responding("200 OK", "", &padded(65_537));
    assert_eq!(failure(&endpoint).await.kind(), ErrorKind::InvalidResponse);
}

#[tokio::test]
async fn a_web_page_with_status_200_is_not_a_token() {
    let page = "<!DOCTYPE html><html><body>Sign in to the network</body></html>";
    let endpoint = Endpoint::responding("200 OK", "Content-Type: text/html\r\n", page);
    let error = failure(&endpoint).await;
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(error.to_string().contains("not a JSON object"), "{error}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_truncated_response_is_a_connection_error() {
    let endpoint = Endpoint::start(|socket| {
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access");
    });
    let error = failure(&endpoint).await;
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_server_that_never_completes_tls_fails_at_the_connect_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/token", silent.local_addr().unwrap());
    let source = TokenSource::builder(url, ClientCredentials::new("id", "secret").unwrap())
        .connect_timeout(Duration::from_millis(300))
        .caller_wait(Duration::from_secs(1))
        .build()
        .unwrap();
    let begin = Instant::now();
    assert_eq!(source.token().await.unwrap_err().kind(), ErrorKind::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn retry_after_is_read_from_the_headers() {
    let headers = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                   Retry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\n";
    let error = failure(&Endpoint::responding("429 Too Many Requests", headers, "")).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
    assert!(error.is_retryable());
}
