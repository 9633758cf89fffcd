//! Client authentication with a TLS certificate, against a server that requires one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use barcode_cloud_auth::{
    AccessToken, AuthStyle, ClientCredentials, Error, ErrorKind, TokenSource,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Identity;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::endpoint::response;
use crate::private_key_jwt::{pem, pkcs8};
use crate::wire::form;

/// A certificate authority, and certificates that it issues.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    fn identity(&self) -> Identity {
        let (certificate, key) = self.issue("weather-station");
        let text = pem("CERTIFICATE", certificate.der()) + &pkcs8(&key);
        Identity::from_pem(text.as_bytes()).unwrap()
    }

    fn server_config(&self) -> ServerConfig {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let (certificate, key) = self.issue("localhost");
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap()
    }
}

/// Asks a server that trusts `authority` for a token, and returns what it read.
async fn ask(
    authority: &Authority,
    identity: Option<Identity>,
) -> (Result<AccessToken, Error>, String) {
    let acceptor = TlsAcceptor::from(Arc::new(authority.server_config()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let read = Arc::new(Mutex::new(String::new()));
    let request = Arc::clone(&read);
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(socket).await else {
                continue;
            };
            let mut buffer = [0; 4096];
            // The last parameter of the form ends the request.
            while !request.lock().unwrap().ends_with("client_id=weather+station") {
                let count = stream.read(&mut buffer).await.unwrap();
                *request.lock().unwrap() += str::from_utf8(&buffer[..count]).unwrap();
            }
            let body = r#"{"access_token":"abc","token_type":"bearer"}"#;
            stream.write_all(&response("200 OK", "", body)).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    let root = reqwest::Certificate::from_der(authority.0.der()).unwrap();
    let mut http = reqwest::Client::builder().no_proxy().tls_certs_only([root]);
    if let Some(identity) = identity {
        http = http.identity(identity);
    }
    let credentials = ClientCredentials::tls_client_auth("weather station").unwrap();
    let source = TokenSource::builder(format!("https://localhost:{port}/token"), credentials)
        // The style is for secrets only.
        .auth_style(AuthStyle::Basic)
        .http(http)
        .caller_wait(Duration::from_secs(3))
        .build()
        .unwrap();
    let answer = source.token().await;
    let read = read.lock().unwrap().clone();
    (answer, read)
}

#[tokio::test]
async fn a_client_with_a_certificate_sends_its_id_and_no_secret() {
    let authority = Authority::new();
    let (answer, request) = ask(&authority, Some(authority.identity())).await;
    assert_eq!(answer.unwrap().header_value(), "Bearer abc");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(!head.to_lowercase().contains("authorization"));
    let pairs = [("grant_type", "client_credentials"), ("client_id", "weather station")];
    assert_eq!(form(body), pairs.map(|(name, value)| (name.into(), value.into())));
}

#[tokio::test]
async fn a_client_without_an_accepted_certificate_gets_no_token() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for identity in [None, Some(stranger.identity())] {
        let (answer, request) = ask(&authority, identity).await;
        assert_eq!((answer.unwrap_err().kind(), request.as_str()), (ErrorKind::Transport, ""));
    }
}

#[test]
fn an_empty_client_id_is_rejected() {
    let error = ClientCredentials::tls_client_auth("").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
}
