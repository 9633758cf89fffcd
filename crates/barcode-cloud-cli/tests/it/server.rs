//! `barcode sandbox`: the emulator as a server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::fixture::{barcode, failure, one_error, stdout};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    barcode(folder, arguments).output().unwrap()
}

/// A sandbox that runs in its own process, and the first line of its output as JSON.
struct Server(Child, Value);

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::of(&mut barcode(folder, &[&["sandbox", "--json"], arguments].concat()))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, serde_json::from_str(&line).unwrap())
    }

    fn text(&self, key: &str) -> &str {
        self.1[key].as_str().unwrap()
    }

    fn command(&self, folder: &Path, secret: &str, arguments: &[&str]) -> Command {
        let mut command = barcode(folder, arguments);
        command
            .env("BARCODE_CLOUD_BASE_URL", self.text("base_url"))
            .env("BARCODE_CLOUD_TOKEN_URL", self.text("token_url"))
            .env("BARCODE_CLOUD_CLIENT_ID", self.text("client_id"))
            .env("BARCODE_CLOUD_CLIENT_SECRET", secret);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_environment_selects_a_running_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert!(
        server.text("base_url").starts_with("http://127.0.0.1:")
            && server.text("base_url").ends_with("/v4.0")
    );
    assert!(server.text("admin_url").ends_with("/_sandbox"));
    let page = server.text("page_url");
    assert!(page.starts_with("http://127.0.0.1:") && page.ends_with('/'));
    let secret = server.text("client_secret");
    let with = |secret: &str, arguments: &[&str]| {
        server.command(folder.path(), secret, arguments).output().unwrap()
    };

    stdout(&with(secret, &["generate", "EAN13", "4006381333931", "-o", "ean.png"]));
    assert_eq!(stdout(&with(secret, &["recognize", "ean.png"])), "EAN13: 4006381333931\n");
    let token = stdout(&with(secret, &["token", "--show"]));
    assert_eq!(token.trim().split('.').count(), 3, "a JWT");

    let error = one_error(&with("canary-wrong", &["scan", "ean.png"]));
    assert!(error.contains("invalid_client") && !error.contains("canary"), "{error}");

    let lossy = &["generate", "Code39", "Aspose", "--unchecked", "-o", "code39.png"];
    stdout(&with(secret, lossy));
    assert_eq!(stdout(&with(secret, &["recognize", "code39.png"])), "Code39: A\n");
    let strict = Server::start(folder.path(), &["--strict"]);
    let mut strict = strict.command(folder.path(), strict.text("client_secret"), lossy);
    let error = one_error(&strict.output().unwrap());
    assert!(error.contains("'s'"), "{error}");

    // A static token, which the service rejects, takes precedence over the credentials.
    let rejected = server
        .command(folder.path(), secret, &["generate", "QR", "x", "-o", "x.png"])
        .env("BARCODE_CLOUD_ACCESS_TOKEN", "canary.wrong.token")
        .output()
        .unwrap();
    let error = one_error(&rejected);
    assert!(error.contains("401") && !error.contains("canary"), "{error}");
    assert!(
        error.contains("access token is valid") && !error.contains("check the client"),
        "{error}"
    );

    let port = server.text("base_url").split([':', '/']).nth(4).unwrap();
    let error = one_error(&run(folder.path(), &["sandbox", "--port", port]));
    assert!(error.contains(port), "{error}");
}

#[cfg(unix)]
/// Returns a BMP file of 8000 × 8000 pixels with a black dot every 24 pixels. Searching it takes
/// long and finds nothing.
fn dots() -> Vec<u8> {
    let side = 8000_u32;
    let mut file = b"BM".to_vec();
    let rows = vec![255_u8; (side / 8 * side) as usize];
    // The file size, two reserved fields and the offset of the pixels, followed by the start of the
    // image header.
    for number in [rows.len() as u32 + 62, 0, 62, 40, side, side] {
        file.extend(number.to_le_bytes());
    }
    // One plane, one bit per pixel, no compression. The palette consists of black and white.
    file.extend([1, 0, 1, 0]);
    file.extend([0; 24]);
    file.extend([0, 0, 0, 0, 255, 255, 255, 0]);
    let start = file.len();
    file.extend(rows);
    for row in file[start..].chunks_mut(side as usize / 8).step_by(24) {
        row.iter_mut().step_by(3).for_each(|byte| *byte = 127);
    }
    file
}

