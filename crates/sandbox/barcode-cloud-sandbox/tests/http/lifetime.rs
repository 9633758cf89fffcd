//! Starting, stopping, and the files that are mapped to URLs.

use std::time::Duration;

use barcode_cloud_sandbox::{Error, Sandbox};

use crate::caller::{Caller, barcodes, failure, json, rejection, send};
use crate::raw;

const SCAN: &str = "/barcode/scan?fileUrl=https://example.com/a.png";

#[tokio::test]
async fn a_port_in_use_is_a_clear_error() {
    let first = Sandbox::start().await.unwrap();
    let error = Sandbox::builder().port(first.port()).start().await.unwrap_err();
    assert!(error.is_port_in_use());
    assert!(matches!(error, Error::PortInUse { address, .. } if address.port() == first.port()));
    assert!(error.to_string().contains(&format!("port {} is already taken", first.port())));
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port() {
    for dropped in [false, true] {
        let sandbox = Sandbox::start().await.unwrap();
        let port = sandbox.port();
        if dropped {
            drop(sandbox);
            tokio::time::sleep(Duration::from_millis(50)).await;
        } else {
            sandbox.stop().await;
        }
        let again = Sandbox::builder().port(port).start().await.unwrap();
        assert_eq!(again.port(), port);
    }
}

#[tokio::test]
async fn the_sandbox_runs_until_the_signal_and_completes_requests_in_flight() {
    let Caller { sandbox, http, token, .. } = Caller::new().await;
    let url = format!("{}/barcode/generate/Aztec", sandbox.base_url());
    let (send, signal) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(sandbox.run_until(async { drop(signal.await) }));
    let data = "Long text. ".repeat(100);
    let request = http.get(&url).bearer_auth(&token).query(&[("data", &data)]).send();
    let request = tokio::spawn(request);
    tokio::time::sleep(Duration::from_millis(20)).await;
    send.send(()).unwrap();
    assert_eq!(request.await.unwrap().unwrap().status(), 200);
    running.await.unwrap().unwrap();
    assert!(http.get(&url).send().await.is_err());
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_a_stop() {
    let builder = Sandbox::builder().read_timeout(Duration::from_secs(24 * 60 * 60));
    let caller = Caller::of(builder).await;
    let mut silent = raw::sent(&caller, b"").await;
    let mut slow = raw::sent(&caller, b"GET / HTTP/1.1\r\n").await;
    caller.sandbox.stop().await;
    for stream in [&mut silent, &mut slow] {
        assert_eq!(raw::read(stream).await.0, "");
    }
}

#[tokio::test]
async fn a_request_that_was_sent_before_a_stop_gets_a_response() {
    let caller = Caller::new().await;
    let request = raw::get(&caller, "/barcode/generate/QR?data=1&imageFormat=Svg", "");
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(raw::sent(&caller, &request).await);
    }
    caller.sandbox.stop().await;
    for mut stream in streams {
        let (response, _) = raw::read(&mut stream).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response:.200}");
    }
}

#[tokio::test]
async fn a_request_that_arrives_before_the_stop_gets_a_response_even_if_the_sandbox_is_busy() {
    let caller = Caller::new().await;
    let request = raw::get(&caller, "/barcode/generate/QR?data=1&imageFormat=Svg", "");
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(raw::sent(&caller, b"").await);
    }
    // By then the connections are accepted.
    caller.image("QR", &[("data", "1")]).await;
    let stop = tokio::spawn(caller.sandbox.stop());
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    for stream in &streams {
        let written = stream.try_write(&request).unwrap();
        assert_eq!(written, request.len());
    }
    // Block the only thread of this runtime: when it continues, the request has arrived and the
    // grace period is over.
    std::thread::sleep(Duration::from_millis(200));
    for mut stream in streams {
        let (response, _) = raw::read(&mut stream).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response:.200}");
    }
    stop.await.unwrap();
}

#[tokio::test]
async fn empty_credentials_are_rejected_at_start() {
    let error = Sandbox::builder().credentials("id", "").start().await.unwrap_err();
    assert!(matches!(error, Error::Setting(_)));
}

#[tokio::test]
async fn a_url_is_read_only_if_it_is_mapped_to_a_file() {
    let caller = Caller::new().await;
    let response = send(caller.get(SCAN)).await;
    assert_eq!(failure(response, 400).await.0, "errorNotSupportedBySandbox");

    let image = caller.image("QR", &[("data", "Test")]).await;
    let path =
        std::env::temp_dir().join(format!("barcode-cloud-sandbox-{}.png", caller.sandbox.port()));
    caller.sandbox.url_file("https://example.com/a.png", path.clone());
    let response = send(caller.get(SCAN)).await;
    assert!(rejection(response).await.contains("cannot be read"));

    std::fs::write(&path, &image).unwrap();
    let response = send(caller.get(SCAN)).await;
    std::fs::remove_file(&path).unwrap();
    let found = barcodes(&json(response).await);
    assert_eq!(found, [("QR".to_owned(), "Test".to_owned())]);
}
