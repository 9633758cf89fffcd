//! A token endpoint on a loopback socket. It runs on separate threads, so it serves any runtime.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use barcode_cloud_auth::{AccessToken, ClientCredentials, Error, TokenSource, TokenSourceBuilder};

/// A request: the head as sent, and the body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The address of the client, which identifies the connection.
    pub(crate) peer: SocketAddr,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Endpoint {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Endpoint {
    /// Records each request, calls `respond` to write the response, and closes the connection.
    pub(crate) fn start(respond: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::serve(false, move |socket, _| respond(socket))
    }

    /// Serves any number of requests on a connection.
    pub(crate) fn keeping_alive(respond: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::serve(true, move |socket, _| respond(socket))
    }

    /// The response may depend on the request.
    pub(crate) fn start_with_request(
        respond: impl Fn(&mut TcpStream, &Request) + Send + Sync + 'static,
    ) -> Self {
        Self::serve(false, respond)
    }

    fn serve(
        keep_alive: bool,
        respond: impl Fn(&mut TcpStream, &Request) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, respond) = (Arc::clone(&requests), Arc::new(respond));
        thread::spawn(move || {
            for mut socket in listener.incoming().map_while(Result::ok) {
                let (kept, respond) = (Arc::clone(&kept), Arc::clone(&respond));
                thread::spawn(move || {
                    while let Some(request) = read(&socket) {
                        kept.lock().unwrap().push(request.clone());
                        respond(&mut socket, &request);
                        if !keep_alive {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, requests }
    }

    /// Always responds with this status line, these header lines and this body.
    pub(crate) fn responding(status: &str, headers: &str, body: &str) -> Self {
        let response = response(status, headers, body);
        Self::start(move |socket| drop(socket.write_all(&response)))
    }

    /// Responds with a token with a lifetime of one hour.
    pub(crate) fn granting() -> Self {
        Self::responding(
            "200 OK",
            "",
            r#"{"access_token":"abc","token_type":"bearer","expires_in":3600}"#,
        )
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Settings with a short wait, because callers wait for retries of a retryable failure.
    pub(crate) fn builder(&self) -> TokenSourceBuilder {
        self.builder_for("id", "secret")
    }

    /// Requests one token.
    pub(crate) async fn token(&self) -> Result<AccessToken, Error> {
        self.builder().build().unwrap().token().await
    }

    pub(crate) fn builder_for(&self, id: &str, secret: &str) -> TokenSourceBuilder {
        let credentials = ClientCredentials::new(id, secret).unwrap();
        TokenSource::builder(self.url(), credentials)
            .allow_insecure_loopback(true)
            .caller_wait(Duration::from_secs(3))
    }
}

/// Returns the bytes of a response.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

fn read(socket: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { peer: socket.peer_addr().ok()?, head, body: String::from_utf8(body).ok()? })
}
