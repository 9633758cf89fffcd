//! Raw requests and responses, for tests that need bytes which an HTTP client does not send or
//! show.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::caller::Caller;

/// A connection that has sent `bytes`.
pub(crate) async fn sent(caller: &Caller, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", caller.sandbox.port())).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Reads everything until the connection ends. Returns it, and how the connection ended.
pub(crate) async fn read(stream: &mut TcpStream) -> (String, io::Result<()>) {
    let mut read = Vec::new();
    let end = stream.read_to_end(&mut read).await.map(drop);
    (String::from_utf8_lossy(&read).into_owned(), end)
}

/// A request without a body, which closes the connection.
pub(crate) fn get(caller: &Caller, path: &str, more: &str) -> Vec<u8> {
    let token = &caller.token;
    format!(
        "GET /v4.0{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\n{more}\r\n"
    )
    .into_bytes()
}
