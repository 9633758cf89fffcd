//! TLS with the generated certificate.

use std::time::Duration;

use barcode_cloud_sandbox::Sandbox;
use reqwest::{Certificate, Client};

use crate::caller::{Caller, send};

#[tokio::test]
async fn a_client_that_trusts_the_ca_can_use_the_sandbox_with_tls() {
    let builder = Sandbox::builder().tls(true).allow_host("sandbox.example.");
    let caller = Caller::of(builder).await;
    for url in [caller.sandbox.base_url(), caller.sandbox.token_url(), caller.sandbox.page_url()] {
        assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    }
    let image = caller.image("QR", &[("data", "x")]).await;
    caller.assert_reads("QR", "x", image).await;

    let ca = Certificate::from_pem(caller.sandbox.ca_certificate().unwrap().as_bytes()).unwrap();
    let port = caller.sandbox.port();
    let address = ([127, 0, 0, 1], port).into();
    let http = Client::builder().no_proxy().tls_certs_only([ca]);
    let http = http.resolve("sandbox.example", address).resolve("other.example", address);
    let http = http.build().unwrap();
    let health = |host: &str| http.get(format!("https://{host}:{port}/_sandbox/health"));
    for host in ["localhost", "sandbox.example"] {
        assert_eq!(send(health(host)).await.status(), 200, "{host}");
    }
    assert!(health("other.example").send().await.unwrap_err().is_connect());
    let stranger = Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(caller.sandbox.page_url()).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn faults_reset_connections_with_tls_too() {
    let caller = Caller::of(Sandbox::builder().tls(true)).await;
    let request = caller.get("/barcode/generate/QR?data=x").header("x-sandbox-fault", "reset");
    assert!(request.send().await.is_err());
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_ca() {
    let seeded = || Sandbox::builder().tls(true).seed(1);
    let earlier = seeded().start().await.unwrap();
    let later = Caller::of(seeded()).await;
    let ca = Certificate::from_pem(earlier.ca_certificate().unwrap().as_bytes()).unwrap();
    let http = Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    assert_eq!(send(http.get(later.sandbox.page_url())).await.status(), 200);
}

#[tokio::test]
async fn a_connection_without_a_handshake_does_not_delay_the_stop() {
    let sandbox = Sandbox::builder().tls(true).start().await.unwrap();
    let silent = tokio::net::TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    // Shorter than the time that a stop waits for requests in flight.
    let stopped = tokio::time::timeout(Duration::from_secs(5), sandbox.stop()).await;
    assert!(stopped.is_ok());
    drop(silent);
}
