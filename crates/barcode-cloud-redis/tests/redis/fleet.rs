//! Fleets of real processes, with a sandbox as their token endpoint.

use std::collections::HashSet;
use std::time::Duration;

use barcode_cloud_sandbox::Sandbox;

use crate::process::{Process, Settings, ask_all, only_fleet, start_all};
use crate::server::Server;

/// The number of processes that every test run starts. The ignored tests start more.
const SIZE: usize = 40;

async fn sandbox(token_lifetime: u64) -> Sandbox {
    let lifetime = Duration::from_secs(token_lifetime);
    Sandbox::builder().token_lifetime(lifetime).start().await.unwrap()
}

fn start(size: usize, server: &Server, sandbox: &Sandbox, secret: &str) -> Vec<Process> {
    start_all(size, |_| settings(server, sandbox, secret, "scope-of-all"))
}

fn settings<'a>(
    server: &Server,
    sandbox: &'a Sandbox,
    secret: &'a str,
    scope: &str,
) -> Settings<'a> {
    Settings {
        redis: server.url(),
        token_url: sandbox.token_url(),
        client_id: sandbox.client_id(),
        secret,
        scope: scope.to_owned(),
    }
}

fn token_requests(sandbox: &Sandbox) -> usize {
    let requests = sandbox.requests();
    requests.iter().filter(|request| request.operation.as_deref() == Some("token")).count()
}

/// Sends a command to all processes, which must get the same token.
fn one_token(fleet: &mut [Process], command: &str) -> String {
    let replies: HashSet<_> = ask_all(fleet, command).into_iter().collect();
    let mut replies = replies.into_iter();
    match (replies.next(), replies.next()) {
        (Some(token), None) if token.starts_with("token ") => token,
        other => panic!("{other:?} {:?}", replies.collect::<Vec<_>>()),
    }
}

async fn share_one_token(size: usize, lifetime: u64, renewals: usize) {
    let _only = only_fleet().await;
    let Some(server) = Server::start().await else { return };
    // A token is renewed after 70 % to 80 % of its lifetime.
    let sandbox = sandbox(lifetime).await;
    let mut fleet = start(size, &server, &sandbox, sandbox.client_secret());
    let mut tokens = vec![one_token(&mut fleet, "token")];
    assert_eq!(token_requests(&sandbox), 1);
    for renewal in 1..=renewals {
        tokens.push(one_token(&mut fleet, "renewed"));
        assert_eq!(token_requests(&sandbox), 1 + renewal);
    }
    let distinct: HashSet<_> = tokens.iter().collect();
    assert_eq!(distinct.len(), 1 + renewals);
}

async fn replace_one_token(size: usize) {
    let _only = only_fleet().await;
    let Some(server) = Server::start().await else { return };
    let sandbox = sandbox(3600).await;
    let mut fleet = start(size, &server, &sandbox, sandbox.client_secret());
    let old = one_token(&mut fleet, "token");
    sandbox.revoke_tokens();
    assert_ne!(one_token(&mut fleet, "replace"), old);
    assert_eq!(token_requests(&sandbox), 2);
}

async fn refused_four_times(size: usize) {
    let _only = only_fleet().await;
    let Some(server) = Server::start().await else { return };
    let sandbox = sandbox(3600).await;
    // Each process needs a token of its own, so they send their requests at the same time.
    let scopes =
        |number: usize| settings(&server, &sandbox, "wrong-secret", &format!("scope-{number}"));
    let mut fleet = start_all(size, scopes);
    for _ in 0..2 {
        let replies = ask_all(&mut fleet, "token");
        assert!(replies.iter().all(|reply| reply.starts_with("error ")), "{replies:?}");
        assert_eq!(token_requests(&sandbox), 4);
    }
    let mut rotated = start(5, &server, &sandbox, sandbox.client_secret());
    let token = one_token(&mut rotated, "token");
    assert_eq!(token_requests(&sandbox), 5);
    nothing_is_readable(&server, &sandbox, token.trim_start_matches("token "));
}

/// Neither the keys nor the values show what they are about.
fn nothing_is_readable(server: &Server, sandbox: &Sandbox, token: &str) {
    let keys = server.command(&["--raw", "keys", "*"]);
    let mut dump = keys.clone();
    assert!(keys.lines().count() > 2);
    for key in keys.lines() {
        dump.push_str(&server.command(&["--raw", "get", key]));
    }
    for text in [
        sandbox.client_id(),
        sandbox.client_secret(),
        sandbox.token_url(),
        "wrong-secret",
        "scope-",
        token,
        "Bearer",
        "invalid_client",
        "127.0.0.1",
        "lease",
    ] {
        assert!(!dump.contains(text), "{text} is in the store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_one_token_and_each_renewal() {
    share_one_token(SIZE, 4, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_replaced_once() {
    replace_one_token(SIZE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused_four_times_and_a_rotated_one_is_used() {
    refused_four_times(SIZE).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes two minutes on two cores"]
async fn two_hundred_processes() {
    share_one_token(200, 10, 10).await;
    replace_one_token(200).await;
    refused_four_times(200).await;
}
