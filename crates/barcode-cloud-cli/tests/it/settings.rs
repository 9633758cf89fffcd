//! Profiles of the configuration file, and the options that all commands have.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};

use crate::fixture::{Fixture, barcode, json, one_error, parts, stdout};

/// Writes a configuration file whose profile `work` uses the sandbox, and returns the output of
/// `barcode` with these arguments and without credentials in the environment.
fn with_profile(
    fixture: &Fixture,
    extra: &str,
    arguments: &[&str],
) -> (Option<i32>, String, String) {
    let text = format!(
        "[profiles.work]\nbase_url = '{}'\ntoken_url = '{}'\nclient_id = '{}'\n{extra}\n",
        fixture.sandbox.base_url(),
        fixture.sandbox.token_url(),
        fixture.sandbox.client_id(),
    );
    fixture.write(".config/barcode/config.toml", text);
    parts(&barcode(fixture.folder.path(), arguments).output().unwrap())
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_gets_its_secret_from_a_command() {
    let fixture = Fixture::new().await;
    let secret = fixture.sandbox.client_secret();
    let command = format!("client_secret_command = ['printf', '{secret}\\n']");
    let arguments = ["token", "--profile", "work"];
    let (code, out, err) = with_profile(&fixture, &command, &arguments);
    assert_eq!(code, Some(0), "{err}");
    let client = format!("client  {} (from the profile `work`)", fixture.sandbox.client_id());
    assert!(out.starts_with(&client), "{out}");

    let id = fixture.sandbox.client_id();
    let file = format!(r#"{{"client_id": "{id}", "client_secret": "{secret}"}}"#);
    fixture.write("credentials.json", file);
    let file = "credentials_file = 'credentials.json'";
    let (_, out, err) = with_profile(&fixture, file, &arguments);
    assert!(out.starts_with(&client), "{out} {err}");
    with_profile(&fixture, &command, &arguments);

    // The profile takes precedence over the environment only if it is selected.
    for (selected, expected) in [(&["--profile", "work"][..], 0), (&[], 2)] {
        let output = barcode(fixture.folder.path(), &[&["token"], selected].concat())
            .env("BARCODE_CLOUD_CLIENT_ID", "other")
            .env("BARCODE_CLOUD_CLIENT_SECRET", "other")
            .env("BARCODE_CLOUD_TOKEN_URL", fixture.sandbox.token_url())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(expected), "{output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_configuration_file_says_what_to_do_and_shows_no_secret() {
    let fixture = Fixture::new().await;
    for (extra, expected) in [
        ("client_secret = 'canary'", "use `barcode login`, `client_secret_command` or"),
        ("client_secret_command = 'canary'", "write it as"),
        ("client_secret_command = ['false']", "`false` failed with"),
        ("client_secret_command = ['true']", "`true` printed nothing"),
        ("client_secret_command = ['no-such-program']", "cannot run `no-such-program`"),
        ("base_uri = 'x'", "unknown field `base_uri`"),
        ("client_secret = canary", "config.toml: line 5: "),
        ("", "set `client_secret_command` or `credentials_file`"),
    ] {
        let (code, _, err) = with_profile(&fixture, extra, &["token", "--profile", "work"]);
        assert_eq!(code, Some(2));
        assert!(err.contains(expected) && !err.contains("canary"), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
    let (_, _, err) = with_profile(&fixture, "", &["token", "--profile", "home"]);
    assert!(err.contains("config.toml has no profile `home`"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_announced_unless_the_command_is_quiet() {
    let fixture = Fixture::new().await;
    fixture.picture("a.png", "x");
    for (option, expected) in [
        ("--timeout=90s", "503: retrying the request in "),
        ("--verbose", "resending the request"),
        ("--quiet", ""),
        ("--json", ""),
    ] {
        fixture.inject("status=503; retry-after=0, ok");
        let (code, _, err) = parts(&fixture.run(&["scan", "a.png", option]));
        assert_eq!(code, Some(0), "{err}");
        assert!(err.contains(expected) && err.is_empty() == expected.is_empty(), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_printed_on_request_and_contain_no_secret() {
    let fixture = Fixture::new().await;
    fixture.picture("a.png", "x");
    let traced = |arguments: &[&str], filter: &str| {
        let mut command = fixture.command(&[&["scan", "a.png"], arguments].concat());
        let (code, out, err) = parts(&command.env("RUST_LOG", filter).output().unwrap());
        assert_eq!((code, &out[..]), (Some(0), "QR: x\n"));
        assert!(!err.contains(fixture.sandbox.client_secret()), "{err}");
        assert!(!err.contains("Bearer") && !err.contains('\u{1b}'), "{err}");
        err
    };
    assert_eq!(traced(&[], ""), "");
    assert!(traced(&["-vvv"], "").contains("barcode_cloud"));
    assert!(traced(&[], "trace").contains("barcode_cloud"));
    assert_eq!(traced(&["-v"], "off"), "");
    let mut wrong = fixture.command(&["scan", "a.png"]);
    let (code, _, err) = parts(&wrong.env("RUST_LOG", "a=b").output().unwrap());
    assert!(code == Some(2) && err.starts_with("error: RUST_LOG: "), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_has_the_advice_that_fits_it() {
    let fixture = Fixture::new().await;
    fixture.picture("a.png", "x");
    let busy = "status=429; retry-after=600";
    let slow = "delay=600s";
    for (fault, variable, arguments, expected, kind) in [
        (busy, None, &[][..], "; try again in 600 s", "rate_limited"),
        // The limit includes the token request, which takes time on a busy machine.
        (slow, None, &["--timeout", "3s"], "took longer than 3s", "timeout"),
        ("status=500", None, &[], "500", "server"),
        (
            "ok",
            Some(("BARCODE_CLOUD_ACCESS_TOKEN", "canary")),
            &[],
            "check that the access token is valid",
            "auth",
        ),
        (
            "ok",
            Some(("BARCODE_CLOUD_CLIENT_SECRET", "canary")),
            &[],
            "check the client id and its secret",
            "auth",
        ),
    ] {
        let scan = |format: &str| {
            fixture.sandbox.clear_faults();
            fixture.inject(fault);
            let mut command = fixture.command(&[&["scan", "a.png", format], arguments].concat());
            command.envs(variable);
            let (code, _, err) = parts(&command.output().unwrap());
            assert_eq!(code, Some(2), "{err}");
            assert!(!err.contains("canary"), "{err}");
            err
        };
        let text = scan("--quiet");
        assert!(text.contains(expected), "{text}");
        let error = &json(&scan("--json"))["error"];
        assert_eq!(error["kind"], kind);
        assert!(error["message"].as_str().unwrap().contains(expected), "{error}");
        assert_eq!(error["retry_after"] == 600, kind == "rate_limited");
        assert_eq!(error["may_have_been_billed"], matches!(kind, "timeout" | "server"));
    }
    let none = barcode(fixture.folder.path(), &["scan", "a.png"]).output();
    let (_, _, err) = parts(&none.unwrap());
    assert!(
        err.contains("BARCODE_CLOUD_CLIENT_ID and BARCODE_CLOUD_CLIENT_SECRET")
            && err.contains("--sandbox"),
        "{err}"
    );
}

#[test]
fn an_unreachable_token_endpoint_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = barcode(folder.path(), &["generate", "QR", "x", "-o", "label.png"]);
    command
        .env("BARCODE_CLOUD_CLIENT_ID", "id")
        .env("BARCODE_CLOUD_CLIENT_SECRET", "secret")
        .env("BARCODE_CLOUD_BASE_URL", "http://127.0.0.1:9/v4.0")
        .env("BARCODE_CLOUD_TOKEN_URL", "http://127.0.0.1:9/connect/token");
    let error = one_error(&command.output().unwrap());
    assert!(error.contains("127.0.0.1:9"), "{error}");
}

/// Starts a server that responds to every request with one barcode. Sends the first line of each
/// request, prefixed with `name`, to `request_lines`. Returns the URL of the server.
fn serve_a_barcode(name: &'static str, request_lines: Sender<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            let mut lines = BufReader::new(&stream).lines().map(Result::unwrap);
            request_lines.send(format!("{name}: {}", lines.next().unwrap())).unwrap();
            lines.find(String::is_empty);
            let body = r#"{"barcodes":[{"barcodeValue":"found","type":"QR"}]}"#;
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            write!(&stream, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
        }
    });
    address
}

#[test]
fn the_proxy_from_the_environment_is_used_unless_no_proxy_lists_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, requests) = channel();
    let service = serve_a_barcode("service", sender.clone());
    let proxy = serve_a_barcode("proxy", sender);
    for (no_proxy, expected) in [
        ("", format!("proxy: GET {service}/v4.0/barcode/scan?")),
        ("127.0.0.1", "service: GET /v4.0/barcode/scan?".to_owned()),
    ] {
        let arguments = ["scan", "https://pictures.example/label.png"];
        let mut command = barcode(folder.path(), &arguments);
        for name in ["HTTP_PROXY", "NO_PROXY", "ALL_PROXY", "all_proxy", "REQUEST_METHOD"] {
            command.env_remove(name);
        }
        command
            .env("BARCODE_CLOUD_BASE_URL", format!("{service}/v4.0"))
            .env("BARCODE_CLOUD_ACCESS_TOKEN", "token")
            .env("http_proxy", &proxy)
            .env("no_proxy", no_proxy);
        assert_eq!(stdout(&command.output().unwrap()), "QR: found\n");
        let requests: Vec<String> = requests.try_iter().collect();
        assert!(requests.len() == 1 && requests[0].starts_with(&expected), "{requests:?}");
    }
}
