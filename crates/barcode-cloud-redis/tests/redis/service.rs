//! A service that accepts a number of requests per second, which can be changed, and answers the
//! others with 429.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The smallest complete PNG file.
const IMAGE: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82";

/// The share of a second's requests that are accepted at once.
const BURST: f64 = 0.05;

pub(crate) struct Service {
    port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    limit: f64,
    tokens: f64,
    refilled: Instant,
    accepted: f64,
    rejected: f64,
    callers: HashMap<String, f64>,
}

impl Service {
    pub(crate) async fn start(limit: f64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            limit,
            tokens: 1.0,
            refilled: Instant::now(),
            accepted: 0.0,
            rejected: 0.0,
            callers: HashMap::new(),
        }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                let service = service_fn(move |request| {
                    let response = state.lock().unwrap().respond(&request);
                    async move { Ok::<_, Infallible>(response) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set_limit(&self, limit: f64) {
        self.state.lock().unwrap().limit = limit;
    }

    pub(crate) fn callers(&self) -> HashMap<String, f64> {
        self.state.lock().unwrap().callers.clone()
    }

    /// Returns the numbers of accepted and rejected requests, and the accepted ones of each caller,
    /// since the last time.
    pub(crate) fn take(&self) -> (f64, f64, HashMap<String, f64>) {
        let mut state = self.state.lock().unwrap();
        let counts = (state.accepted, state.rejected, std::mem::take(&mut state.callers));
        (state.accepted, state.rejected) = (0.0, 0.0);
        counts
    }
}

impl State {
    fn respond(&mut self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let now = Instant::now();
        let refill = (now - self.refilled).as_secs_f64() * self.limit;
        self.tokens = (self.tokens + refill).min((self.limit * BURST).max(1.0));
        self.refilled = now;
        let mut response = Response::new(Full::new(Bytes::new()));
        if self.tokens < 1.0 {
            self.rejected += 1.0;
            *response.status_mut() = hyper::StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert("retry-after", "1".parse().unwrap());
            return response;
        }
        self.tokens -= 1.0;
        self.accepted += 1.0;
        let caller = request.headers().get("x-process").map(|name| name.to_str().unwrap());
        *self.callers.entry(caller.unwrap_or_default().to_owned()).or_default() += 1.0;
        response.headers_mut().insert("content-type", "image/png".parse().unwrap());
        *response.body_mut() = Full::new(Bytes::from_static(IMAGE));
        response
    }
}
