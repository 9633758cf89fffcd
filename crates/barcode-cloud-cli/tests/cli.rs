//! Runs the `barcode` binary as users and scripts do.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Sender, channel};

use serde_json::Value;

/// Returns a `barcode` command whose environment contains no credentials.
fn barcode(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_barcode"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BARCODE_CLOUD_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    barcode(folder).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the error of a failed command, which must be a single line.
fn failure(output: &Output) -> String {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    assert!(error.starts_with("error: "), "{error}");
    assert!(output.stdout.is_empty(), "{output:?}");
    error
}

#[test]
fn demo_reads_back_every_value() {
    let folder = tempfile::tempdir().unwrap();
    let output = stdout(&run(folder.path(), &["demo"]));
    for operation in [
        "generate ",
        "generate_body ",
        "generate_multipart ",
        "recognize ",
        "recognize_base64 ",
        "recognize_multipart ",
        "scan ",
        "scan_base64 ",
        "scan_multipart ",
    ] {
        assert!(output.lines().any(|line| line.starts_with(operation)), "{operation} in {output}");
    }
    assert!(output.contains("every value read equals the value written"), "{output}");
    assert!(folder.path().join("barcode-demo/qr.png").exists());
}

#[test]
fn generate_recognize_and_scan_print_one_line_per_barcode() {
    let folder = tempfile::tempdir().unwrap();
    let output = stdout(&run(
        folder.path(),
        &["--sandbox", "generate", "QR", "Hello, world", "-o", "hello.png"],
    ));
    assert!(
        output.starts_with("hello.png: QR, ") && output.ends_with(" bytes of PNG\n"),
        "{output}"
    );
    assert_eq!(
        stdout(&run(folder.path(), &["--sandbox", "recognize", "hello.png"])),
        "QR: Hello, world\n"
    );
    assert_eq!(
        stdout(&run(folder.path(), &["scan", "--sandbox", "hello.png"])),
        "QR: Hello, world\n"
    );

    let json = stdout(&run(folder.path(), &["--sandbox", "scan", "--json", "hello.png"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    let json = &json[0]["barcodes"][0];
    assert_eq!((json["value"].as_str(), json["type"].as_str()), (Some("Hello, world"), Some("QR")));
    assert_eq!(json["region"].as_array().unwrap().len(), 4);

    let output = stdout(&run(folder.path(), &["--sandbox", "recognize", "hello.png", "hello.png"]));
    assert_eq!(output, "hello.png: QR: Hello, world\nhello.png: QR: Hello, world\n");
}

#[test]
fn data_and_images_can_be_piped() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "by pipe").unwrap();
    let stdin = |name: &str| Stdio::from(std::fs::File::open(folder.path().join(name)).unwrap());
    let arguments = ["--sandbox", "generate", "code128", "-", "--format", "gif"];
    let image = barcode(folder.path()).args(arguments).stdin(stdin("data")).output().unwrap();
    assert!(image.stdout.starts_with(b"GIF8"), "{image:?}");
    std::fs::write(folder.path().join("image"), image.stdout).unwrap();
    let read = barcode(folder.path())
        .args(["--sandbox", "scan", "-"])
        .stdin(stdin("image"))
        .output()
        .unwrap();
    assert_eq!(stdout(&read), "Code128: by pipe\n");
}

#[test]
fn an_image_without_a_barcode_has_a_distinct_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    stdout(&run(folder.path(), &["--sandbox", "generate", "QR", "x", "-o", "x.png"]));
    let output = run(folder.path(), &["--sandbox", "recognize", "--type", "ean13", "x.png"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "no barcode found in x.png\n");
}

#[test]
fn invalid_input_is_reported_on_a_single_line() {
    let folder = tempfile::tempdir().unwrap();
    let write =
        |name: &str, contents: &[u8]| std::fs::write(folder.path().join(name), contents).unwrap();
    write("text.png", b"not an image");
    write("empty.png", b"");
    write("large.png", &vec![b'x'; 25 * 1024 * 1024]);
    let long = "x".repeat(10_000);
    let sandbox =
        |arguments: &[&str]| failure(&run(folder.path(), &[&["--sandbox"], arguments].concat()));
    for (arguments, expected) in [
        (&["generate", "QR", "", "-o", "x.png"][..], "data: is empty"),
        (&["generate", "QR", &long, "-o", "x.png"], "data: QR cannot hold 10000 characters"),
        (
            &["generate", "QR", "x", "-o", "x.bmp"],
            "x.bmp: the file extension does not select an image format",
        ),
        (&["generate", "QR", "x", "-o", "no/such/folder/x.png"], "no/such/folder/x.png: "),
        (&["scan", "text.png"], "text.png: the service responded with 400 Bad Request"),
        (&["scan", "large.png"], "large.png: the service responded with 400 Bad Request"),
        (&["scan", "empty.png"], "empty.png: image: is empty (0 bytes)"),
        (&["scan", "missing.png"], "missing.png: "),
        (&["scan", "."], "directory"),
    ] {
        let error = sandbox(arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn missing_credentials_are_reported_with_both_solutions() {
    let folder = tempfile::tempdir().unwrap();
    let error = failure(&run(folder.path(), &["scan", "x.png"]));
    assert!(error.contains("BARCODE_CLOUD_CLIENT_ID") && error.contains("--sandbox"), "{error}");

    let empty =
        barcode(folder.path()).arg("token").env("BARCODE_CLOUD_CLIENT_ID", "").output().unwrap();
    let error = failure(&empty);
    assert!(error.contains("BARCODE_CLOUD_CLIENT_ID") && error.contains("empty"), "{error}");
}

/// A sandbox that runs in its own process, and the first line of its output as JSON.
struct Server(std::process::Child, Value);

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = barcode(folder)
            .args(["sandbox", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, serde_json::from_str(&line).unwrap())
    }

    fn text(&self, key: &str) -> &str {
        self.1[key].as_str().unwrap()
    }

    fn command(&self, folder: &Path, secret: &str) -> Command {
        let mut command = barcode(folder);
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
        server.command(folder.path(), secret).args(arguments).output().unwrap()
    };

    stdout(&with(secret, &["generate", "EAN13", "4006381333931", "-o", "ean.png"]));
    assert_eq!(stdout(&with(secret, &["recognize", "ean.png"])), "EAN13: 4006381333931\n");
    let token = stdout(&with(secret, &["token", "--show"]));
    assert_eq!(token.trim().split('.').count(), 3, "a JWT");

    let error = failure(&with("canary-wrong", &["scan", "ean.png"]));
    assert!(error.contains("invalid_client") && !error.contains("canary"), "{error}");

    let lossy = &["generate", "Code39", "Aspose", "--unchecked", "-o", "code39.png"];
    stdout(&with(secret, lossy));
    assert_eq!(stdout(&with(secret, &["recognize", "code39.png"])), "Code39: A\n");
    let strict = Server::start(folder.path(), &["--strict"]);
    let mut strict = strict.command(folder.path(), strict.text("client_secret"));
    let error = failure(&strict.args(lossy).output().unwrap());
    assert!(error.contains("'s'"), "{error}");

    // A static token, which the service rejects, takes precedence over the credentials.
    let rejected = server
        .command(folder.path(), secret)
        .env("BARCODE_CLOUD_ACCESS_TOKEN", "canary.wrong.token")
        .args(["generate", "QR", "x", "-o", "x.png"])
        .output()
        .unwrap();
    let error = failure(&rejected);
    assert!(error.contains("401") && !error.contains("canary"), "{error}");
    assert!(
        error.contains("access token is valid") && !error.contains("check the client"),
        "{error}"
    );

    let port = server.text("base_url").split([':', '/']).nth(4).unwrap();
    let error = failure(&run(folder.path(), &["sandbox", "--port", port]));
    assert!(error.contains(port), "{error}");
}

#[test]
fn an_unreachable_token_endpoint_is_an_error_within_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = barcode(folder.path());
    command
        .args(["generate", "QR", "x", "-o", "label.png"])
        .env("BARCODE_CLOUD_CLIENT_ID", "id")
        .env("BARCODE_CLOUD_CLIENT_SECRET", "secret")
        .env("BARCODE_CLOUD_BASE_URL", "http://127.0.0.1:9/v4.0")
        .env("BARCODE_CLOUD_TOKEN_URL", "http://127.0.0.1:9/connect/token");
    let before = std::time::Instant::now();
    let error = failure(&command.output().unwrap());
    assert!(error.contains("127.0.0.1:9"), "{error}");
    // The client alone would retry for about half a minute.
    assert!(before.elapsed() < std::time::Duration::from_secs(15));
}

#[test]
fn errors_are_json_objects_for_a_command_that_prints_json() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::start(folder.path(), &["--fault", "status=429; retry-after=100, status=500"]);
    let error = |arguments: &[&str]| {
        let mut command = server.command(folder.path(), server.text("client_secret"));
        let output = command.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        error["error"].clone()
    };
    let scan = ["scan", "https://pictures.example/label.png", "--json"];
    let limited = error(&scan);
    assert_eq!(limited["kind"], "rate_limited");
    assert_eq!(limited["status"], 429);
    assert_eq!(limited["retry_after"], 100);
    assert_eq!(limited["may_have_been_billed"], false);
    let message = limited["message"].as_str().unwrap();
    assert!(message.contains("try again in 100 s"), "{message}");
    let failed = error(&scan);
    assert_eq!(failed["kind"], "server");
    assert_eq!(failed["may_have_been_billed"], true);
    let usage = error(&["scan", "--json", "--unknown", "x.png"]);
    assert_eq!(usage["kind"], "usage");
    let message = usage["message"].as_str().unwrap();
    assert!(message.starts_with("unexpected argument '--unknown'"), "{message}");
}

#[test]
fn a_retry_is_announced_unless_quiet() {
    let folder = tempfile::tempdir().unwrap();
    let notice = "503: the request is sent again in";
    for (flag, expected) in [("--verbose", "resending the request"), ("--quiet", "")] {
        for (arguments, expected) in [(&[][..], notice), (&[flag], expected)] {
            let fault = "status=503; retry-after=0, ok";
            let server = Server::start(folder.path(), &["--fault", fault]);
            let mut command = server.command(folder.path(), server.text("client_secret"));
            command.args(["generate", "QR", "x", "-o", "x.png"]);
            let output = command.args(arguments).output().unwrap();
            stdout(&output);
            let log = String::from_utf8(output.stderr).unwrap();
            assert!(log.contains(expected), "{log}");
            assert_eq!(log.is_empty(), expected.is_empty(), "{log}");
        }
    }
}

#[test]
fn a_call_ends_after_the_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--fault", "hang"]);
    let mut command = server.command(folder.path(), server.text("client_secret"));
    command.args(["generate", "QR", "x", "-o", "x.png", "--timeout", "200ms"]);
    let error = failure(&command.output().unwrap());
    assert!(error.contains("the call took longer than 200ms"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_closed_output_is_not_an_error_and_ctrl_c_exits_with_130() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = barcode(folder.path())
        .arg("demo")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");

    let server = Server::start(folder.path(), &["--fault", "hang"]);
    let mut command = server.command(folder.path(), server.text("client_secret"));
    command.args(["generate", "QR", "x", "-o", "x.png"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while !requests(&server).contains("/barcode/generate") {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let kill = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!folder.path().join("x.png").exists());
}

#[cfg(unix)]
/// Returns a BMP file of 8000 × 8000 pixels with a black dot every 24 pixels. Searching it takes
/// long and finds nothing.
#[cfg(unix)]
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
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request =
        format!("GET /_sandbox/requests HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[cfg(unix)]
#[test]
fn a_busy_sandbox_exits_within_ten_seconds_of_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dots.bmp"), dots()).unwrap();
    let mut server = Server::start(folder.path(), &[]);
    let mut scan = server
        .command(folder.path(), server.text("client_secret"))
        .args(["recognize", "--mode", "excellent", "dots.bmp"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The token request arrives first, so wait for the recognize request itself.
    while !requests(&server).contains("recognize-multipart") {
        std::thread::yield_now();
    }
    let before = std::time::Instant::now();
    let kill = Command::new("kill").arg(server.0.id().to_string()).status();
    assert!(kill.unwrap().success());
    assert!(server.0.wait().unwrap().success());
    assert!(before.elapsed() < std::time::Duration::from_secs(10), "{:?}", before.elapsed());
    scan.wait().unwrap();
}

#[test]
fn an_unwritable_path_is_rejected_before_the_request_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    // If a request were sent, its error would contain the status 400.
    let server = Server::start(folder.path(), &["--fault", "status=400"]);
    let generate = |output: &str| {
        let mut command = server.command(folder.path(), server.text("client_secret"));
        command.args(["generate", "QR", "x", "--format", "png", "-o", output]);
        failure(&command.output().unwrap())
    };
    let long = "x".repeat(300);
    for output in ["missing/label.png", "new/", &long, "."] {
        let error = generate(output);
        assert!(error.contains(output) && !error.contains("400"), "{error}");
    }
    assert!(generate("label.png").contains("400"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_truncated_image_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--fault", "truncate, truncate"]);
    for arguments in [&["-o", "half.png"][..], &[]] {
        let mut command = server.command(folder.path(), server.text("client_secret"));
        command.args(["generate", "QR", "x"]).args(arguments);
        let error = failure(&command.output().unwrap());
        assert!(error.contains("the image is incomplete"), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
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
    let error = failure(&run(folder.path(), &["sandbox", "--allow-host", name]));
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
        let mut command = server.command(folder.path(), secret);
        command.args(["scan", url]).output().unwrap()
    };
    assert_eq!(stdout(&scan()), "QR: by url\n");
    assert!(failure(&scan()).contains("400"));
    for (arguments, expected) in [
        (["--url-file", "label.png"], "expected URL=PATH"),
        (["--url-file", "http://x=missing.png"], "missing.png does not exist or is not a file"),
        (["--fault", "status=1"], "--fault"),
        (["--listen", "192.0.2.1"], "cannot listen on 192.0.2.1:0"),
    ] {
        let error = failure(&run(folder.path(), &[&["sandbox"], &arguments[..]].concat()));
        assert!(error.contains(expected), "{error}");
    }
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
        let mut command = barcode(folder.path());
        for name in ["HTTP_PROXY", "NO_PROXY", "ALL_PROXY", "all_proxy", "REQUEST_METHOD"] {
            command.env_remove(name);
        }
        command
            .args(["scan", "https://pictures.example/label.png"])
            .env("BARCODE_CLOUD_BASE_URL", format!("{service}/v4.0"))
            .env("BARCODE_CLOUD_ACCESS_TOKEN", "token")
            .env("http_proxy", &proxy)
            .env("no_proxy", no_proxy);
        assert_eq!(stdout(&command.output().unwrap()), "QR: found\n");
        let requests: Vec<String> = requests.try_iter().collect();
        assert!(requests.len() == 1 && requests[0].starts_with(&expected), "{requests:?}");
    }
}
