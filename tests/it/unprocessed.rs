//! Requests that an HTTP/2 server did not process, frame by frame. They are resent independently of
//! the budget, because they are not billed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use barcode_cloud::api::types::ScanBase64Request;
use barcode_cloud::{ClientBuilder, Error, Retry};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::raw::FOUND;
use crate::service::with_static_token;
use crate::tls;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// How a server rejects a request.
#[derive(Debug, Clone, Copy)]
enum Rejection {
    /// It sends GOAWAY, which says that it processed no stream.
    Goaway { reason: u32 },
    /// It resets the stream of the request with RST_STREAM.
    Reset { reason: u32 },
}

/// A server that rejects a number of requests and responds to later ones. It counts all of them.
struct Server {
    client: ClientBuilder,
    requests: Arc<AtomicU32>,
}

async fn server(rejection: Rejection, times: u32) -> Server {
    let (listener, acceptor, base_url, pem) = tls::listen(&[b"h2"]).await;
    let requests = Arc::new(AtomicU32::new(0));
    let counted = requests.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, counted) = (acceptor.clone(), counted.clone());
            tokio::spawn(async move {
                let stream = acceptor.accept(socket).await.unwrap();
                serve(stream, rejection, times, &counted).await
            });
        }
    });
    let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    Server { client: with_static_token(&base_url).root_certificate(certificate), requests }
}

/// Serves one connection. Errors are ignored, because the client reports them.
async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    rejection: Rejection,
    times: u32,
    counted: &AtomicU32,
) -> std::io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, b"")).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await?;
        let id = u32::from_be_bytes(id);
        let response = match kind {
            SETTINGS if flags & 1 == 0 => frame(SETTINGS, 1, 0, b""),
            HEADERS if counted.fetch_add(1, SeqCst) < times => reject(rejection, id),
            HEADERS => found(id),
            _ => continue,
        };
        stream.write_all(&response).await?;
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn reject(rejection: Rejection, id: u32) -> Vec<u8> {
    match rejection {
        Rejection::Goaway { reason } => {
            let last_stream = 0u32.to_be_bytes();
            frame(GOAWAY, 0, 0, &[last_stream, reason.to_be_bytes()].concat())
        }
        Rejection::Reset { reason } => frame(RST_STREAM, 0, id, &reason.to_be_bytes()),
    }
}

/// A response with `:status: 200` and `content-type: application/json`, encoded with HPACK (RFC
/// 7541), and a body.
fn found(id: u32) -> Vec<u8> {
    let media_type = b"application/json";
    let mut headers = vec![0x88, 0x5f, u8::try_from(media_type.len()).unwrap()];
    headers.extend(media_type);
    let (end_headers, end_stream) = (4, 1);
    [frame(HEADERS, end_headers, id, &headers), frame(DATA, end_stream, id, FOUND.as_bytes())]
        .concat()
}

const UNPROCESSED: [Rejection; 2] =
    [Rejection::Goaway { reason: NO_ERROR }, Rejection::Reset { reason: REFUSED_STREAM }];

#[tokio::test]
async fn an_unprocessed_request_is_resent_without_a_retry_budget() {
    for rejection in UNPROCESSED {
        let server = server(rejection, 2).await;
        let client = server.client.retry(Retry::default().budget_percent(0));
        let client = client.build().unwrap();
        let found = client.scan(b"an image".to_vec()).send().await.unwrap();
        assert_eq!(found[0].value, "found", "{rejection:?}");
        assert_eq!(server.requests.load(SeqCst), 3, "{rejection:?}");
    }
}

#[tokio::test]
async fn the_number_of_attempts_is_limited_for_unprocessed_requests_too() {
    for rejection in UNPROCESSED {
        for attempts in [1, 2] {
            let server = server(rejection, u32::MAX).await;
            let client = server.client.retry(Retry::default().attempts(attempts));
            let client = client.build().unwrap();
            let error = client.scan(b"an image".to_vec()).send().await.unwrap_err();
            assert!(matches!(error, Error::Transport { .. }), "{error}");
            assert_eq!(server.requests.load(SeqCst), attempts, "{rejection:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_met_an_internal_error_is_not_resent() {
    for rejection in
        [Rejection::Goaway { reason: INTERNAL_ERROR }, Rejection::Reset { reason: INTERNAL_ERROR }]
    {
        let server = server(rejection, 1).await;
        let client = server.client.build().unwrap();
        let error = client.scan(b"an image".to_vec()).send().await.unwrap_err();
        assert!(matches!(error, Error::Transport { .. }), "{error}");
        assert_eq!(server.requests.load(SeqCst), 1, "{rejection:?}");
    }
}

#[tokio::test]
async fn the_generated_client_resends_an_unprocessed_request() {
    for rejection in UNPROCESSED {
        let server = server(rejection, 1).await;
        let client = server.client.build().unwrap();
        let request = client.api().scan_base64().body(image());
        let found = request.send().await.unwrap().into_inner();
        assert_eq!(found.barcodes.map(|list| list.len()), Some(1), "{rejection:?}");
        assert_eq!(server.requests.load(SeqCst), 2, "{rejection:?}");
    }
}

fn image() -> ScanBase64Request {
    let request = ScanBase64Request::builder().file_base64("aGVsbG8=");
    request.try_into().unwrap()
}
