//! The files of the page, as a browser gets them, and requests that are rejected.

use reqwest::{Method, RequestBuilder, Response};

use crate::caller::{Caller, failure, json, send};
use crate::raw;

const FILES: [(&str, &str); 8] = [
    ("/", "text/html; charset=utf-8"),
    ("/_sandbox/page/style.css", "text/css; charset=utf-8"),
    ("/_sandbox/page/main.js", "text/javascript; charset=utf-8"),
    ("/_sandbox/page/icon.svg", "image/svg+xml"),
    ("/_sandbox/page/connection", "application/json"),
    ("/_sandbox/reference/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("/_sandbox/reference/swagger-ui.css", "text/css; charset=utf-8"),
    ("/_sandbox/reference/LICENSE", "text/plain; charset=utf-8"),
];

fn ask(caller: &Caller, method: Method, path: &str) -> RequestBuilder {
    let origin = caller.sandbox.admin_url().trim_end_matches("/_sandbox");
    caller.http.request(method, format!("{origin}{path}"))
}

async fn get(caller: &Caller, path: &str) -> Response {
    ask(caller, Method::GET, path).send().await.unwrap()
}

#[tokio::test]
async fn every_file_has_its_media_type_and_security_headers() {
    let caller = Caller::new().await;
    for (path, kind) in FILES {
        let response = get(&caller, path).await;
        assert_eq!(response.status(), 200, "{path}");
        let headers = response.headers();
        assert_eq!(headers["content-type"], kind, "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert!(!headers.contains_key("access-control-allow-origin"));
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
        assert!(!policy.contains("unsafe") && !policy.contains("http"));
        assert!(!response.bytes().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn every_file_that_the_page_references_is_served() {
    let caller = Caller::new().await;
    let page = get(&caller, "/").await.text().await.unwrap();
    let named = page.split('"').filter(|text| text.starts_with("/_sandbox/"));
    for path in named {
        assert_eq!(get(&caller, path).await.status(), 200, "{path}");
    }
    let main = get(&caller, "/_sandbox/page/main.js").await;
    let main = main.text().await.unwrap();
    let modules = main.split('"').filter_map(|text| text.strip_prefix("./"));
    for name in modules {
        let path = format!("/_sandbox/page/{name}");
        assert_eq!(get(&caller, &path).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn credentials_are_in_one_response_only_and_not_cached() {
    let caller = Caller::new().await;
    let secret = caller.sandbox.client_secret();
    for (path, _) in FILES {
        let response = get(&caller, path).await;
        let headers = format!("{:?}", response.headers());
        assert!(!headers.contains(secret), "{path}");
        let cache = response.headers()["cache-control"].clone();
        let has_secret = response.text().await.unwrap().contains(secret);
        let is_connection = path == "/_sandbox/page/connection";
        assert_eq!(has_secret, is_connection, "{path}");
        let wanted = if is_connection { "no-store" } else { "no-cache" };
        assert_eq!(cache, wanted, "{path}");
    }
    let connection = json(get(&caller, "/_sandbox/page/connection").await).await;
    assert_eq!(connection["base_path"], "/v4.0");
    assert_eq!(connection["token_path"], "/connect/token");
    assert_eq!(connection["client_id"], caller.sandbox.client_id());
    assert_eq!(connection["client_secret"], secret);
}

#[tokio::test]
async fn a_request_with_a_foreign_host_name_is_rejected() {
    let caller = Caller::new().await;
    for (path, _) in FILES {
        let request = ask(&caller, Method::GET, path).header("host", "evil.example:8787");
        let response = send(request).await;
        let policy = response.headers().get("content-security-policy");
        assert!(policy.is_some(), "{path}");
        let (code, message) = failure(response, 421).await;
        assert_eq!(code, "errorMisdirectedRequest");
        assert!(!message.contains(caller.sandbox.client_secret()));
    }
    let host = format!("localhost:{}", caller.sandbox.port());
    let request = ask(&caller, Method::GET, "/").header("host", host);
    assert_eq!(send(request).await.status(), 200);
    let mut stream = raw::sent(&caller, b"GET / HTTP/1.0\r\n\r\n").await;
    let (nameless, _) = raw::read(&mut stream).await;
    assert!(nameless.contains(" 421 "), "{nameless}");
}

#[tokio::test]
async fn a_page_of_another_origin_can_link_to_the_page_but_not_load_it() {
    let caller = Caller::new().await;
    let from = |path, mode| {
        ask(&caller, Method::GET, path)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", mode)
            .send()
    };
    let loaded = from("/_sandbox/page/connection", "no-cors").await.unwrap();
    failure(loaded, 421).await;
    assert_eq!(from("/", "navigate").await.unwrap().status(), 200);
}

#[tokio::test]
async fn head_is_get_without_the_body_and_other_methods_are_rejected() {
    let caller = Caller::new().await;
    for (path, kind) in FILES {
        let head = ask(&caller, Method::HEAD, path).send().await.unwrap();
        assert_eq!(head.status(), 200, "{path}");
        assert_eq!(head.headers()["content-type"], kind);
        assert!(head.bytes().await.unwrap().is_empty());
        let post = ask(&caller, Method::POST, path).send().await.unwrap();
        failure(post, 405).await;
    }
    for path in ["/_sandbox/page/nothing", "/_sandbox/reference/index.html"] {
        failure(get(&caller, path).await, 404).await;
    }
}

#[tokio::test]
async fn loading_the_page_is_not_in_the_request_log() {
    let caller = Caller::new().await;
    caller.sandbox.clear_requests();
    for (path, _) in FILES {
        get(&caller, path).await;
    }
    assert!(caller.sandbox.requests().is_empty());
}
