//! The token endpoint, and how the operations validate tokens.

use std::time::Duration;

use barcode_cloud_sandbox::Sandbox;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Response;
use serde_json::{Value, json};

use crate::caller::{Caller, ask_token, failure, json, rejection, rows, send};

const SCAN: &str = "/barcode/scan?fileUrl=https://example.com/a.png";

async fn rejected(response: Response) -> String {
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["content-type"], "application/json");
    json(response).await["error"].as_str().unwrap().to_owned()
}

fn challenge(response: &Response) -> String {
    let challenge = &response.headers()["www-authenticate"];
    challenge.to_str().unwrap().to_owned()
}

/// A part of a token: 0 is the header, 1 the claims.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_token_is_a_jwt_with_the_promised_lifetime() {
    let lifetime = Duration::from_secs(120);
    let builder = Sandbox::builder().token_lifetime(lifetime);
    let sandbox = builder.start().await.unwrap();
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
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert!(claims["iss"].is_string() && claims["jti"].is_string() && claims["nbf"].is_i64());
}

fn origin(caller: &Caller) -> String {
    format!("http://127.0.0.1:{}", caller.sandbox.port())
}

/// The only key of the published set, which is found through the discovery document.
async fn public_key(caller: &Caller) -> Value {
    let url = format!("{}/.well-known/openid-configuration", origin(caller));
    let configuration = json(caller.http.get(url).send().await.unwrap()).await;
    assert_eq!(configuration["issuer"], origin(caller));
    assert_eq!(configuration["token_endpoint"], caller.sandbox.token_url());
    let keys = configuration["jwks_uri"].as_str().unwrap();
    let keys = json(caller.http.get(keys).send().await.unwrap()).await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    keys["keys"][0].clone()
}

#[tokio::test]
async fn a_token_can_be_checked_with_the_published_key() {
    let caller = Caller::new().await;
    let key = public_key(&caller).await;
    assert_eq!(part(&caller.token, 0)["kid"], key["kid"]);
    assert_eq!(part(&caller.token, 0)["alg"], key["alg"]);
    let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(key).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
    validation.set_issuer(&[origin(&caller)]);
    validation.set_audience(&[caller.sandbox.base_url()]);
    let key = jsonwebtoken::DecodingKey::from_jwk(&key).unwrap();
    let token = jsonwebtoken::decode::<Value>(&caller.token, &key, &validation).unwrap();
    assert_eq!(token.claims["client_id"], caller.sandbox.client_id());
}

#[tokio::test]
async fn several_clients_each_have_their_own_secret() {
    let builder = Sandbox::builder().credentials("one", "secret of one");
    let caller = Caller::of(builder.credentials("two", "secret of two")).await;
    assert_eq!(caller.sandbox.client_id(), "one");
    let ask = |id, secret| ask_token(&caller.http, caller.sandbox.token_url(), id, secret);
    let token = json(ask("two", "secret of two").await).await;
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(part(token, 1)["client_id"], "two");
    let crossed = ask("two", "secret of one").await;
    assert_eq!(rejected(crossed).await, "invalid_client");
}

