//! TLS: the secret is sent only to a server with the name in the URL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use barcode_cloud_auth::{AccessToken, ClientCredentials, Error, ErrorKind, TokenSource};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::endpoint::response;

/// Requests a token from a server on `localhost` whose trusted certificate is for `name`. Returns
/// the number of bytes that the server could read, too.
async fn request_token_from_server_named(name: &str) -> (Result<AccessToken, Error>, usize) {
    let certificate = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key.into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/token", listener.local_addr().unwrap().port());
    let read = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&read);
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        // A client that rejects the certificate connects again.
        let mut stream = loop {
            let (socket, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(socket).await {
                break stream;
            }
        };
        let mut buffer = [0; 4096];
        count.fetch_add(stream.read(&mut buffer).await.unwrap_or(0), Ordering::SeqCst);
        let body = r#"{"access_token":"abc","token_type":"bearer"}"#;
        let _ = stream.write_all(&response("200 OK", "", body)).await;
        let _ = stream.shutdown().await;
    });
    let root = reqwest::Certificate::from_der(certificate.cert.der()).unwrap();
    let source = TokenSource::builder(url, ClientCredentials::new("id", "secret").unwrap())
        .http(reqwest::Client::builder().no_proxy().tls_certs_only([root]))
        .caller_wait(Duration::from_secs(2))
        .build()
        .unwrap();
    (source.token().await, read.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_certificate_for_the_right_name_is_accepted() {
    let (answer, read) = request_token_from_server_named("localhost").await;
    assert_eq!(answer.unwrap().header_value(), "Bearer abc");
    assert!(read > 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_rejected_before_anything_is_sent() {
    let (answer, read) = request_token_from_server_named("other.example").await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(read, 0);
    let mut chain = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = next {
        chain += &error.to_string();
        next = error.source();
    }
    assert!(chain.to_lowercase().contains("certificate"), "{chain}");
}
