//! A server that does one thing wrong, on raw sockets: resets and half answers are beyond what an HTTP library does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::Fault;

const TOKEN: &str = r#"{"access_token":"token","expires_in":3600,"token_type":"Bearer"}"#;
const ERROR: &str = r#"{"requestId":"r-1","error":{"code":"errorCode","message":"m"}}"#;
const XML: &str = "<?xml version=\"1.0\"?><ApiErrorResponse><RequestId>r-1</RequestId><Error><Code>errorCode</Code>\
                   <Message>m</Message></Error></ApiErrorResponse>";
const HTML: &str = "<html><body>bad gateway</body></html>";
const FOUND: &str = r#"{"barcodes":[{"barcodeValue":"found","type":"QR"}]}"#;

/// A server with one fault; it ends when it is dropped.
pub(super) struct Server {
    port: u16,
    attempts: Arc<AtomicUsize>,
    _deaf: Option<TcpSocket>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(super) async fn start(fault: Fault) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut server = Self {
            port: socket.local_addr().unwrap().port(),
            attempts: Arc::default(),
            _deaf: None,
            _tasks: JoinSet::new(),
        };
        if fault == Fault::ConnectRefused {
            // Nobody listens, and nobody else gets the port.
            server._deaf = Some(socket);
            return server;
        }
        let (listener, attempts) = (socket.listen(64).unwrap(), server.attempts.clone());
        server._tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, fault, attempts.clone()));
            }
        });
        server
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v4.0", self.port)
    }

    pub(super) fn attempts(&self) -> u32 {
        u32::try_from(self.attempts.load(Ordering::SeqCst)).unwrap()
    }
}

/// One request a connection.
async fn serve(mut stream: TcpStream, fault: Fault, attempts: Arc<AtomicUsize>) {
    let Some(path) = read_request(&mut stream).await else {
        return;
    };
    if path.ends_with("/connect/token") {
        return answer(&mut stream, 200, "", "application/json", TOKEN).await;
    }
    let before = attempts.fetch_add(1, Ordering::SeqCst);
    let draws = path.contains("/generate");
    match fault {
        Fault::ConnectRefused => {}
        Fault::ResetBeforeHeaders | Fault::LostAnswerAgain => stream.set_zero_linger().unwrap(),
        Fault::ResetInBody => {
            half(&mut stream, draws).await;
            stream.set_zero_linger().unwrap();
        }
        Fault::Hang => std::future::pending().await,
        Fault::Stall => {
            half(&mut stream, draws).await;
            std::future::pending().await
        }
        Fault::SlowDrip => drip(&mut stream, draws).await,
        Fault::Status(status, times) if before < times => error(&mut stream, status, "").await,
        Fault::ServerErrorAgain => error(&mut stream, 500, "").await,
        Fault::TooManySeconds => error(&mut stream, 429, "retry-after: 600\r\n").await,
        Fault::TooManyDate => {
            let dates = "date: Thu, 01 Jan 2026 00:00:00 GMT\r\nretry-after: Thu, 01 Jan 2026 00:10:00 GMT\r\n";
            error(&mut stream, 429, dates).await;
        }
        Fault::TooManyOnce if before == 0 => error(&mut stream, 429, "retry-after: 0\r\n").await,
        Fault::HtmlSuccess => answer(&mut stream, 200, "", "text/html", HTML).await,
        Fault::HtmlError => answer(&mut stream, 502, "", "text/html", HTML).await,
        Fault::XmlError => answer(&mut stream, 400, "", "application/xml", XML).await,
        Fault::TruncatedJson => {
            answer(&mut stream, 200, "", "application/json", &FOUND[..20]).await;
        }
        Fault::Empty => answer(&mut stream, 200, "", media_type(draws), "").await,
        Fault::WrongContentType => answer(&mut stream, 200, "", "text/plain", FOUND).await,
        Fault::OverTheLimit => {
            let long = " ".repeat(5_000);
            answer(&mut stream, 200, "", media_type(draws), &long).await;
        }
        Fault::OverTheLimitChunked => chunked(&mut stream, draws).await,
        Fault::Status(..) | Fault::TooManyOnce => {
            answer(&mut stream, 200, "", media_type(draws), FOUND).await;
        }
    }
}

/// Reads a whole request; returns its path.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(read[..head].to_vec()).ok()?;
    let length = text
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    while read.len() < head + length {
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
    text.split(' ').nth(1).map(str::to_owned)
}

fn media_type(draws: bool) -> &'static str {
    if draws {
        "image/png"
    } else {
        "application/json"
    }
}

async fn error(stream: &mut TcpStream, status: u16, headers: &str) {
    answer(stream, status, headers, "application/json", ERROR).await;
}

async fn answer(stream: &mut TcpStream, status: u16, headers: &str, media_type: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\nx-request-id: r-1\r\n{headers}content-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    write(stream, &head).await;
}

async fn half(stream: &mut TcpStream, draws: bool) {
    let media_type = media_type(draws);
    let head = format!(
        "HTTP/1.1 200 x\r\ncontent-type: {media_type}\r\ncontent-length: 4000\r\n\r\n{FOUND}"
    );
    write(stream, &head).await;
}

/// Ends only with the connection.
async fn drip(stream: &mut TcpStream, draws: bool) {
    half(stream, draws).await;
    let mut every = tokio::time::interval(Duration::from_millis(20));
    loop {
        every.tick().await;
        if stream.write_all(b" ").await.is_err() {
            return;
        }
    }
}

async fn chunked(stream: &mut TcpStream, draws: bool) {
    let media_type = media_type(draws);
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(2);
    let head = format!(
        "HTTP/1.1 200 x\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    );
    write(stream, &head).await;
}

/// A client that has seen enough may have gone.
async fn write(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
}