async fn revoke(caller: &Caller, body: Value) -> Response {
    let url = format!("{}/_sandbox/tokens/revoke", origin(caller));
    caller.http.post(url).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_revoked_token_is_rejected_and_a_new_one_is_accepted() {
    let builder = Sandbox::builder().credentials("one", "secret of one");
    let caller = Caller::of(builder.credentials("two", "secret of two")).await;
    let fresh = async |id: &str| {
        let secret = format!("secret of {id}");
        let url = caller.sandbox.token_url();
        let response = json(ask_token(&caller.http, url, id, &secret).await).await;
        response["access_token"].as_str().unwrap().to_owned()
    };
    let status = async |token: &str| {
        let url = caller.url("/barcode/generate/QR?data=x");
        let request = caller.http.get(url).bearer_auth(token);
        send(request).await.status().as_u16()
    };
    let (first, second, other) = (fresh("one").await, fresh("one").await, fresh("two").await);
    let response = revoke(&caller, json!({ "token": first })).await;
    assert_eq!(response.status(), 204);
    assert_eq!(status(&first).await, 401);
    assert_eq!(status(&second).await, 200);

    let response = revoke(&caller, json!({ "client_id": "one" })).await;
    assert_eq!(response.status(), 204);
    assert_eq!(status(&second).await, 401);
    assert_eq!(status(&other).await, 200);

    assert_eq!(revoke(&caller, json!({})).await.status(), 204);
    assert_eq!(status(&other).await, 401);
    let token = fresh("two").await;
    assert_eq!(status(&token).await, 200);
    caller.sandbox.revoke_tokens();
    assert_eq!(status(&token).await, 401);
    assert_eq!(status(&fresh("one").await).await, 200);
}

#[tokio::test]
async fn an_invalid_revocation_is_rejected_with_a_reason() {
    let caller = Caller::new().await;
    for (body, reason) in [
        (json!({ "token": "a.b.c" }), "did not issue"),
        (json!({ "client_id": "who" }), "does not exist"),
        (json!({ "client_id": "a", "token": "b" }), "either token or"),
        (json!({ "all": true }), "all"),
    ] {
        let message = rejection(revoke(&caller, body).await).await;
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
}

#[tokio::test]
async fn the_clock_offset_does_not_change_the_lifetime_of_tokens() {
    let day = Duration::from_secs(24 * 60 * 60);
    for (builder, sign) in
        [(Sandbox::builder().clock_ahead(day), 1), (Sandbox::builder().clock_behind(day), -1)]
    {
        let caller = Caller::of(builder).await;
        let issued = part(&caller.token, 1)["iat"].as_i64().unwrap();
        let off = issued - chrono::Utc::now().timestamp();
        assert!((sign * off - 86_400).abs() < 3600, "{off}");
        let response = caller.generate("QR", &[("data", "x")]).await;
        assert_eq!(response.status(), 200);
        let date = response.headers()["date"].to_str().unwrap();
        let date = chrono::DateTime::parse_from_rfc2822(date).unwrap();
        assert!((date.timestamp() - issued).abs() < 3600, "{date}");
        let error = json(send(caller.get("/barcode/generate/QR")).await).await;
        let date = error["error"]["dateTime"].as_str().unwrap();
        let date = chrono::DateTime::parse_from_rfc3339(date).unwrap();
        assert!((date.timestamp() - issued).abs() < 3600, "{date}");
    }
    let error = Sandbox::builder().clock_ahead(day * 4000).start().await;
    assert!(error.is_err());
}

#[tokio::test]
async fn a_leeway_accepts_expired_tokens() {
    let builder = Sandbox::builder().token_lifetime(Duration::ZERO);
    let caller = Caller::of(builder.token_leeway(Duration::from_secs(3600))).await;
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
}

#[tokio::test]
async fn credentials_are_accepted_in_a_basic_header() {
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
    for header in [format!("Basic {bad}"), "Basic %%%".to_owned()] {
        assert_eq!(rejected(ask(header).await.unwrap()).await, "invalid_client");
    }
}

#[tokio::test]
async fn invalid_token_requests_are_rejected_with_the_matching_error() {
    let builder = Sandbox::builder().credentials("id", "secret");
    let sandbox = builder.start().await.unwrap();
    let http = reqwest::Client::new();
    let url = sandbox.token_url();
    for [form, error] in rows(
        "grant_type=password&client_id=id&client_secret=secret           | unsupported_grant_type
         client_id=id&client_secret=secret                               | invalid_request
         grant_type=client_credentials                                   | invalid_request
         grant_type=client_credentials&client_id=id                      | invalid_request
         grant_type=client_credentials&client_id=id&client_id=id&client_secret=secret | invalid_request
         grant_type=client_credentials&client_id=id&client_secret=wrong  | invalid_client
         grant_type=client_credentials&client_id=who&client_secret=secret | invalid_client
                                                                         | invalid_request
         &&&                                                             | invalid_request
         grant_type                                                      | invalid_request
         grant_type=%                                                    | invalid_request
         a=b=c&grant_type=client_credentials                             | invalid_request
         client_id=%FF                                                   | invalid_request",
    ) {
        for kind in ["", "; charset=utf-8"] {
            let kind = format!("application/x-www-form-urlencoded{kind}");
            let request = http.post(url).header("content-type", kind).body(form.to_owned());
            assert_eq!(rejected(send(request).await).await, error, "{form}");
        }
    }
    let json = json!({ "grant_type": "client_credentials" });
    for request in [http.get(url), http.post(url).json(&json)] {
        assert_eq!(rejected(send(request).await).await, "invalid_request");
    }
}

#[tokio::test]
async fn the_sixth_failure_of_an_id_and_secret_is_rate_limited() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = reqwest::Client::new();
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    for _ in 0..5 {
        let response = ask_token(&http, sandbox.token_url(), id, "wrong").await;
        assert_eq!(rejected(response).await, "invalid_client");
    }
    let response = ask_token(&http, sandbox.token_url(), id, "wrong").await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "600");
    // Other ids and secrets are not rate limited, including the correct ones.
    let response = ask_token(&http, sandbox.token_url(), id, "also wrong").await;
    assert_eq!(rejected(response).await, "invalid_client");
    let response = ask_token(&http, sandbox.token_url(), id, secret).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_request_without_a_valid_token_is_rejected() {
    let caller = Caller::new().await;
    let claims = part(&caller.token, 1);
    let forged =
        |header: &Header, key: &EncodingKey| jsonwebtoken::encode(header, &claims, key).unwrap();
    let none = {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let claims = caller.token.split('.').nth(1).unwrap();
        format!("{header}.{claims}.")
    };
    let symmetric = forged(&Header::new(Algorithm::HS256), &EncodingKey::from_secret(b"guess"));
    // A public key must not be accepted as an HMAC secret, whatever the header says.
    let confused = forged(
        &Header::new(Algorithm::HS256),
        &EncodingKey::from_secret(public_key(&caller).await["x"].as_str().unwrap().as_bytes()),
    );
    let stranger = Caller::new().await;
    let mut tampered = caller.token.clone();
    tampered.replace_range(tampered.len() - 4.., "AAAA");
    let forged = [&none, &symmetric, &confused, &stranger.token, &tampered];
    for token in ["", "garbage", "a.b.c"].into_iter().chain(forged.map(|token| &**token)) {
        let request = caller.http.get(caller.url(SCAN)).bearer_auth(token);
        let response = send(request).await;
        let challenge = challenge(&response);
        assert!(challenge.starts_with("Bearer error="), "{challenge}");
        let (code, _) = failure(response, 401).await;
        assert_eq!(code, "errorAuthentication", "{token}");
    }
    let request = caller.http.get(caller.url(SCAN));
    let without = request.try_clone().unwrap().send().await.unwrap();
    assert_eq!(without.headers()["www-authenticate"], "Bearer");
    assert_eq!(failure(without, 401).await.0, "errorAuthentication");
    let basic = send(request.basic_auth("id", Some("secret"))).await;
    assert_eq!(failure(basic, 401).await.0, "errorAuthentication");
}

#[tokio::test]
async fn the_error_for_an_expired_token_says_so() {
    let caller = Caller::of(Sandbox::builder().token_lifetime(Duration::ZERO)).await;
    let response = send(caller.get(SCAN)).await;
    let challenge = challenge(&response);
    let is_right = challenge.contains("invalid_token") && challenge.contains("expired");
    assert!(is_right, "{challenge}");
    let (code, message) = failure(response, 401).await;
    assert_eq!(code, "errorAuthentication");
    assert_eq!(message, "The access token has expired.");
}

#[tokio::test]
async fn a_token_is_valid_for_exactly_its_lifetime() {
    let caller = Caller::of(Sandbox::builder().token_lifetime(Duration::from_secs(2))).await;
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 200);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(caller.generate("QR", &[("data", "x")]).await.status(), 401);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let builder = Sandbox::builder().credentials("known-id", "very-secret");
    assert!(!format!("{builder:?}").contains("very-secret"));
    let sandbox = builder.start().await.unwrap();
    let shown = format!("{sandbox:?}");
    assert!(shown.contains("known-id") && !shown.contains("very-secret"), "{shown}");
}
