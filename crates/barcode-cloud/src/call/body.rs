//! Bounds what a server may send: how many bytes, and how long it may be silent between two pieces. Errors come out as
//! those of the body; [`crate::answer`] tells them apart.

use std::time::Duration;

use http_body_util::Limited;
use reqwest::{Body, Response};
use tower_http::timeout::TimeoutBody;

/// The bounds of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) max_bytes: usize,
    pub(crate) idle: Duration,
}

/// The same answer with a bounded body.
pub(crate) fn bounded(response: Response, bounds: Bounds) -> Response {
    let too_long = response
        .content_length()
        .is_some_and(|length| length > bounds.max_bytes as u64);
    // One that announces too much is not waited for.
    let limit = if too_long { 0 } else { bounds.max_bytes };
    let answer: http::Response<Body> = response.into();
    answer
        .map(|body| Body::wrap(Limited::new(TimeoutBody::new(bounds.idle, body), limit)))
        .into()
}
