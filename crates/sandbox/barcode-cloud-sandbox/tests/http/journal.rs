//! The request log: its contents, and the secrets that it never contains.

use std::time::Duration;

use barcode_cloud_sandbox::{Fault, RequestMatcher, Sandbox};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::caller::{Caller, ask_token, json, rejection, send};

fn admin(caller: &Caller, path: &str) -> String {
    format!("{}{path}", caller.sandbox.admin_url())
}

#[tokio::test]
async fn a_logged_request_has_all_fields_that_tests_need() {
    let caller = Caller::new().await;
    caller.sandbox.clear_requests();
    let response = caller
        .get("/barcode/generate/QR?data=a+b%26c&resolution=96")
        .header("x-aspose-client", "rust sdk")
        .send()
        .await
        .unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap();
    let log = caller.sandbox.requests();
    let [entry] = &log[..] else {
        panic!("{log:?}");
    };
    assert_eq!(entry.id, id);
    assert_eq!(entry.method, "GET");
    assert_eq!(entry.path, "/v4.0/barcode/generate/QR");
    assert_eq!(entry.operation.as_deref(), Some("Generate"));
    assert_eq!(entry.query_value("data"), Some("a b&c"));
    assert_eq!(entry.query_value("resolution"), Some("96"));
    assert_eq!(entry.header("X-Aspose-Client"), Some("rust sdk"));
    assert_eq!(entry.header("authorization"), Some("Bearer [redacted]"));
    assert_eq!(entry.status, Some(200));
    assert_eq!(entry.body.length, 0);
    assert!(chrono::DateTime::parse_from_rfc3339(&entry.time).is_ok());
}

#[tokio::test]
async fn only_small_text_bodies_are_logged_and_the_length_always_is() {
    let caller = Caller::new().await;
    caller.sandbox.clear_requests();
    let body = json!({ "barcodeType": "QR", "encodeData": { "data": "Test" } });
    let post = |body: &serde_json::Value| caller.post("/barcode/generate-body").json(body).send();
    assert_eq!(post(&body).await.unwrap().status(), 200);
    let large = json!({ "barcodeType": "QR", "encodeData": { "data": "x".repeat(20_000) } });
    assert_eq!(post(&large).await.unwrap().status(), 400);
    let form = Form::new().part("file", Part::bytes(vec![7; 1000]).file_name("a"));
    let request = caller.post("/barcode/scan-multipart").multipart(form);
    assert_eq!(send(request).await.status(), 400);

    let log = caller.sandbox.requests();
    let [small, large_one, image] = &log[..] else {
        panic!("{log:?}");
    };
    assert_eq!(small.body.media_type.as_deref(), Some("application/json"));
    assert_eq!(small.body.text.as_deref(), Some(&*body.to_string()));
    assert_eq!(small.body.length, body.to_string().len() as u64);
    assert_eq!(large_one.body.text, None);
    assert_eq!(large_one.body.length, large.to_string().len() as u64);
    assert_eq!(large_one.status, Some(400));
    let kind = image.body.media_type.as_deref();
    assert_eq!(kind, Some("multipart/form-data"));
    assert!(image.body.text.is_none() && image.body.length > 1000);
}

#[tokio::test]
async fn the_log_contains_no_secrets() {
    let secret = "a secret & more";
    let caller = Caller::of(Sandbox::builder().credentials("known-id", secret)).await;
    let (http, url) = (&caller.http, caller.sandbox.token_url());
    let basic = format!("Basic {}", STANDARD.encode("known-id:a+secret+%26+more"));
    let request = http.post(url).header("authorization", &basic);
    let form = [("grant_type", "client_credentials")];
    assert_eq!(request.form(&form).send().await.unwrap().status(), 200);
    for body in [
        json!({ "client_secret": secret }),
        json!({ "note": secret }),
        json!({ "note": caller.token }),
    ] {
        http.post(url).json(&body).send().await.unwrap();
        let request = caller.post("/barcode/scan-body").json(&body);
        assert_eq!(send(request).await.status(), 400);
    }
    let path = format!("/{0}?access_token={0}&x={0}", caller.token);
    send(caller.get(&path)).await;

    let shown = serde_json::to_string(&caller.sandbox.requests()).unwrap();
    assert!(shown.contains("known-id") && shown.contains("grant_type=client_credentials"));
    for hidden in [secret, "a+secret", &basic[6..], &caller.token, "eyJ"] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
}

#[tokio::test]
async fn faults_and_requests_without_a_response_are_logged() {
    let caller = Caller::new().await;
    caller.sandbox.clear_requests();
    caller.sandbox.inject(Fault::reset()).unwrap();
    assert!(caller.get("/barcode/scan?fileUrl=x:y").send().await.is_err());
    let unknown = caller.get("/nothing").header("x-sandbox-fault", "hang");
    assert_eq!(send(unknown).await.status(), 404);
    let log = caller.sandbox.requests();
    assert_eq!(log[0].fault.as_deref(), Some("reset"));
    assert_eq!(log[0].status, None);
    assert_eq!((log[1].operation.as_ref(), log[1].status), (None, Some(404)));
}

