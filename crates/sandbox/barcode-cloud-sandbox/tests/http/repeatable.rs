//! The settings that make a sandbox the same at each start: a public URL and a seed.

use barcode_cloud_sandbox::{Builder, Sandbox};
use serde_json::Value;

use crate::caller::{Caller, ask_token, json, send};

#[tokio::test]
async fn the_public_url_is_in_every_document_and_its_host_is_allowed() {
    let public = "https://sandbox.example.com";
    let caller = Caller::listening_locally(Sandbox::builder().public_url(public)).await;
    assert_eq!(caller.sandbox.base_url(), format!("{public}/v4.0"));
    assert_eq!(caller.sandbox.token_url(), format!("{public}/connect/token"));
    let local = format!("http://127.0.0.1:{}", caller.sandbox.port());
    let get = async |path: &str| {
        let request = caller.http.get(format!("{local}{path}"));
        json(send(request.header("host", "sandbox.example.com")).await).await
    };
    let configuration = get("/.well-known/openid-configuration").await;
    assert_eq!(configuration["issuer"], public);
    assert_eq!(configuration["token_endpoint"], format!("{public}/connect/token"));
    let spec = get("/v4.0/barcode/swagger/spec").await;
    assert_eq!(spec["servers"][0]["url"], format!("{public}/v4.0"));
    assert_eq!(get("/_sandbox/health").await["status"], "ok");
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
}

#[tokio::test]
async fn a_public_url_with_more_than_an_origin_is_rejected() {
    for url in
        ["", "sandbox.example", "ftp://a.example", "http://a.example/b", "http://u@a.example"]
    {
        let error = Sandbox::builder().public_url(url).start().await.unwrap_err();
        assert!(error.to_string().contains("public URL"), "{url}: {error}");
    }
    for url in ["http://a.example:80/", "http://[::1]:8787", "http://127.0.0.1:1"] {
        Sandbox::builder().public_url(url).start().await.unwrap();
    }
}

/// The credentials, the public key and the id of the first request of a new sandbox.
async fn identity(builder: Builder) -> [String; 4] {
    let sandbox = builder.start().await.unwrap();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = ask_token(&http, sandbox.token_url(), id, secret).await;
    assert_eq!(response.status(), 200);
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let origin = sandbox.page_url();
    let keys = http.get(format!("{origin}.well-known/openid-configuration/jwks"));
    let keys: Value = json(send(keys).await).await;
    [id.to_owned(), secret.to_owned(), request_id, keys.to_string()]
}

#[tokio::test]
async fn the_same_seed_makes_the_same_credentials_keys_and_ids() {
    let seeded = |seed| identity(Sandbox::builder().seed(seed));
    let first = seeded(1).await;
    assert_eq!(first, seeded(1).await);
    for other in [seeded(2).await, identity(Sandbox::builder()).await] {
        assert!(first.iter().zip(&other).all(|(one, other)| one != other), "{other:?}");
    }
}

#[tokio::test]
async fn a_restarted_sandbox_with_the_same_seed_accepts_earlier_tokens() {
    let builder = || Sandbox::builder().seed(1).public_url("http://localhost:1");
    let earlier = Caller::listening_locally(builder()).await;
    earlier.sandbox.stop().await;
    let mut caller = Caller::listening_locally(builder()).await;
    caller.token = earlier.token;
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
}
