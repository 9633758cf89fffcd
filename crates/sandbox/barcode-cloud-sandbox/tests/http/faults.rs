//! Each kind of fault as a client sees it, and the three ways to inject faults.

use std::io::ErrorKind;
use std::time::Duration;

use barcode_cloud_sandbox::{Error, Fault, Sandbox, Script};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::caller::{Caller, ask_token, barcodes, failure, file_form, json, rejection, send};
use crate::raw;

/// Generates a barcode with the fault in the request header.
async fn faulty(caller: &Caller, fault: &str) -> Response {
    let request = caller.get("/barcode/generate/QR?data=Test");
    send(request.header("x-sandbox-fault", fault)).await
}

/// Scans an image with an injected fault. The normal response is JSON.
async fn faulty_scan(caller: &Caller, fault: &str) -> Response {
    let image = caller.image("QR", &[("data", "Test")]).await;
    let request = caller.post("/barcode/scan-multipart").multipart(file_form(image));
    send(request.header("x-sandbox-fault", fault)).await
}

async fn statuses(caller: &Caller, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        let response = caller.generate("QR", &[("data", "x")]).await;
        statuses.push(response.status().as_u16());
    }
    statuses
}

fn admin(caller: &Caller, path: &str) -> String {
    format!("{}{path}", caller.sandbox.admin_url())
}

#[tokio::test]
async fn a_status_comes_with_an_error_body_and_retry_after_in_both_forms() {
    let caller = Caller::new().await;
    let response = faulty(&caller, "status=503").await;
    assert!(!response.headers().contains_key("retry-after"));
    assert_eq!(failure(response, 503).await.0, "errorSandboxFault");

    let response = faulty(&caller, "status=429; retry-after=7").await;
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(failure(response, 429).await.0, "errorSandboxFault");

    let response = faulty(&caller, "status=429; retry-after=date:60").await;
    let date = response.headers()["retry-after"].to_str().unwrap();
    assert!(date.ends_with(" GMT"), "{date}");
    assert!(chrono::DateTime::parse_from_rfc2822(date).unwrap() > chrono::Utc::now());
}

#[tokio::test]
async fn unauthorized_looks_like_a_token_that_has_expired() {
    let caller = Caller::new().await;
    let response = faulty(&caller, "unauthorized").await;
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("expired"), "{challenge}");
    assert_eq!(failure(response, 401).await.0, "errorAuthentication");
}

