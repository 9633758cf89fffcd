//! A server with one fault. It uses raw sockets, because an HTTP library does not produce resets
//! and incomplete responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;

use super::Fault;
use crate::raw::{FOUND, RawServer, Request};

const TOKEN: &str = r#"{"access_token":"token","expires_in":3600,"token_type":"Bearer"}"#;
const ERROR: &str = r#"{"requestId":"r-1","error":{"code":"errorCode","message":"m"}}"#;
const XML: &str = "<?xml version=\"1.0\"?><ApiErrorResponse><RequestId>r-1</RequestId><Error><Code>errorCode</Code>\
                   <Message>m</Message></Error></ApiErrorResponse>";
const HTML: &str = "<html><body>bad gateway</body></html>";

/// A server with one fault.
pub(super) enum Server {
    /// A socket that is bound but does not listen, so that no other process gets the port.
    Closed(TcpSocket),
    Faulty {
        raw: RawServer,
        attempts: Arc<AtomicUsize>,
    },
}

impl Server {
    pub(super) async fn start(fault: Fault) -> Self {
        if fault == Fault::ConnectRefused {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            return Self::Closed(socket);
        }
        let attempts = Arc::new(AtomicUsize::new(0));
        let count = attempts.clone();
        let raw = RawServer::start(move |request| serve(request, fault, count.clone())).await;
        Self::Faulty { raw, attempts }
    }

    pub(super) fn base_url(&self) -> String {
        match self {
            Self::Closed(socket) => format!("http://{}/v4.0", socket.local_addr().unwrap()),
            Self::Faulty { raw, .. } => raw.base_url(),
        }
    }

    /// The number of requests that arrived, without requests for tokens.
    pub(super) fn attempts(&self) -> u32 {
        match self {
            Self::Closed(_) => 0,
            Self::Faulty { attempts, .. } => {
                u32::try_from(attempts.load(Ordering::SeqCst)).unwrap()
            }
        }
    }
}

async fn serve(mut request: Request, fault: Fault, attempts: Arc<AtomicUsize>) {
    if request.path().ends_with("/connect/token") {
        return request.respond(200, "", "application/json", TOKEN).await;
    }
    let before = attempts.fetch_add(1, Ordering::SeqCst);
    let good = match request.path().contains("/generate") {
        // A format that is not checked, because the body is JSON for all operations.
        true => "image/x-any",
        false => "application/json",
    };
    match fault {
        Fault::ConnectRefused => {}
        Fault::ResetBeforeHeaders | Fault::LostResponseRetried => {
            request.stream.set_zero_linger().unwrap();
        }
        Fault::ResetInBody => {
            request.respond_with_half(good).await;
            request.stream.set_zero_linger().unwrap();
        }
        Fault::Hang => std::future::pending().await,
        Fault::Stall => {
            request.respond_with_half(good).await;
            std::future::pending::<()>().await;
        }
        Fault::SlowDrip => drip(&mut request, good).await,
        Fault::Status(status, times) if before < times => error(&mut request, status, "").await,
        Fault::ServerErrorRetried => error(&mut request, 500, "").await,
        Fault::GatewayTimeoutRetried => error(&mut request, 504, "").await,
        Fault::TooManySeconds => error(&mut request, 429, "retry-after: 600\r\n").await,
        Fault::TooManyDate => {
            let dates = "date: Thu, 01 Jan 2026 00:00:00 GMT\r\nretry-after: Thu, 01 Jan 2026 00:10:00 GMT\r\n";
            error(&mut request, 429, dates).await;
        }
        Fault::TooManyOnce if before == 0 => error(&mut request, 429, "retry-after: 0\r\n").await,
        Fault::HtmlSuccess => request.respond(200, "", "text/html", HTML).await,
        Fault::HtmlError => request.respond(502, "", "text/html", HTML).await,
        Fault::XmlError => request.respond(400, "", "application/xml", XML).await,
        Fault::TruncatedJson => {
            request.respond(200, "", "application/json", &FOUND[..20]).await;
        }
        Fault::Empty => request.respond(200, "", good, "").await,
        Fault::WrongContentType => request.respond(200, "", "text/plain", FOUND).await,
        Fault::OverTheLimit => request.respond(200, "", good, &" ".repeat(5_000)).await,
        Fault::OverTheLimitChunked => chunked(&mut request, good).await,
        Fault::Status(..) | Fault::TooManyOnce => request.respond(200, "", good, FOUND).await,
    }
}

async fn error(request: &mut Request, status: u16, headers: &str) {
    request.respond(status, headers, "application/json", ERROR).await;
}

/// Sends one byte at a time until the connection is closed.
async fn drip(request: &mut Request, media_type: &str) {
    request.respond_with_half(media_type).await;
    let mut every = tokio::time::interval(Duration::from_millis(20));
    loop {
        every.tick().await;
        if request.stream.write_all(b" ").await.is_err() {
            return;
        }
    }
}

async fn chunked(request: &mut Request, media_type: &str) {
    let chunks = format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(2);
    let text = format!(
        "HTTP/1.1 200 x\r\ncontent-type: {media_type}\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    );
    request.write(&text).await;
}
