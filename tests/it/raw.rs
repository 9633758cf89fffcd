//! A server on raw sockets that handles one request per connection. It can produce faults that an
//! HTTP library cannot, and records the requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// A response body with one barcode.
pub(crate) const FOUND: &str = r#"{"barcodes":[{"barcodeValue":"found","type":"QR"}]}"#;

/// The server. It stops when it is dropped.
pub(crate) struct RawServer {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// A complete request.
pub(crate) struct Request {
    pub(crate) stream: TcpStream,
    /// The request line and the headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl RawServer {
    /// Reads each request and passes it to `respond`.
    pub(crate) async fn start<F, A>(respond: F) -> Self
    where
        F: Fn(Request) -> A + Clone + Send + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        let listener = socket.listen(1024).unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (recorded, mut tasks) = (heads.clone(), JoinSet::new());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (respond, recorded) = (respond.clone(), recorded.clone());
                connections.spawn(async move {
                    let Some((head, body)) = read(&mut stream).await else {
                        return;
                    };
                    recorded.lock().unwrap().push(head.clone());
                    respond(Request { stream, head, body }).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { port, heads, _tasks: tasks }
    }

    /// Responds to each request with one barcode.
    pub(crate) async fn start_with_barcode() -> Self {
        Self::start(|mut request| async move { request.respond_with_barcode().await }).await
    }

    /// Responds to the first request with 503, and to each later one with one barcode.
    pub(crate) async fn start_busy_once() -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        Self::start(move |mut request| {
            let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                match is_first {
                    true => {
                        let headers = "retry-after: 0\r\n";
                        request.respond(503, headers, "text/plain", "").await;
                    }
                    false => request.respond_with_barcode().await,
                }
            }
        })
        .await
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v4.0", self.port)
    }

    /// The request line and the headers of each request so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The barcode data in a JSON body, or the parameter `data` of a URL.
    pub(crate) fn data(&self) -> String {
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(&self.body) else {
            return self.path().split("data=").nth(1).unwrap().to_owned();
        };
        body["encodeData"]["data"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn respond_with_barcode(&mut self) {
        self.respond(200, "", "application/json", FOUND).await;
    }

    pub(crate) async fn respond(
        &mut self,
        status: u16,
        headers: &str,
        media_type: &str,
        body: &str,
    ) {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status} x\r\nconnection: close\r\nx-request-id: r-1\r\n{headers}content-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.write(&text).await;
    }

    /// Sends the headers of a response of 4,000 bytes, and only the beginning of its body.
    pub(crate) async fn respond_with_half(&mut self, media_type: &str) {
        let text = format!(
            "HTTP/1.1 200 x\r\ncontent-type: {media_type}\r\ncontent-length: 4000\r\n\r\n{FOUND}"
        );
        self.write(&text).await;
    }

    /// Ignores errors, because the client may have closed the connection.
    pub(crate) async fn write(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
        let _ = self.stream.flush().await;
    }
}

/// Reads a complete request, and returns its head and its body.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let mut body = read.split_off(head);
    let text = String::from_utf8(read).ok()?;
    let length = text.lines().find_map(|line| {
        let line = line.to_ascii_lowercase();
        line.strip_prefix("content-length:")?.trim().parse().ok()
    });
    while body.len() < length.unwrap_or(0) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((text, body))
}
