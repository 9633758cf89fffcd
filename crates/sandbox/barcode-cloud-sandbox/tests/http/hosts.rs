//! The host names under which the page and the admin calls are available.

use barcode_cloud_sandbox::Sandbox;
use reqwest::{Method, Response};
use serde_json::json;

use crate::caller::{Caller, failure, send};
use crate::raw;

async fn ask(caller: &Caller, path: &str, host: &str) -> Response {
    let origin = caller.sandbox.admin_url().trim_end_matches("/_sandbox");
    let request = caller.http.get(format!("{origin}{path}"));
    request.header("host", host).send().await.unwrap()
}

#[tokio::test]
async fn the_log_is_not_served_under_a_foreign_host_name() {
    let caller = Caller::new().await;
    let body = json!({ "barcodeType": "QR", "encodeData": { "data": "private" } });
    let request = caller.post("/barcode/generate-body").json(&body);
    assert_eq!(send(request).await.status(), 200);
    for host in [
        "evil.example",
        "evil.example:8787",
        "EVIL.EXAMPLE",
        "evil.example.",
        "127.0.0.1.evil.example",
        "internal.example",
        "notinternal.",
    ] {
        let (code, message) = failure(ask(&caller, "/_sandbox/requests", host).await, 421).await;
        assert_eq!(code, "errorMisdirectedRequest");
        assert!(message.contains("--allow-host"), "{message}");
        assert!(!message.contains("private"));
    }
    for path in ["/_sandbox/health", "/_sandbox/faults", "/_sandbox/requests/events"] {
        assert_eq!(ask(&caller, path, "evil.example").await.status(), 421);
    }
}

#[tokio::test]
async fn admin_calls_under_a_foreign_host_name_change_nothing() {
    let caller = Caller::new().await;
    for (method, path) in
        [(Method::POST, "/faults"), (Method::POST, "/tokens/revoke"), (Method::DELETE, "/requests")]
    {
        let url = format!("{}{path}", caller.sandbox.admin_url());
        let request = caller.http.request(method, url).json(&json!({}));
        let response = request.header("host", "evil.example").send().await.unwrap();
        failure(response, 421).await;
    }
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
}

#[tokio::test]
async fn host_names_that_no_stranger_can_own_are_accepted() {
    let caller = Caller::new().await;
    for host in [
        "127.0.0.1",
        "10.1.2.3:80",
        "[::1]",
        "[::1]:8787",
        "localhost",
        "LOCALHOST.:1",
        "sandbox:8787",
        "host.docker.internal",
        "Sandbox.Internal.:8787",
    ] {
        let response = ask(&caller, "/_sandbox/requests", host).await;
        assert_eq!(response.status(), 200, "{host}");
    }
    // Only the address that received the request matters.
    let url = format!("{}/health", caller.sandbox.admin_url());
    let request = caller.http.get(url).header("host", "evil.example");
    let forwarded = request.header("x-forwarded-host", "localhost");
    assert_eq!(send(forwarded).await.status(), 421);
    let request = b"GET /_sandbox/requests HTTP/1.0\r\n\r\n";
    let (response, _) = raw::read(&mut raw::sent(&caller, request).await).await;
    assert!(response.contains(" 421 "), "{response}");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_make_admin_calls() {
    let caller = Caller::new().await;
    for mode in ["no-cors", "cors", "navigate"] {
        let url = format!("{}/requests", caller.sandbox.admin_url());
        let request = caller
            .http
            .get(url)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", mode);
        let (_, message) = failure(send(request).await, 421).await;
        assert!(message.contains("another origin"), "{message}");
    }
}

#[tokio::test]
async fn allowed_host_names_are_accepted_by_the_page_and_the_admin_calls() {
    let builder = Sandbox::builder().allow_host("Sandbox.Example.");
    let caller = Caller::of(builder.allow_host("other.example")).await;
    for host in ["sandbox.example:8787", "SANDBOX.example.", "other.example"] {
        for path in ["/", "/_sandbox/requests"] {
            let response = ask(&caller, path, host).await;
            assert_eq!(response.status(), 200, "{host}{path}");
        }
    }
    let other = ask(&caller, "/", "a.sandbox.example").await;
    assert_eq!(other.status(), 421);
    for name in ["", "http://a.example", "a.example:80", "a.example/b"] {
        let error = Sandbox::builder().allow_host(name).start().await;
        let message = error.unwrap_err().to_string();
        assert!(message.contains("host name"), "{message}");
    }
}

#[tokio::test]
async fn an_origin_other_than_the_sandbox_is_rejected() {
    let caller = Caller::new().await;
    let address = format!("127.0.0.1:{}", caller.sandbox.port());
    for (origin, status) in [
        (format!("http://{address}"), 204),
        (format!("https://{address}"), 204),
        ("http://127.0.0.1".to_owned(), 421),
        ("https://evil.example".to_owned(), 421),
        ("null".to_owned(), 421),
    ] {
        let request = caller.http.post(format!("{}/reset", caller.sandbox.admin_url()));
        let response = send(request.header("origin", &origin)).await;
        assert_eq!(response.status(), status, "{origin}");
    }
}
