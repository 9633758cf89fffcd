//! A server on raw sockets, with one request per connection: for faults that an HTTP library cannot
//! produce, and to record the requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// What a scan finds.
pub(crate) const FOUND: &str = r#"{"barcodes":[{"barcodeValue":"found","type":"QR"}]}"#;

/// A server; it ends when it is dropped.
pub(crate) struct Raw {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// A request that was read whole.
pub(crate) struct Request {
    pub(crate) stream: TcpStream,
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Raw {
    /// Reads each request and has it answered by `answer`.
    pub(crate) async fn start<F, A>(answer: F) -> Self
    where
        F: Fn(Request) -> A + Clone + Send + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        let listener = socket.listen(1024).unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, mut tasks) = (heads.clone(), JoinSet::new());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answer, seen) = (answer.clone(), seen.clone());
                connections.spawn(async move {
                    let Some((head, body)) = read(&mut stream).await else {
                        return;
                    };
                    seen.lock().unwrap().push(head.clone());
                    answer(Request { stream, head, body }).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self {
            port,
            heads,
            _tasks: tasks,
        }
    }

    /// Answers each request with a barcode that was found.
    pub(crate) async fn finding() -> Self {
        Self::start(|mut request| async move { request.found().await }).await
    }

    /// Answers the first request with 503, and each later one with a barcode that was found.
    pub(crate) async fn busy_once() -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        Self::start(move |mut request| {
            let is_first = calls.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                match is_first {
                    true => {
                        let headers = "retry-after: 0\r\n";
                        request.answer(503, headers, "text/plain", "").await;
                    }
                    false => request.found().await,
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

    /// Request line and headers of each request so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The data of the barcode that a JSON body asks for, or the `data` of a URL.
    pub(crate) fn data(&self) -> String {
        let Ok(body) = serde_json::from_slice::<serde_json::Value>(&self.body) else {
            return self.path().split("data=").nth(1).unwrap().to_owned();
        };
        body["encodeData"]["data"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn found(&mut self) {
        self.answer(200, "", "application/json", FOUND).await;
    }

    pub(crate) async fn answer(
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

    /// The beginning of an answer that announces 4,000 bytes.
    pub(crate) async fn half(&mut self, media_type: &str) {
        let text = format!(
            "HTTP/1.1 200 x\r\ncontent-type: {media_type}\r\ncontent-length: 4000\r\n\r\n{FOUND}"
        );
        self.write(&text).await;
    }

    /// A client that has seen enough may have gone.
    pub(crate) async fn write(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
        let _ = self.stream.flush().await;
    }
}

/// Reads a whole request; returns its head and its body.
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
