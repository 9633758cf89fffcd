//! The token endpoint, and what the operations make of tokens.

use std::time::Duration;

use barcode_cloud_sandbox::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Response;
use serde_json::{Value, json};

use crate::caller::{Caller, ask_token, failure, json};

const SCAN: &str = "/barcode/scan?fileUrl=https://example.com/a.png";

async fn refused(response: Response) -> String {
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/json");
    json(response).await["error"].as_str().unwrap().to_owned()
}

/// A part of a token: 0 is the header, 1 the claims.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_a_jwt_with_the_promised_lifetime() {
    let lifetime = Duration::from_secs(120);
    let sandbox = Sandbox::builder()
        .token_lifetime(lifetime)
        .start()
        .await
        .unwrap();
    let http = reqwest::Client::new();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let response = ask_token(&http, sandbox.token_url(), id, secret).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body = json(response).await;
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 120);
    let token = body["access_token"].as_str().unwrap();
    let (header, claims) = (part(token, 0), part(token, 1));
    assert_eq!(header["typ"], "JWT");
    assert_eq!(claims["client_id"], id);
    assert_eq!(claims["aud"], sandbox.base_url());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        120
    );
    assert!(claims["iss"].is_string() && claims["jti"].is_string() && claims["nbf"].is_i64());
}

#[tokio::test]
async fn credentials_may_come_in_a_basic_header() {
    let caller = Caller::of(Sandbox::builder().credentials("id:1", "a secret & more")).await;
    let ask = |header: String| {
        caller
            .http
            .post(caller.sandbox.token_url())
            .header("authorization", header)
            .form(&[("grant_type", "client_credentials")])
            .send()
    };
    let good = STANDARD.encode("id%3A1:a+secret+%26+more");
    assert_eq!(ask(format!("Basic {good}")).await.unwrap().status(), 200);
    assert_eq!(ask(format!("basic {good}")).await.unwrap().status(), 200);
    let bad = STANDARD.encode("id%3A1:wrong");
    assert_eq!(
        refused(ask(format!("Basic {bad}")).await.unwrap()).await,
        "invalid_client"
    );
    assert_eq!(
        refused(ask("Basic %%%".to_owned()).await.unwrap()).await,
        "invalid_client"
    );
}

#[tokio::test]
async fn bad_token_requests_are_refused_by_their_kind() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = reqwest::Client::new();
    let url = sandbox.token_url();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    for (form, error) in [
        (
            vec![
                ("grant_type", "password"),
                ("client_id", id),
                ("client_secret", secret),
            ],
            "unsupported_grant_type",
        ),
        (
            vec![("client_id", id), ("client_secret", secret)],
            "invalid_request",
        ),
        (
            vec![("grant_type", "client_credentials")],
            "invalid_request",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_id", id)],
            "invalid_request",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", id),
                ("client_id", id),
                ("client_secret", secret),
            ],
            "invalid_request",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", id),
                ("client_secret", "wrong"),
            ],
            "invalid_client",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", "who"),
                ("client_secret", secret),
            ],
            "invalid_client",
        ),
    ] {
        let response = http.post(url).form(&form).send().await.unwrap();
        assert_eq!(refused(response).await, error, "{form:?}");
    }
    assert_eq!(
        refused(http.get(url).send().await.unwrap()).await,
        "invalid_request"
    );
    let body = json!({ "grant_type": "client_credentials" });
    assert_eq!(
        refused(http.post(url).json(&body).send().await.unwrap()).await,
        "invalid_request"
    );
    let latin1 = http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("client_id=%FF");
    assert_eq!(
        refused(latin1.send().await.unwrap()).await,
        "invalid_request"
    );
}

#[tokio::test]
async fn the_sixth_failure_of_one_pair_is_told_to_wait() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = reqwest::Client::new();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    for _ in 0..5 {
        let response = ask_token(&http, sandbox.token_url(), id, "wrong").await;
        assert_eq!(refused(response).await, "invalid_client");
    }
    let response = ask_token(&http, sandbox.token_url(), id, "wrong").await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "600");
    // Other pairs, the right one among them, are not held back.
    let response = ask_token(&http, sandbox.token_url(), id, "also wrong").await;
    assert_eq!(refused(response).await, "invalid_client");
    assert_eq!(
        ask_token(&http, sandbox.token_url(), id, secret)
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn a_request_without_a_good_token_is_refused() {
    let caller = Caller::new().await;
    let claims = part(&caller.token, 1);
    let forged =
        |header: &Header, key: &EncodingKey| jsonwebtoken::encode(header, &claims, key).unwrap();
    let none = {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let claims = caller.token.split('.').nth(1).unwrap();
        format!("{header}.{claims}.")
    };
    let symmetric = forged(
        &Header::new(Algorithm::HS256),
        &EncodingKey::from_secret(b"guess"),
    );
    let stranger = Caller::new().await;
    let mut tampered = caller.token.clone();
    tampered.replace_range(tampered.len() - 4.., "AAAA");
    for token in [
        "",
        "garbage",
        "a.b.c",
        &none,
        &symmetric,
        &stranger.token,
        &tampered,
    ] {
        let request = caller.http.get(caller.url(SCAN)).bearer_auth(token);
        let response = request.send().await.unwrap();
        let challenge = response.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(challenge.starts_with("Bearer error="), "{challenge}");
        assert_eq!(
            failure(response, 401).await.0,
            "errorAuthentication",
            "{token}"
        );
    }
    let request = caller.http.get(caller.url(SCAN));
    let without = request.try_clone().unwrap().send().await.unwrap();
    assert_eq!(without.headers()["www-authenticate"], "Bearer");
    assert_eq!(failure(without, 401).await.0, "errorAuthentication");
    let basic = request
        .basic_auth("id", Some("secret"))
        .send()
        .await
        .unwrap();
    assert_eq!(failure(basic, 401).await.0, "errorAuthentication");
}

#[tokio::test]
async fn an_expired_token_is_refused_as_such() {
    let caller = Caller::of(Sandbox::builder().token_lifetime(Duration::ZERO)).await;
    let response = caller.get(SCAN).send().await.unwrap();
    let challenge = response.headers()["www-authenticate"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        challenge.contains("invalid_token") && challenge.contains("expired"),
        "{challenge}"
    );
    let (code, message) = failure(response, 401).await;
    assert_eq!(
        (&*code, &*message),
        ("errorAuthentication", "The access token has expired.")
    );
}

#[tokio::test]
async fn a_token_lasts_as_long_as_promised_and_no_longer() {
    let caller = Caller::of(Sandbox::builder().token_lifetime(Duration::from_secs(2))).await;
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 401);
}

#[tokio::test]
async fn no_secret_is_shown() {
    let builder = Sandbox::builder().credentials("known-id", "very-secret");
    assert!(!format!("{builder:?}").contains("very-secret"));
    let sandbox = builder.start().await.unwrap();
    let shown = format!("{sandbox:?}");
    assert!(
        shown.contains("known-id") && !shown.contains("very-secret"),
        "{shown}"
    );
}
