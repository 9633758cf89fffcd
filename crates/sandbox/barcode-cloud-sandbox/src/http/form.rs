//! Parses forms: `multipart/form-data`, and the forms of the token endpoint.
//!
//! This module knows nothing about the document. The caller decides which fields are known.

use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::query;

/// One part of a multipart form.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) has_file_name: bool,
    pub(crate) bytes: Bytes,
}

/// Reads the parts of a multipart form, up to and including the first that is not `expected` or
/// that repeats a name. Everything after that part is ignored, because the form is rejected anyway.
///
/// # Errors
///
/// Returns a message if the body is not such a form.
pub(crate) async fn parts(
    media_type: &HeaderValue,
    body: Bytes,
    expected: impl Fn(&str) -> bool,
) -> Result<Vec<Part>, String> {
    let message = |error: MultipartError| error.body_text();
    let mut request = Request::new(Body::from(body));
    request.headers_mut().insert(CONTENT_TYPE, media_type.clone());
    // The caller has read the body within its own limit.
    DefaultBodyLimit::disable().apply(&mut request);
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|rejection| rejection.body_text())?;
    let mut parts: Vec<Part> = Vec::new();
    while let Some(part) = form.next_field().await.map_err(message)? {
        let name = part.name().unwrap_or_default().to_owned();
        let has_file_name = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(message)?;
        let is_last = !expected(&name) || parts.iter().any(|earlier| earlier.name == name);
        parts.push(Part { name, has_file_name, bytes });
        if is_last {
            break;
        }
    }
    Ok(parts)
}

/// Reads the fields of a form without files: URL-encoded or, if `multipart` is set, also multipart.
/// Returns `None` if the body is not such a form.
pub(crate) async fn text_fields(
    headers: &HeaderMap,
    body: Bytes,
    multipart: bool,
) -> Option<Vec<(String, String)>> {
    let media_type = headers.get(CONTENT_TYPE)?;
    let essence = media_type.to_str().ok()?.split(';').next()?.trim();
    if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return query::pairs(std::str::from_utf8(&body).ok()?);
    }
    if !multipart || !essence.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let parts = parts(media_type, body, |_| true).await.ok()?;
    let fields = parts.into_iter().map(|part| {
        let value = String::from_utf8(part.bytes.into()).ok()?;
        Some((part.name, value))
    });
    fields.collect()
}
