//! A server on loopback with canned responses. It runs in a separate process, so that its cost is
//! not attributed to the client. It reads each request to its end and does not validate it.

use std::convert::Infallible;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use bytes::Bytes;
use cpu_time::ProcessTime;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The path of the API.
pub(crate) const BASE_PATH: &str = "/v4.0";
/// The path of the token endpoint.
pub(crate) const TOKEN_PATH: &str = "/connect/token";
/// The path that returns the CPU time that the server has used, in microseconds.
pub(crate) const CPU_PATH: &str = "/cpu";
/// The barcode data that requests an image of [`LARGE`] bytes.
pub(crate) const LARGE_DATA: &str = "large";
/// The size in bytes of a large image.
pub(crate) const LARGE: usize = 20 << 20;

/// Only bodies of fewer bytes are searched for [`LARGE_DATA`]: searching an upload would take too
/// long.
const SMALL_BODY: usize = 1024;

/// The size in bytes of a small image, about that of a QR code as PNG.
const SMALL: usize = 600;

const TOKEN: &str = r#"{"access_token":"canned","token_type":"Bearer","expires_in":86400}"#;
const FOUND: &str = r#"{"barcodes":[{"barcodeValue":"Hello, world","type":"QR","region":[{"x":10,"y":10},{"x":90,"y":10},{"x":90,"y":90},{"x":10,"y":90}],"checksum":null}]}"#;

static LARGE_IMAGE: LazyLock<Bytes> = LazyLock::new(|| image(LARGE));
static SMALL_IMAGE: LazyLock<Bytes> = LazyLock::new(|| image(SMALL));

/// The server's process, which stops when this value is dropped.
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut url).unwrap();
        Self { process, url: url.trim_end().to_owned() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process exits when its standard input is closed.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Prints the server's URL and serves until standard input is closed, so that it does not outlive
/// its parent process.
pub(crate) fn serve() {
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(respond)),
            );
        }
    });
}

async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let uri = request.uri().clone();
    let is_large = read_request(request).await;
    let (media_type, bytes) = match uri.path() {
        TOKEN_PATH => ("application/json", TOKEN.into()),
        CPU_PATH => ("text/plain", cpu_time().into()),
        path if !path.contains("/generate") => ("application/json", FOUND.into()),
        _ if is_large => ("image/png", LARGE_IMAGE.clone()),
        _ => ("image/png", SMALL_IMAGE.clone()),
    };
    let response = Response::builder()
        .header("content-type", media_type)
        .header("x-request-id", "0HNB1Q2TT0J0A:00000001")
        .body(Full::new(bytes));
    Ok(response.unwrap())
}

/// Reads the request to its end. Returns whether it requests a large image. Errors are ignored,
/// because a broken connection cannot receive a response.
async fn read_request(request: Request<Incoming>) -> bool {
    let mut body = request.into_body();
    let mut is_large = false;
    while let Some(Ok(frame)) = body.frame().await {
        // A JSON body of this size arrives in one frame.
        is_large |= frame
            .data_ref()
            .is_some_and(|data| data.len() < SMALL_BODY && find(data, LARGE_DATA.as_bytes()));
    }
    is_large
}

fn find(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.windows(pattern.len()).any(|window| window == pattern)
}

fn cpu_time() -> String {
    ProcessTime::now().as_duration().as_micros().to_string()
}

/// Returns a PNG file of this length. Its pixels and checksums are invalid, but the client does not
/// decode it.
fn image(length: usize) -> Bytes {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    // The header and end chunks have fixed lengths. The chunk with the pixels has the remaining
    // length.
    let pixels = length - bytes.len() - (12 + 13) - 12 - 12;
    for (name, length) in [(b"IHDR", 13), (b"IDAT", pixels), (b"IEND", 0)] {
        bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
        bytes.extend(name);
        bytes.resize(bytes.len() + length + 4, 0xa5);
    }
    bytes.into()
}
