//! The origins of web pages that may call the sandbox.

use barcode_cloud_sandbox::Sandbox;
use reqwest::{Method, Response};

use crate::caller::{Caller, send};

const ORIGIN: &str = "http://localhost:3000";

async fn preflight(caller: &Caller, url: &str, origin: &str) -> Response {
    let request = caller.http.request(Method::OPTIONS, url);
    let request = request.header("origin", origin).header("access-control-request-method", "POST");
    send(request.header("access-control-request-headers", "authorization")).await
}

/// The origin that a response allows.
fn allowed(response: &Response) -> Option<&str> {
    response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_allowed_origin_may_call_the_operations_and_the_token_endpoint() {
    for (setting, origin, expected) in [
        (ORIGIN, ORIGIN, Some(ORIGIN)),
        (ORIGIN, "http://evil.example", None),
        ("*", "http://evil.example", Some("*")),
    ] {
        let caller = Caller::of(Sandbox::builder().cors_origin(setting)).await;
        let admin = caller.sandbox.admin_url();
        for url in [caller.url("/barcode/scan-body"), caller.sandbox.token_url().to_owned()] {
            let response = preflight(&caller, &url, origin).await;
            assert_eq!((response.status().as_u16(), allowed(&response)), (200, expected));
            assert_eq!(response.headers()["access-control-allow-headers"], "authorization");
        }
        let request = caller.get("/barcode/generate/QR?data=x").header("origin", origin);
        let response = send(request).await;
        assert_eq!((response.status().as_u16(), allowed(&response)), (200, expected));
        let exposed = response.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("x-request-id"), "{exposed}");

        let response = preflight(&caller, &format!("{admin}/requests"), origin).await;
        assert_eq!(allowed(&response), None);
        let request = caller.http.get(format!("{admin}/requests")).header("origin", origin);
        assert_eq!(send(request).await.status(), 421);
    }
}

#[tokio::test]
async fn by_default_no_origin_is_allowed_and_invalid_ones_are_rejected() {
    let caller = Caller::new().await;
    let request = caller.get("/barcode/generate/QR?data=x").header("origin", ORIGIN);
    assert_eq!(allowed(&send(request).await), None);
    for origin in ["", "localhost", "http://a.example/", "http://a.example/b", "null"] {
        let error = Sandbox::builder().cors_origin(origin).start().await.unwrap_err();
        assert!(error.to_string().contains("origin"), "{error}");
    }
}