#[tokio::test]
async fn a_reset_precedes_the_response() {
    let caller = Caller::new().await;
    let path = "/barcode/generate/QR?data=Test";
    let request = raw::get(&caller, path, "x-sandbox-fault: reset\r\n");
    let (response, end) = raw::read(&mut raw::sent(&caller, &request).await).await;
    assert_eq!(response, "");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reset_in_the_body_comes_after_half_of_it() {
    let caller = Caller::new().await;
    let path = "/barcode/generate/QR?data=Test&imageFormat=Svg";
    let request = raw::get(&caller, path, "x-sandbox-fault: reset-in-body\r\n");
    let (response, end) = raw::read(&mut raw::sent(&caller, &request).await).await;
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    assert_eq!(body.len(), length.unwrap().parse::<usize>().unwrap() / 2);
}

#[tokio::test]
async fn truncated_json_is_a_well_formed_http_response() {
    let caller = Caller::new().await;
    let response = faulty_scan(&caller, "truncate").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let text = response.text().await.unwrap();
    assert!(text.starts_with(r#"{"barcodes":"#), "{text}");
    let error = serde_json::from_str::<Value>(&text).unwrap_err();
    assert!(error.is_eof());
}

#[tokio::test]
async fn an_error_can_be_truncated_too() {
    let caller = Caller::new().await;
    let request = caller.get("/barcode/generate/QR");
    let response = send(request.header("x-sandbox-fault", "truncate")).await;
    assert_eq!(response.status(), 400);
    let text = response.text().await.unwrap();
    assert!(text.starts_with(r#"{"requestId":"#) && !text.ends_with('}'));
}

#[tokio::test]
async fn html_empty_bodies_and_wrong_content_types_replace_the_normal_response() {
    let caller = Caller::new().await;
    for (fault, status) in [("html", 200), ("html=502", 502)] {
        let response = faulty_scan(&caller, fault).await;
        assert_eq!(response.status(), status);
        let kind = &response.headers()["content-type"];
        assert_eq!(kind, "text/html; charset=utf-8");
        let text = response.text().await.unwrap();
        assert!(text.starts_with("<!DOCTYPE html>"), "{text}");
    }
    let response = faulty_scan(&caller, "empty").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), "");

    let response = faulty_scan(&caller, "content-type=text/plain").await;
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(barcodes(&json(response).await).len(), 1);
}

#[tokio::test]
async fn delayed_and_dripping_responses_are_otherwise_normal() {
    let caller = Caller::new().await;
    let good = caller.image("QR", &[("data", "Test")]).await;
    for fault in ["ok", "delay=1ms", "drip=1ms", "delay=1ms; drip=1ms"] {
        let response = faulty(&caller, fault).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.bytes().await.unwrap(), good, "{fault}");
    }
}

#[tokio::test]
async fn a_hanging_request_ends_without_a_response_when_the_sandbox_stops() {
    let caller = Caller::new().await;
    caller.sandbox.inject(Fault::hang()).unwrap();
    let request = caller.get("/barcode/generate/QR?data=Test");
    let hanging = tokio::spawn(request.send());
    let listed = || async {
        let list = caller.http.get(admin(&caller, "/faults")).send();
        json(list.await.unwrap()).await["scripts"].as_array().unwrap().len()
    };
    // The script is removed after its fault was applied to a request.
    while listed().await > 0 {}
    assert!(!hanging.is_finished());
    caller.sandbox.stop().await;
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn the_connection_of_a_hanging_request_ends_when_its_client_leaves() {
    let caller = Caller::new().await;
    let body = r#"{"barcodeType":"QR","encodeData":{"data":"Test"}}"#;
    let head = format!(
        "POST /v4.0/barcode/generate-body HTTP/1.1\r\nhost: localhost\r\nx-sandbox-fault: hang\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        caller.token,
        body.len()
    );
    // The body arrives at once, later, or not at all.
    for [first, later] in [[body, ""], ["", body], ["", ""]] {
        let mut stream = raw::sent(&caller, format!("{head}{first}").as_bytes()).await;
        stream.write_all(later.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let (response, _) = timeout(Duration::from_secs(60), raw::read(&mut stream)).await.unwrap();
        assert_eq!(response, "");
    }
}

#[tokio::test]
async fn a_header_with_an_unknown_fault_is_rejected() {
    let caller = Caller::new().await;
    for (fault, reason) in [("explode", "no such fault"), ("status=503, ok", "not a number")] {
        let response = faulty(&caller, fault).await;
        let (code, message) = failure(response, 400).await;
        assert_eq!(code, "errorInvalidInputData");
        let is_right = message.contains("x-sandbox-fault") && message.contains(reason);
        assert!(is_right, "{message}");
    }
}

#[tokio::test]
async fn faults_of_the_builder_and_of_a_running_sandbox_are_injected_in_order() {
    let script: Script = "status=503, status=502, ok".parse().unwrap();
    let caller = Caller::of(Sandbox::builder().faults(script)).await;
    let more = Script::from(Fault::unauthorized()).on("generate").times(2);
    caller.sandbox.inject(more).unwrap();
    let other = Script::from(Fault::status(500)).on("Scan").forever();
    caller.sandbox.inject(other).unwrap();
    assert_eq!(statuses(&caller, 6).await, [503, 502, 200, 401, 401, 200]);
    let forever = Script::from(Fault::status(500)).forever();
    caller.sandbox.inject(forever).unwrap();
    assert_eq!(statuses(&caller, 2).await, [500, 500]);
    caller.sandbox.clear_faults();
    assert_eq!(statuses(&caller, 1).await, [200]);
}

#[tokio::test]
async fn a_script_for_an_unknown_operation_is_rejected_at_start_and_later() {
    let script = || Script::from(Fault::reset()).on("Explode");
    let error = Sandbox::builder().faults(script()).start().await;
    assert!(matches!(error, Err(Error::Matcher(_))));
    let sandbox = Sandbox::start().await.unwrap();
    assert!(matches!(sandbox.inject(script()), Err(Error::Matcher(_))));
}

#[tokio::test]
async fn the_token_endpoint_can_fail_while_operations_work() {
    let caller = Caller::new().await;
    let (id, secret) = (caller.sandbox.client_id(), caller.sandbox.client_secret());
    let url = caller.sandbox.token_url();
    let script = Script::sequence([
        Fault::status(503),
        Fault::status(429).retry_after(600),
        Fault::unauthorized(),
        Fault::reset(),
    ]);
    caller.sandbox.inject(script.on("token")).unwrap();
    assert_eq!(statuses(&caller, 1).await, [200]);
    for (status, error) in
        [(503, "temporarily_unavailable"), (429, "too_many_requests"), (401, "invalid_client")]
    {
        let response = ask_token(&caller.http, url, id, secret).await;
        assert_eq!(response.status(), status);
        assert_eq!(json(response).await["error"], error);
    }
    let form = [("grant_type", "client_credentials")];
    assert!(caller.http.post(url).form(&form).send().await.is_err());
    let response = ask_token(&caller.http, url, id, secret).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn the_admin_call_adds_lists_and_clears_scripts() {
    let caller = Caller::new().await;
    let add = |body: Value| send(caller.http.post(admin(&caller, "/faults")).json(&body));
    let response = add(json!({ "steps": "status=503, ok", "times": 2 })).await;
    assert_eq!(response.status(), 201);
    let first = json(response).await["id"].as_u64().unwrap();
    let body = json!({
        "steps": ["status=500"], "operation": "scan_base64", "probability": 0.5, "seed": 7,
    });
    assert_eq!(add(body).await.status(), 201);
    assert_eq!(statuses(&caller, 1).await, [503]);

    let list = caller.http.get(admin(&caller, "/faults")).send();
    let list = json(list.await.unwrap()).await;
    let scripts = &list["scripts"];
    assert_eq!(scripts[0]["steps"], json!(["status=503", "ok"]));
    assert_eq!(scripts[0]["hits"], 1);
    assert_eq!(scripts[0]["next_step"], 1);
    assert_eq!(scripts[0]["times_left"], 2);
    assert_eq!(scripts[1]["operation"], "ScanBase64");
    assert_eq!(scripts[1]["times_left"], Value::Null);
    assert_eq!(scripts[1]["probability"], 0.5);

    let url = admin(&caller, &format!("/faults/{first}"));
    let remove = || caller.http.delete(&url).send();
    assert_eq!(remove().await.unwrap().status(), 204);
    let (code, _) = failure(remove().await.unwrap(), 404).await;
    assert_eq!(code, "errorNotFound");
    assert_eq!(statuses(&caller, 1).await, [200]);

    let forever = json!({ "steps": "status=500", "times": "forever" });
    assert_eq!(add(forever).await.status(), 201);
    assert_eq!(statuses(&caller, 3).await, [500; 3]);
    let clear = caller.http.delete(admin(&caller, "/faults")).send();
    assert_eq!(clear.await.unwrap().status(), 204);
    assert_eq!(statuses(&caller, 1).await, [200]);
}

#[tokio::test]
async fn invalid_admin_calls_are_rejected_with_the_reason() {
    let caller = Caller::new().await;
    for (body, reason) in [
        (json!({}), "steps"),
        (json!({ "steps": "boom" }), "no such fault"),
        (json!({ "steps": [] }), "at least one step"),
        (json!({ "steps": "ok", "time": 1 }), "time"),
        (json!({ "steps": "ok", "times": "often" }), "times"),
        (json!({ "steps": "ok", "times": 0 }), "at least once"),
        (json!({ "steps": "ok", "operation": "x" }), "operation"),
        (json!({ "steps": "ok", "probability": 2 }), "from 0 to 1"),
    ] {
        let request = caller.http.post(admin(&caller, "/faults")).json(&body);
        let message = rejection(send(request).await).await;
        assert!(message.contains(reason), "{body}: {message}");
    }
    let plain = caller.http.post(admin(&caller, "/faults")).body("{}");
    let (code, _) = failure(send(plain).await, 415).await;
    assert_eq!(code, "errorUnsupportedMediaType");
    let unknown = caller.http.get(admin(&caller, "/nothing")).send();
    failure(unknown.await.unwrap(), 404).await;
    let method = caller.http.put(admin(&caller, "/faults")).send();
    failure(method.await.unwrap(), 405).await;
}

#[tokio::test]
async fn a_long_delay_ends_with_a_response_when_the_sandbox_stops() {
    let caller = Caller::new().await;
    let day = Duration::from_secs(24 * 60 * 60);
    caller.sandbox.inject(Fault::delay(day)).unwrap();
    let waiting = tokio::spawn(caller.get("/barcode/generate/QR?data=Test").send());
    let list = || caller.http.get(admin(&caller, "/faults")).send();
    while json(list().await.unwrap()).await["scripts"] != json!([]) {}
    caller.sandbox.stop().await;
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn the_health_call_needs_no_token_and_ignores_faults() {
    let caller = Caller::new().await;
    let script = Script::from(Fault::status(500)).forever();
    caller.sandbox.inject(script).unwrap();
    let health = caller.http.get(admin(&caller, "/health")).send();
    let health = health.await.unwrap();
    assert_eq!(health.status(), 200);
    assert_eq!(json(health).await["status"], "ok");
}

#[tokio::test]
async fn a_custom_response_has_the_given_status_code_message_and_body() {
    let caller = Caller::new().await;
    let response = faulty(&caller, "status=402; code=errorQuota; message=No%20credit").await;
    let expected = ("errorQuota".to_owned(), "No credit".to_owned());
    assert_eq!(failure(response, 402).await, expected);
    for (body, kind, fault) in [
        (r#"{"a":1}"#, "application/json", r#"status=200; body={"a":1}"#),
        ("a; b", "text/plain; charset=utf-8", "status=404; body=a%3B b"),
        ("<a/>", "text/xml", "status=200; body=<a/>; content-type=text/xml"),
    ] {
        let response = faulty(&caller, fault).await;
        assert_eq!(response.headers()["content-type"], kind);
        assert_eq!(response.text().await.unwrap(), body);
    }
    let response = json!({ "status": 400, "code": "invalid_scope", "message": "No" });
    let script = json!({ "steps": [response], "operation": "token" });
    let added = send(caller.http.post(admin(&caller, "/faults")).json(&script)).await;
    assert_eq!(added.status(), 201);
    let (id, secret) = (caller.sandbox.client_id(), caller.sandbox.client_secret());
    let response = ask_token(&caller.http, caller.sandbox.token_url(), id, secret).await;
    let expected = json!({ "error": "invalid_scope", "error_description": "No" });
    assert_eq!(json(response).await, expected);
}

#[tokio::test]
async fn a_script_affects_only_the_requests_that_match() {
    let caller = Caller::new().await;
    let add = async |script: Value| {
        let response = send(caller.http.post(admin(&caller, "/faults")).json(&script)).await;
        assert_eq!(response.status(), 201, "{script}");
    };
    add(json!({ "steps": "status=402", "times": "forever", "matching": { "query": { "data": "a" } } }))
        .await;
    add(json!({ "steps": "status=404", "times": "forever", "matching": { "headers": { "X-Test": "1" } } }))
        .await;
    let path = "$.encodeData.data";
    add(json!({ "steps": { "status": 409 }, "nth": 2, "matching": { "json": { path: "b" } } }))
        .await;

    assert_eq!(caller.generate("QR", &[("data", "a")]).await.status(), 402);
    assert_eq!(caller.generate("QR", &[("data", "b")]).await.status(), 200);
    let with_header = caller.get("/barcode/generate/QR?data=b").header("x-test", "1");
    assert_eq!(send(with_header).await.status(), 404);
    let post = async |data: &str| {
        let body = json!({ "barcodeType": "QR", "encodeData": { "data": data } });
        let response = caller.post_json("/barcode/generate-body", &body).await;
        response.status().as_u16()
    };
    let mut statuses = Vec::new();
    for data in ["b", "c", "b", "b"] {
        statuses.push(post(data).await);
    }
    assert_eq!(statuses, [200, 200, 409, 200]);
    // A body that is too large to be compared reaches the operation unchanged.
    let image = STANDARD.encode(caller.image("QR", &[("data", "b")]).await);
    add(json!({ "steps": "status=409", "matching": { "json": { "$.x": 1 } } })).await;
    for padding in [0, 2 * 1024 * 1024] {
        let body = format!("{}{}", " ".repeat(padding), json!({ "fileBase64": image }));
        let request = caller.post("/barcode/scan-body").header("content-type", "application/json");
        let found = json(send(request.body(body)).await).await;
        assert_eq!(barcodes(&found), [("QR".to_owned(), "b".to_owned())]);
    }
    let list = json(send(caller.http.get(admin(&caller, "/faults"))).await).await;
    assert_eq!(list["scripts"][0]["matching"]["query"], json!({ "data": "a" }));
    assert_eq!(list["scripts"][2]["nth"], 1);
}