#[tokio::test]
async fn the_admin_call_returns_and_clears_requests_and_is_not_logged() {
    let caller = Caller::new().await;
    caller.generate("QR", &[("data", "x")]).await;
    let get = || caller.http.get(admin(&caller, "/requests")).send();
    let log = json(get().await.unwrap()).await;
    assert_eq!(log["requests"][0]["operation"], "token");
    assert_eq!(log["requests"][0]["status"], 200);
    assert_eq!(log["requests"][1]["operation"], "Generate");
    assert_eq!(log["requests"][1]["query"], json!([["data", "x"]]));
    assert_eq!(log["requests"].as_array().unwrap().len(), 2);
    let forget = caller.http.delete(admin(&caller, "/requests")).send();
    assert_eq!(forget.await.unwrap().status(), 204);
    assert_eq!(json(get().await.unwrap()).await, json!({ "requests": [] }));
}

#[tokio::test]
async fn the_live_feed_has_each_request_and_ends_with_the_sandbox() {
    let caller = Caller::new().await;
    let feed = caller.http.get(admin(&caller, "/requests/events")).send();
    let mut feed = feed.await.unwrap();
    assert_eq!(feed.headers()["content-type"], "text/event-stream");
    let (id, secret) = (caller.sandbox.client_id(), caller.sandbox.client_secret());
    ask_token(&caller.http, caller.sandbox.token_url(), id, secret).await;
    caller.generate("QR", &[("data", "x")]).await;
    let mut read = String::new();
    while read.matches("\n\n").count() < 2 {
        let chunk = feed.chunk().await.unwrap().unwrap();
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let events: Vec<serde_json::Value> = read
        .split_terminator("\n\n")
        .map(|event| event.strip_prefix("event: request\ndata: ").unwrap())
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(events[0]["operation"], "token");
    assert_eq!(events[1]["operation"], "Generate");
    assert_eq!(events[1]["status"], 200);
    caller.sandbox.stop().await;
    assert_eq!(feed.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn requests_are_counted_in_rust_and_by_the_admin_call() {
    let caller = Caller::new().await;
    for data in ["a", "a", "b"] {
        caller.generate("QR", &[("data", data)]).await;
        let body = json!({ "barcodeType": "QR", "encodeData": { "data": data } });
        caller.post_json("/barcode/generate-body", &body).await;
    }
    for (matcher, expected) in [
        (json!({}), 7),
        (json!({ "operation": "token" }), 1),
        (json!({ "operation": "generate", "query": { "data": "a" } }), 2),
        (json!({ "json": { "$.encodeData.data": "a" } }), 2),
        (json!({ "method": "POST" }), 4),
        (json!({ "headers": { "authorization": "Bearer [redacted]" } }), 6),
    ] {
        let request = caller.http.post(admin(&caller, "/requests/count")).json(&matcher);
        let count = json(send(request).await).await;
        assert_eq!(count, json!({ "count": expected }), "{matcher}");
        let matcher: RequestMatcher = serde_json::from_value(matcher).unwrap();
        assert_eq!(caller.sandbox.count_requests(matcher).unwrap(), expected);
    }
    for (matcher, reason) in
        [(json!({ "operation": "x" }), "not an operation"), (json!({ "body": 1 }), "body")]
    {
        let request = caller.http.post(admin(&caller, "/requests/count")).json(&matcher);
        let message = rejection(send(request).await).await;
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn the_log_has_the_response_and_the_duration() {
    let caller = Caller::new().await;
    let image = caller.image("QR", &[("data", "x")]).await;
    let request = caller.get("/barcode/scan?fileUrl=x:y").header("accept-encoding", "gzip");
    let compressed = send(request).await;
    assert_eq!(compressed.headers()["content-encoding"], "gzip");
    caller.sandbox.inject(Fault::drip(Duration::from_millis(1))).unwrap();
    let dripping = caller.image("QR", &[("data", "x")]).await;
    caller.sandbox.inject(Fault::reset()).unwrap();
    assert!(caller.get("/barcode/scan?fileUrl=x").send().await.is_err());

    let log = caller.sandbox.requests();
    let [token, generated, failed, dripped, reset] = &log[..] else { panic!("{log:?}") };
    assert!(token.response.text.as_ref().unwrap().contains(r#""expires_in":3600"#));
    assert!(!token.response.text.as_ref().unwrap().contains("eyJ"));
    for (entry, bytes) in [(generated, &image), (dripped, &dripping)] {
        assert_eq!(entry.response.length, bytes.len() as u64);
        assert_eq!(entry.response.media_type.as_deref(), Some("image/png"));
        assert_eq!(entry.response.text, None);
    }
    let text = failed.response.text.as_ref().unwrap();
    let error: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(error["error"]["code"], "errorNotSupportedBySandbox");
    assert_eq!(failed.response.length, text.len() as u64);
    assert!(failed.duration.is_some());
    assert_eq!((reset.duration, reset.response.length), (None, 0));
    let listed = json(caller.http.get(admin(&caller, "/requests")).send().await.unwrap()).await;
    assert!(listed["requests"][1]["duration_ms"].as_f64().unwrap() > 0.0);
}
