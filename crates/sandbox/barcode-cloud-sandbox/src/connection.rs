//! Connections: accepted up to a bound, served with HTTP/1.1, ended gently or, for a fault, abruptly.
//!
//! Knows sockets and hyper; what is answered is the router's affair.

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
use tokio_util::sync::CancellationToken;
use tower_service::Service;

/// How long to wait after a connection could not be accepted, as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a stop waits for one more connection that was made before it.
const LAST_CALL: Duration = Duration::from_millis(10);
/// How long a stop waits for one more request on a connection.
const LAST_REQUEST: Duration = Duration::from_millis(100);
/// How long a stop waits for the requests in flight. It is less than the ten seconds after which service managers kill a
/// process, and more than any read takes.
const GRACE: Duration = Duration::from_secs(9);

/// What bounds the connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// So many at a time; one more is closed at once.
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

/// Serves until `stop`, then waits for the requests in flight. Those that take longer than [`GRACE`] are dropped, which
/// cancels their work.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let begin = |connections: &mut JoinSet<()>, stream| {
        // Those that have ended take no place.
        while connections.try_join_next().is_some() {}
        if connections.len() < bounds.connections {
            connections.spawn(connection(stream, router.clone(), bounds, stop.clone()));
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
        // Clients that have connected already get an answer too.
        for _ in 0..bounds.connections {
            match tokio::time::timeout(LAST_CALL, listener.accept()).await {
                Ok(Ok((stream, _))) => begin(&mut connections, stream),
                _ => break,
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    };
    // Dropping the connections that are left closes them.
    let _ = tokio::time::timeout(GRACE, last_requests).await;
}

async fn connection(stream: TcpStream, router: Router, bounds: Bounds, stop: CancellationToken) {
    // Small answers must not wait for the peer's acknowledgement; without it they are only slower.
    let _ = stream.set_nodelay(true);
    let reset_handle = ResetHandle::default();
    let used = Arc::new(AtomicBool::new(false));
    let service = {
        let (reset_handle, used, stop) = (reset_handle.clone(), Arc::clone(&used), stop.clone());
        service_fn(move |request| {
            used.store(true, Ordering::Relaxed);
            answer(router.clone(), reset_handle.clone(), stop.clone(), request)
        })
    };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.read_timeout)
        .serve_connection(TokioIo::new(stream), service);
    let unused = || !used.load(Ordering::Relaxed);
    let stopped = async {
        stop.cancelled().await;
        // hyper would close a connection between two requests at once, although one may be on its way.
        // It is answered, and its client told that no other may follow.
        tokio::time::sleep(LAST_REQUEST).await;
    };
    tokio::select! {
        // First what has come: a request that came in time counts, even where the stop is seen at the same moment.
        biased;
        // How a connection ended is known to the peer, and of no use here.
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

/// Closing a socket that may not linger resets the connection.
fn reset(stream: TcpStream) {
    // Where it cannot be set, the connection is closed all the same.
    let _ = stream.set_zero_linger();
}

async fn answer(
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
