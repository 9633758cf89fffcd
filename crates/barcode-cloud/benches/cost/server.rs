//! A canned service on loopback, in a process of its own, so that what it costs is not counted as the client's. It
//! reads what it is sent, checks nothing, and answers the same to all.

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

/// Where the API stands below the server's address.
pub(crate) const BASE_PATH: &str = "/v4.0";
/// Where tokens are.
pub(crate) const TOKEN_PATH: &str = "/connect/token";
/// What the server has used of a processor, in microseconds.
pub(crate) const CPU_PATH: &str = "/cpu";
/// The data that is answered by a picture of [`LARGE`] bytes.
pub(crate) const LARGE_DATA: &str = "large";
/// Bytes of a large picture.
pub(crate) const LARGE: usize = 20 << 20;

/// Only a body of fewer bytes is searched for [`LARGE_DATA`]: an upload would cost time.
const SMALL_BODY: usize = 1024;

/// Bytes of a usual picture: a QR code in PNG.
const USUAL: usize = 600;

const TOKEN: &str = r#"{"access_token":"canned","token_type":"Bearer","expires_in":86400}"#;
const FOUND: &str = r#"{"barcodes":[{"barcodeValue":"Hello, world","type":"QR","region":[{"x":10,"y":10},{"x":90,"y":10},{"x":90,"y":90},{"x":10,"y":90}],"checksum":null}]}"#;

static LARGE_PICTURE: LazyLock<Bytes> = LazyLock::new(|| picture(LARGE));
static USUAL_PICTURE: LazyLock<Bytes> = LazyLock::new(|| picture(USUAL));

/// The server's process; it ends with this value.
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
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut url).unwrap();
        Self {
            process,
            url: url.trim_end().to_owned(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input closes, which ends it.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Prints its address and serves until standard input ends, so that it does not outlive who started it.
pub(crate) fn serve() {
    std::thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("http://{}", listener.local_addr().unwrap());
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service_fn(answer)),
            );
        }
    });
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let uri = request.uri().clone();
    let is_large = received(request).await;
    let (media_type, bytes) = match uri.path() {
        TOKEN_PATH => ("application/json", TOKEN.into()),
        CPU_PATH => ("text/plain", used().into()),
        path if !path.contains("/generate") => ("application/json", FOUND.into()),
        _ if is_large => ("image/png", LARGE_PICTURE.clone()),
        _ => ("image/png", USUAL_PICTURE.clone()),
    };
    let answer = Response::builder()
        .header("content-type", media_type)
        .header("x-request-id", "0HNB1Q2TT0J0A:00000001")
        .body(Full::new(bytes));
    Ok(answer.unwrap())
}

/// Reads the request to its end. Returns whether it asks for a large image; one that breaks off gets no response anyway.
async fn received(request: Request<Incoming>) -> bool {
    let mut body = request.into_body();
    let mut is_large = false;
    while let Some(Ok(frame)) = body.frame().await {
        // A JSON body of this size comes in one frame.
        is_large |= frame
            .data_ref()
            .is_some_and(|data| data.len() < SMALL_BODY && find(data, LARGE_DATA.as_bytes()));
    }
    is_large
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn used() -> String {
    ProcessTime::now().as_duration().as_micros().to_string()
}

/// The chunks of a PNG of this length. Its pixels and checksums are made up: the client does not decode it.
fn picture(length: usize) -> Bytes {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    // Header and end, with their checksums; the pixels' chunk takes the rest.
    let pixels = length - bytes.len() - (12 + 13) - 12 - 12;
    for (name, length) in [(b"IHDR", 13), (b"IDAT", pixels), (b"IEND", 0)] {
        bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
        bytes.extend(name);
        bytes.resize(bytes.len() + length + 4, 0xa5);
    }
    bytes.into()
}
