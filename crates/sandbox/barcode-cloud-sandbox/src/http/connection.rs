//! Connections: accepts them up to a limit, serves them with HTTP/1.1, and closes them gracefully
//! or, for a fault, with a reset.
//!
//! This module knows sockets and hyper. The router produces the responses.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use http::header::{CONNECTION, HeaderValue};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// How long to wait after a connection could not be accepted, such as for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a stop waits to accept a connection that was made before it.
const LAST_CALL: Duration = Duration::from_millis(10);
/// How long a stop waits for another request on an open connection.
const LAST_REQUEST: Duration = Duration::from_millis(100);
/// How long a stop waits for the requests in flight. It is shorter than the ten seconds after which
/// service managers kill a process, and longer than any read takes.
const GRACE: Duration = Duration::from_secs(9);

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The maximum number of connections. Further ones are closed immediately.
    pub(crate) connections: usize,
    /// How long the headers of a request may take to arrive.
    pub(crate) read_timeout: Duration,
}

/// Resets the connection that a request arrived on. It is among the request's extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResetHandle(Arc<Notify>);

impl ResetHandle {
    pub(crate) fn reset(&self) {
        self.0.notify_one();
    }
}

/// Serves until `stop` is cancelled, then waits for the requests in flight. Those that take longer
/// than [`GRACE`] are dropped, which cancels their work.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    bounds: Bounds,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let begin = |connections: &mut JoinSet<()>, stream| {
        // Connections that have ended do not count towards the limit.
        while connections.try_join_next().is_some() {}
        if connections.len() < bounds.connections {
            let (tls, router, stop) = (tls.clone(), router.clone(), stop.clone());
            connections.spawn(connection(stream, tls, router, bounds, stop));
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => begin(&mut connections, stream),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    let last_requests = async {
        // Clients that have already connected also get a response.
        for _ in 0..bounds.connections {
            match tokio::time::timeout(LAST_CALL, listener.accept()).await {
                Ok(Ok((stream, _))) => begin(&mut connections, stream),
                _ => break,
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    };
    // Dropping the remaining connections closes them.
    let _ = tokio::time::timeout(GRACE, last_requests).await;
}

/// A connection without or with TLS.
type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    bounds: Bounds,
    stop: CancellationToken,
) {
    // Without `TCP_NODELAY`, small responses wait for the peer's acknowledgement. If it cannot be
    // set, they are only slower.
    let _ = stream.set_nodelay(true);
    let stream = match tls {
        None => Either::Left(stream),
        Some(tls) => {
            let handshake = tokio::time::timeout(bounds.read_timeout, tls.accept(stream));
            match stop.run_until_cancelled(handshake).await {
                Some(Ok(Ok(stream))) => Either::Right(Box::new(stream)),
                // Without a handshake, there is no response.
                _ => return,
            }
        }
    };
    let reset_handle = ResetHandle::default();
    let used = Arc::new(AtomicBool::new(false));
    let service = {
        let (reset_handle, used, stop) = (reset_handle.clone(), Arc::clone(&used), stop.clone());
        service_fn(move |request| {
            used.store(true, Ordering::Relaxed);
            respond(router.clone(), reset_handle.clone(), stop.clone(), request)
        })
    };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.read_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let unused = || !used.load(Ordering::Relaxed);
    let stopped = async {
        stop.cancelled().await;
        // hyper would immediately close a connection that is idle between two requests, although
        // the next request may be in flight. That request gets a response with `Connection: close`.
        tokio::time::sleep(LAST_REQUEST).await;
    };
    tokio::select! {
        // Poll the connection first, so that a request that arrived in time is served even if the
        // stop is noticed at the same moment.
        biased;
        // The peer knows how its connection ended; the sandbox does not need to.
        _ = &mut connection => return,
        () = reset_handle.0.notified() => return reset(connection.into_parts().io.into_inner()),
        () = stopped => {}
    }
    if unused() {
        return;
    }
    std::pin::Pin::new(&mut connection).graceful_shutdown();
    tokio::select! {
        _ = &mut connection => {}
        () = reset_handle.0.notified() => reset(connection.into_parts().io.into_inner()),
    }
}

/// Resets the connection: closing a socket with a linger time of zero does that.
fn reset(stream: Stream) {
    let stream = match &stream {
        Either::Left(stream) => stream,
        Either::Right(stream) => stream.get_ref().0,
    };
    // If the linger time cannot be set, the connection is closed without a reset.
    let _ = stream.set_zero_linger();
}

async fn respond(
    mut router: Router,
    reset_handle: ResetHandle,
    stop: CancellationToken,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(reset_handle);
    let mut response = router.call(request.map(Body::new)).await?;
    if stop.is_cancelled() {
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
