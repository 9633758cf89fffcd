//! Recognizes requests that an HTTP/2 server did not process, because it shut down gracefully or
//! refused the stream. They are not billed, and are always safe to resend ([RFC 9113 section
//! 8.7](https://www.rfc-editor.org/rfc/rfc9113.html#section-8.7)).

use std::error::Error;
use std::iter::successors;

use h2::Reason;

/// Whether this error means that the server did not process the request.
pub(crate) fn is_unprocessed(error: &reqwest::Error) -> bool {
    let sources = successors(error.source(), |error| (*error).source());
    sources.filter_map(|source| source.downcast_ref::<h2::Error>()).any(means_unprocessed)
}

fn means_unprocessed(error: &h2::Error) -> bool {
    let reason = error.reason();
    let is_shutdown = error.is_go_away() && reason == Some(Reason::NO_ERROR);
    let is_refused = error.is_reset() && reason == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (is_shutdown || is_refused)
}