/// Returns the HTTP response that lists the requests received by a sandbox.
#[cfg(unix)]
fn requests(server: &Server) -> String {
    let address = server.text("admin_url").split('/').nth(2).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("GET /_sandbox/requests HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    std::io::Read::read_to_string(&mut stream, &mut response).unwrap();
    response
}

#[cfg(unix)]
#[test]
fn a_busy_sandbox_stops_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dots.bmp"), dots()).unwrap();
    let mut server = Server::start(folder.path(), &[]);
    let arguments = ["recognize", "--mode", "excellent", "dots.bmp"];
    let mut scan = server
        .command(folder.path(), server.text("client_secret"), &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The token request arrives first, so wait for the recognize request itself.
    while !requests(&server).contains("recognize-multipart") {
        std::thread::yield_now();
    }
    crate::fixture::send_signal("TERM", server.0.id());
    assert!(server.0.wait().unwrap().success());
    // Whether the search ended before the sandbox stopped waiting for it depends on the machine.
    scan.wait().unwrap();
}

#[test]
fn only_allowed_host_names_reach_the_admin_endpoints() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--allow-host", "box.example"]);
    let address = server.text("page_url");
    let address = address.trim_start_matches("http://").trim_end_matches('/');
    let status = |host: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("GET /_sandbox/health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    };
    assert!(status("box.example").starts_with("HTTP/1.1 200"));
    assert!(status("evil.example").starts_with("HTTP/1.1 421"));

    let name = "http://box.example";
    let error = one_error(&run(folder.path(), &["sandbox", "--allow-host", name]));
    assert!(error.contains("host name"), "{error}");
}

#[test]
fn a_sandbox_injects_faults_and_maps_urls_to_files() {
    let folder = tempfile::tempdir().unwrap();
    stdout(&run(folder.path(), &["--sandbox", "generate", "QR", "by url", "-o", "label.png"]));
    let url = "https://pictures.example/?name=label.png";
    let server = Server::start(
        folder.path(),
        &[
            "--url-file",
            &format!("{url}=label.png"),
            // The command-line tool makes up to three attempts.
            "--fault",
            "status=503; retry-after=0, status=503; retry-after=0, ok, status=400",
        ],
    );
    let scan = || {
        let secret = server.text("client_secret");
        server.command(folder.path(), secret, &["scan", url]).output().unwrap()
    };
    assert_eq!(stdout(&scan()), "QR: by url\n");
    assert!(one_error(&scan()).contains("400"));
    for (arguments, expected) in [
        (["--url-file", "label.png"], "expected URL=PATH"),
        (["--url-file", "http://x=missing.png"], "missing.png does not exist or is not a file"),
        (["--fault", "status=1"], "--fault"),
        (["--listen", "192.0.2.1"], "cannot listen on 192.0.2.1:0"),
    ] {
        let error = one_error(&run(folder.path(), &[&["sandbox"], &arguments[..]].concat()));
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_settings_of_the_sandbox_are_also_environment_variables() {
    let folder = tempfile::tempdir().unwrap();
    stdout(&run(folder.path(), &["--sandbox", "generate", "QR", "by url", "-o", "label.png"]));
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "canary-secret\n").unwrap();
    let sandbox = || {
        let mut command = barcode(folder.path(), &["sandbox"]);
        command.env("BARCODE_SANDBOX_CLIENT_ID", "me");
        command
    };
    let mut command = sandbox();
    command
        .env("BARCODE_SANDBOX_CLIENT_SECRET_FILE", &secret)
        .env("BARCODE_SANDBOX_JSON", "1")
        .env("BARCODE_SANDBOX_CLOCK_AHEAD", "60")
        .env("BARCODE_SANDBOX_FAULT", "status=400\nstatus=400\n")
        .env(
            "BARCODE_SANDBOX_URL_FILE",
            "https://a.example=label.png\n\nhttps://b.example=label.png\n",
        );
    let server = Server::of(&mut command);
    assert_eq!(server.1["ca_certificate"], Value::Null);
    assert_eq!((server.text("client_id"), server.text("client_secret")), ("me", "canary-secret"));
    let scan = || {
        let arguments = &["scan", "https://b.example"];
        server.command(folder.path(), "canary-secret", arguments).output().unwrap()
    };
    failure(&scan());
    failure(&scan());
    assert_eq!(stdout(&scan()), "QR: by url\n");

    let mut command = sandbox();
    command.env("BARCODE_SANDBOX_CLIENT_SECRET", "it's").stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(4);
    let lines: Vec<_> = lines.map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lines[2], "export BARCODE_CLOUD_CLIENT_ID=me");
    assert_eq!(lines[3], r"export BARCODE_CLOUD_CLIENT_SECRET='it'\''s'");

    let server = Server::start(folder.path(), &["--tls"]);
    assert!(server.text("base_url").starts_with("https://"));
    assert!(server.text("ca_certificate").starts_with("-----BEGIN CERTIFICATE-----"));

    for (name, value, expected) in [
        ("BARCODE_SANDBOX_CLIENT_SECRET", "", "must not be empty"),
        ("BARCODE_SANDBOX_CLIENT_SECRET_FILE", "missing", "cannot read missing"),
        ("BARCODE_SANDBOX_SEED", "1", "CLIENT_SECRET_FILE are missing"),
        ("BARCODE_SANDBOX_PUBLIC_URL", "http://a.example/b", "are missing"),
    ] {
        let error = failure(&sandbox().env(name, value).output().unwrap());
        assert!(error.contains(expected), "{name}: {error}");
    }
}

/// A shell that starts a sandbox and then ends itself as soon as it can read a line.
#[cfg(target_os = "linux")]
#[test]
fn a_sandbox_ends_with_its_parent_if_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_barcode");
    let mut shell = Command::new("sh")
        .args(["-c", "\"$0\" sandbox --json --exit-with-parent & read line", program])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let facts: Value = serde_json::from_str(&line).unwrap();
    let address = facts["page_url"].as_str().unwrap();
    let address = address.trim_start_matches("http://").trim_end_matches('/');
    TcpStream::connect(address).unwrap();

    // The shell ends when its standard input is closed. The sandbox closes the output when it ends.
    drop(shell.stdin.take());
    shell.wait().unwrap();
    assert_eq!(output.read_line(&mut line).unwrap(), 0);
    TcpStream::connect(address).unwrap_err();
}
