//! No secret and no token appears in a value or in the log, no matter how the server responds.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use barcode_cloud_auth::{
    AuthStyle, ClientCredentials, CredentialsProvider, Error, FileCredentials, PrivateKeyJwt,
    SigningAlgorithm, TokenSource,
};
use base64::Engine;
use futures_util::future::join_all;
use rcgen::KeyPair;
use url::form_urlencoded::byte_serialize;

use crate::endpoint::{Endpoint, response};
use crate::private_key_jwt::pkcs8;
use crate::wire::form;

const SECRET: &str = "canary/secret+7f3a";
const TOKEN: &str = "canary.token-91bc";

/// The secrets in all encodings in which they are sent.
fn canaries() -> Vec<String> {
    let encoded: String = byte_serialize(SECRET.as_bytes()).collect();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("id:{encoded}"));
    vec![SECRET.into(), encoded, basic, TOKEN.into(), "7f3a".into(), "91bc".into()]
}

/// Keeps what a subscriber writes.
#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Captures the events of all levels and crates, whether they use `tracing` or `log`.
fn capture() -> Log {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing_log::LogTracer::init().unwrap();
    log
}

/// Responses that contain the secrets in unexpected places.
fn hostile_responses() -> Vec<Vec<u8>> {
    let quoted = format!("{SECRET} {TOKEN}");
    let error = |code: &str| format!(r#"{{"error":"{code}","error_description":"bad: {quoted}"}}"#);
    let ok = |members: &str| format!(r#"{{"access_token":"{TOKEN}",{members}}}"#);
    let bodies = [
        ok(r#""token_type":"mac""#),
        ok(r#""expires_in":3600"#),
        ok(&format!(r#""token_type":"{TOKEN}""#)),
        ok(&format!(r#""error":"{SECRET}""#)),
        ok(&format!(r#""error":"invalid_scope","error_description":"{TOKEN}""#)),
        format!(r#"{{"access_token":"{TOKEN}\n","token_type":"bearer"}}"#),
        format!(r#"{{"access_token":["{TOKEN}"],"token_type":"bearer"}}"#),
        format!(r#""{TOKEN}""#),
        format!("<html>{quoted}</html>"),
        format!(r#"{{"access_token":"{TOKEN}"#),
        error("invalid_client"),
        error("canary-secret"),
        error(TOKEN),
        error(&"x".repeat(500)),
        format!(r#"{{"error":"{SECRET}","error_description":"{}{SECRET}"}}"#, "y".repeat(190)),
    ];
    let statuses = ["200 OK", "400 Bad Request", "401 No", "307 Moved", "429 Slow", "500 Broken"];
    let location = format!("Location: https://example.com/?{TOKEN}\r\nX-Request-Id: {SECRET}\r\n");
    let mut responses = Vec::new();
    for body in &bodies {
        responses.extend(statuses.map(|status| response(status, &location, body)));
    }
    responses.push(format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{quoted}").into_bytes());
    responses.push(format!("{quoted}\r\n\r\n").into_bytes());
    responses.push(format!("HTTP/1.1 200 OK\r\nX: {quoted}\nbroken\0\r\n\r\n").into_bytes());
    responses.push(Vec::new());
    responses
}

/// Returns both forms of the `Debug` output.
fn debug(value: &impl Debug) -> String {
    format!("{value:?}\n{value:#?}\n")
}

fn everything(error: &Error) -> String {
    let mut text = debug(error);
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        write!(text, "{error}\n{error:?}\n").unwrap();
        next = error.source();
    }
    text
}

async fn outcomes_of_hostile_responses(seen: &mut String) {
    // All at the same time, because callers wait for retries of a retryable failure.
    let responses = hostile_responses().into_iter();
    let outcomes = responses.flat_map(|response| {
        [AuthStyle::Post, AuthStyle::Basic]
            .map(|style| outcome_of_hostile_response(response.clone(), style))
    });
    *seen += &join_all(outcomes).await.concat();
}

async fn outcome_of_hostile_response(response: Vec<u8>, style: AuthStyle) -> String {
    let endpoint = Endpoint::start(move |socket| drop(socket.write_all(&response)));
    let builder = endpoint.builder_for("id", SECRET).auth_style(style);
    let mut seen = debug(&builder);
    let source = builder.attempt_timeout(Duration::from_secs(2)).build().unwrap();
    seen += &everything(&source.token().await.unwrap_err());
    seen += &debug(&source);
    seen
}

async fn outcome_of_success(seen: &mut String) {
    let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"Bearer","scope":"{SECRET}"}}"#);
    let endpoint = Endpoint::responding("200 OK", "", &body);
    let verbose = reqwest::Client::builder().connection_verbose(true);
    let source = endpoint.builder_for("id", SECRET).http(verbose).build().unwrap();
    let mut request =
        reqwest::Request::new(reqwest::Method::GET, "https://api.example.com/".parse().unwrap());
    let token = source.authorize(&mut request).await.unwrap();
    *seen += &(debug(&token) + &debug(&request) + &debug(&source) + &debug(&source.metrics()));
    source.invalidate(&token);
}

/// The server rejects the assertion and quotes it. Returns the lines of the key and the parts of
/// the assertion.
async fn outcomes_of_a_private_key(seen: &mut String) -> Vec<String> {
    let key = KeyPair::generate().unwrap();
    let assertion = Arc::new(Mutex::new(String::new()));
    let quoted = Arc::clone(&assertion);
    let endpoint = Endpoint::start_with_request(move |socket, request| {
        let mut pairs = form(&request.body).into_iter();
        let (_, assertion) = pairs.find(|(name, _)| name == "client_assertion").unwrap();
        quoted.lock().unwrap().clone_from(&assertion);
        let body = format!(r#"{{"error":"invalid_client","error_description":"{assertion}"}}"#);
        let id = format!("X-Request-Id: {assertion}\r\n");
        drop(socket.write_all(&response("401 Unauthorized", &id, &body)));
    });
    let algorithm = SigningAlgorithm::Es256;
    let credentials = PrivateKeyJwt::from_pem("id", algorithm, pkcs8(&key)).unwrap();
    *seen += &debug(&credentials);
    *seen += &debug(&credentials.credentials().await.unwrap());
    let source = TokenSource::builder(endpoint.url(), credentials).allow_insecure_loopback(true);
    *seen += &debug(&source);
    *seen += &everything(&source.build().unwrap().token().await.unwrap_err());
    let [key, assertion] = [pkcs8(&key), assertion.lock().unwrap().clone()];
    let key_lines = key.lines().filter(|line| !line.starts_with("--"));
    let secrets = key_lines.chain(assertion.split('.'));
    secrets.map(str::to_owned).collect()
}

async fn outcomes_of_credentials(seen: &mut String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.json");
    for text in [
        format!(r#"{{"client_id":"id","client_secret":"{SECRET}""#),
        format!(r#"{{"client_id":"id","client_secret":["{SECRET}"]}}"#),
        format!(r#"{{"client_id":"","client_secret":"{SECRET}"}}"#),
        format!(r#""{SECRET}""#),
        format!("id:{SECRET}"),
        SECRET.to_owned(),
    ] {
        std::fs::write(&path, text).unwrap();
        let provider = FileCredentials::new(&path);
        let source = TokenSource::builder("https://login.example.com/", provider).build().unwrap();
        *seen += &everything(&source.token().await.unwrap_err());
    }
    let credentials = ClientCredentials::new("id", SECRET).unwrap();
    *seen += &debug(&credentials);
    *seen += &debug(&credentials.credentials().await.unwrap());
    *seen += &everything(&ClientCredentials::new("", SECRET).unwrap_err());
    for token in [format!("{TOKEN}\n"), format!("{TOKEN}\u{e4}"), format!("{TOKEN} ")] {
        let builder = TokenSource::static_token(token);
        *seen += &debug(&builder);
        *seen += &everything(&builder.build().unwrap_err());
    }
    *seen += &debug(&TokenSource::static_token(TOKEN).build().unwrap());
    for url in [format!("https://id:{SECRET}@example.com/"), format!("https://[{SECRET}]/")] {
        let error = TokenSource::builder(&url, credentials.clone()).build().unwrap_err();
        *seen += &everything(&error);
        *seen += &everything(&TokenSource::static_token("a").api_origin(url).build().unwrap_err());
    }
}

#[tokio::test]
async fn no_output_contains_a_secret() {
    let log = capture();
    let mut seen = String::new();
    outcomes_of_hostile_responses(&mut seen).await;
    outcome_of_success(&mut seen).await;
    let mut canaries = canaries();
    canaries.extend(outcomes_of_a_private_key(&mut seen).await);
    outcomes_of_credentials(&mut seen).await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for event in [
        "TRACE",
        "requesting an access token",
        "access token obtained",
        "access token invalidated",
        "no new access token, pausing",
    ] {
        assert!(log.contains(event), "not in the log: {event}");
    }
    for (place, text) in [("a value", seen), ("the log", log)] {
        for canary in &canaries {
            if let Some(at) = text.find(canary) {
                let from = text[..at].rfind('\n').unwrap_or(0);
                panic!("{canary} shows in {place}: {}", &text[from..at + canary.len()]);
            }
        }
    }
}
