//! The admin calls that reset the sandbox, store files and revoke tokens, and the same in Rust.

use barcode_cloud_sandbox::{Fault, Sandbox};
use reqwest::Method;
use serde_json::json;

use crate::caller::{Caller, ask_token, barcodes, failure, json as body, rejection, send};

async fn admin(caller: &Caller, method: Method, path: &str, body: Vec<u8>) -> reqwest::Response {
    let url = format!("{}{path}", caller.sandbox.admin_url());
    send(caller.http.request(method, url).body(body)).await
}

#[tokio::test]
async fn a_reset_restores_the_state_of_the_start() {
    let builder = Sandbox::builder().faults(Fault::status(503)).url_file("x:start", Vec::new());
    let caller = Caller::of(builder).await;
    let generate = async || caller.generate("QR", &[("data", "x")]).await.status().as_u16();
    let (id, url) = (caller.sandbox.client_id(), caller.sandbox.token_url());
    for through_http in [true, false] {
        assert_eq!([generate().await, generate().await], [503, 200]);
        caller.sandbox.inject(Fault::status(500)).unwrap();
        caller.sandbox.url_file("x:later", Vec::new());
        caller.sandbox.remove_url_file("x:start");
        caller.sandbox.revoke_tokens();
        for _ in 0..6 {
            ask_token(&caller.http, url, id, "wrong").await;
        }
        assert_eq!(ask_token(&caller.http, url, id, "wrong").await.status(), 429);

        if through_http {
            let response = admin(&caller, Method::POST, "/reset", Vec::new()).await;
            assert_eq!(response.status(), 204);
        } else {
            caller.sandbox.reset();
        }
        assert!(caller.sandbox.requests().is_empty());
        assert_eq!(ask_token(&caller.http, url, id, "wrong").await.status(), 400);
        let files = body(admin(&caller, Method::GET, "/files", Vec::new()).await).await;
        assert_eq!(files, json!({ "files": [{ "url": "x:start", "length": 0 }] }));
    }
    assert_eq!([generate().await, generate().await], [503, 200]);
}

#[tokio::test]
async fn files_are_stored_listed_and_removed_while_the_sandbox_runs() {
    let caller = Caller::of(Sandbox::builder().body_limit(10_000)).await;
    let image = caller.image("QR", &[("data", "stored")]).await;
    let length = image.len();
    let (url, path) =
        ("https://a.example/?a=b&c", "/files?url=https%3A%2F%2Fa.example%2F%3Fa%3Db%26c");
    assert_eq!(admin(&caller, Method::PUT, path, image).await.status(), 204);
    let scan = async || send(caller.get("/barcode/scan").query(&[("fileUrl", url)])).await;
    assert_eq!(barcodes(&body(scan().await).await), [("QR".to_owned(), "stored".to_owned())]);
    let files = body(admin(&caller, Method::GET, "/files", Vec::new()).await).await;
    assert_eq!(files, json!({ "files": [{ "url": url, "length": length }] }));

    assert_eq!(admin(&caller, Method::DELETE, path, Vec::new()).await.status(), 204);
    failure(admin(&caller, Method::DELETE, path, Vec::new()).await, 404).await;
    assert!(rejection(scan().await).await.contains("FileUrl"));
    for path in ["/files", "/files?url=", "/files?name=a", "/files?url=a&url=b", "/files?url=%FF"] {
        let message = rejection(admin(&caller, Method::PUT, path, Vec::new()).await).await;
        assert!(message.contains("'url'"), "{path}: {message}");
    }
    failure(admin(&caller, Method::PUT, path, vec![0; 10_001]).await, 413).await;
}

#[tokio::test]
async fn clients_can_be_added_until_the_next_reset() {
    let caller = Caller::new().await;
    let url = caller.sandbox.token_url();
    let ask = async |id: &str, secret: &str| {
        ask_token(&caller.http, url, id, secret).await.status().as_u16()
    };
    let client = json!({ "client_id": "other", "client_secret": "canary-secret" });
    let add = || caller.http.post(format!("{}/clients", caller.sandbox.admin_url()));
    assert_eq!(send(add().json(&client)).await.status(), 204);
    caller.sandbox.add_client("third", "canary-secret-3").unwrap();
    for (id, secret, status) in [
        ("other", "canary-secret", 200),
        ("third", "canary-secret-3", 200),
        ("third", "canary-secret", 400),
        (caller.sandbox.client_id(), caller.sandbox.client_secret(), 200),
    ] {
        assert_eq!(ask(id, secret).await, status, "{id} {secret}");
    }
    send(caller.get("/barcode/scan").query(&[("fileUrl", "x:canary-secret-3")])).await;
    let log = serde_json::to_string(&caller.sandbox.requests()).unwrap();
    assert!(!log.contains("canary"), "{log}");

    for invalid in [json!({ "client_id": "", "client_secret": "x" }), json!({ "client_id": "x" })] {
        rejection(send(add().json(&invalid)).await).await;
    }
    let more = (0..1000).take_while(|_| caller.sandbox.add_client("more", "x").is_ok());
    assert_eq!(more.count(), 98);
    assert!(caller.sandbox.add_client("x".repeat(1025), "x").is_err());
    caller.sandbox.reset();
    assert_eq!(ask("other", "canary-secret").await, 400);
    caller.sandbox.add_client("x", "x").unwrap();
}

#[tokio::test]
async fn a_token_and_the_tokens_of_a_client_can_be_revoked_in_rust() {
    let caller = Caller::new().await;
    let generate = async || caller.generate("QR", &[("data", "x")]).await.status().as_u16();
    caller.sandbox.revoke_token(&caller.token).unwrap();
    assert_eq!(generate().await, 401);
    caller.sandbox.reset();
    assert_eq!(generate().await, 200);
    caller.sandbox.revoke_client(caller.sandbox.client_id()).unwrap();
    assert_eq!(generate().await, 401);
    let error = caller.sandbox.revoke_client("nobody").unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
    assert!(caller.sandbox.revoke_token("nothing").is_err());
}
