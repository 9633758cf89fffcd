//! A TLS server with a certificate that no system trusts.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::raw::FOUND;

/// Starts a server that responds to each request with one barcode. Returns its base URL and its
/// certificate as PEM.
pub(crate) async fn server() -> (String, String) {
    let (listener, acceptor, base_url, pem) = listen(&[]).await;
    response(listener, acceptor);
    (base_url, pem)
}

/// Starts the same server, but requires a client certificate. Returns the base URL, the server's
/// certificate, and a PEM file with the certificate and the key of the client.
pub(crate) async fn server_with_client_auth() -> (String, String, String) {
    let client = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
    let mut trusted = RootCertStore::empty();
    trusted.add(client.cert.der().clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(trusted), provider);
    let (listener, acceptor, base_url, pem) =
        listen_with_verifier(&[], verifier.build().unwrap()).await;
    response(listener, acceptor);
    let identity = pem_of("CERTIFICATE", client.cert.der())
        + &pem_of("PRIVATE KEY", &client.signing_key.serialize_der());
    (base_url, pem, identity)
}

/// Responds with one barcode on each connection.
fn response(listener: TcpListener, acceptor: TlsAcceptor) {
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(socket).await else {
                continue;
            };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
            let response = format!("{head}content-length: {}\r\n\r\n{FOUND}", FOUND.len());
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
}

/// Starts a server that supports only HTTP/2 and reads each request completely before it responds.
pub(crate) async fn http2() -> (String, String) {
    let (listener, acceptor, base_url, pem) = listen(&[b"h2"]).await;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(socket).await else {
                continue;
            };
            let connection = http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service_fn(found));
            tokio::spawn(connection);
        }
    });
    (base_url, pem)
}

async fn found(request: Request<Incoming>) -> Result<Response<String>, hyper::Error> {
    request.into_body().collect().await?;
    let mut response = Response::new(FOUND.to_owned());
    let media_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    Ok(response)
}

/// A loopback listener that offers `protocols`, with its base URL and its certificate.
pub(crate) async fn listen(protocols: &[&[u8]]) -> (TcpListener, TlsAcceptor, String, String) {
    listen_with_verifier(protocols, WebPkiClientVerifier::no_client_auth()).await
}

async fn listen_with_verifier(
    protocols: &[&[u8]],
    clients: Arc<dyn ClientCertVerifier>,
) -> (TcpListener, TlsAcceptor, String, String) {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate.cert.der().clone()], key.into())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let pem = pem_of("CERTIFICATE", certificate.cert.der());
    let base_url = format!("https://localhost:{port}/v4.0");
    (listener, acceptor, base_url, pem)
}

fn pem_of(label: &str, der: &[u8]) -> String {
    let der = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{der}\n-----END {label}-----\n")
}
