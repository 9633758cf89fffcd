//! Parses an HTTP request into validated values: path and query, JSON, XML or multipart.
//!
//! A body is received completely before it is parsed, so that the same limit and the same errors
//! apply to every format.

use std::sync::Arc;
use std::time::Duration;

use axum::RequestExt;
use axum::body::{Body, HttpBody};
use axum::extract::{RawPathParams, Request};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Failure;
use crate::document::{Field, Input, Object, Operation, Schema};
use crate::server::State;
use crate::validate::{self, Raw, Values};
use crate::xml::Vocabulary;
use crate::{form, json, query};

/// How much of a rejected body is read and discarded, and for how long.
const DRAINED_BYTES: usize = 128 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The maximum size of a small body. A larger one needs a permit.
const SMALL_BODY: usize = 1024 * 1024;
/// The maximum size of all large bodies in memory together.
const LARGE_BODIES: usize = 256 * 1024 * 1024;
/// The number of bytes that one semaphore permit represents.
const ROOM_UNIT: usize = 1024 * 1024;

/// Returns the validated values of `request`, and the permit of a large body.
pub(crate) async fn values(
    state: &State,
    operation: &Arc<Operation>,
    mut request: Request,
) -> Result<(Values, Option<LargeBodyPermit>), Failure> {
    let media_types = match &operation.input {
        Input::Parameters(object) => {
            let pairs = parameters(&mut request).await?;
            return Ok((validate::pairs(object, pairs)?, None));
        }
        Input::Body { media_types, .. } => media_types,
    };
    let kind = no_query(&request)
        .and_then(|()| not_encoded(request.headers()))
        .and_then(|()| body_kind(request.headers(), media_types));
    let (parts, body) = request.into_parts();
    let kind = match kind {
        Ok(kind) => kind,
        Err(failure) => return Err(drain(body, failure).await),
    };
    let media_type = parts.headers.get(CONTENT_TYPE).cloned();
    let media_type = media_type.unwrap_or(HeaderValue::from_static(""));
    let length = content_length(&parts.headers);
    let (bytes, permit) = read_any_body(state, body, length).await?;
    let operation = Arc::clone(operation);
    let vocabulary = Arc::clone(&state.vocabulary);
    let runtime = Handle::current();
    // Parsing a large body takes time. On a thread that serves connections, it would delay the
    // others.
    let parse = move || {
        let Input::Body {
            schema, published, ..
        } = &operation.input
        else {
            return Ok(Values::default());
        };
        match kind {
            BodyKind::Json => json_values(schema, &bytes),
            BodyKind::Xml => xml_values(&vocabulary, schema, published, &bytes),
            // The body is in memory, so this does not wait for I/O.
            BodyKind::Form => runtime.block_on(form_values(schema, &media_type, bytes)),
        }
    };
    Ok((state.workers.run(parse).await?, permit))
}

pub(crate) fn json_values(schema: &Object, body: &[u8]) -> Result<Values, Failure> {
    let json = json::read(body).map_err(|error| {
        Failure::malformed(format!("Error: The request body is not JSON: {error}."))
    })?;
    validate::json(schema, json)
}

pub(crate) fn xml_values(
    vocabulary: &Vocabulary,
    schema: &Object,
    published: &Value,
    body: &[u8],
) -> Result<Values, Failure> {
    let json = vocabulary.read(published, body).map_err(|problem| {
        Failure::malformed(format!("Error: The request body is not XML: {problem}."))
    })?;
    validate::json(schema, json)
}

pub(crate) async fn form_values(
    schema: &Object,
    media_type: &HeaderValue,
    body: Bytes,
) -> Result<Values, Failure> {
    validate::pairs(schema, form_fields(schema, media_type, body).await?)
}

/// Reads a body of at most `limit` bytes, which must arrive within `time`.
pub(crate) async fn read_body(
    mut body: Body,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Failure> {
    let mut read = BytesMut::new();
    match read_up_to(&mut body, &mut read, limit, time).await {
        Ok(Read::Whole) => Ok(read.freeze()),
        Ok(Read::Part) => Err(drain(body, Failure::too_large(limit)).await),
        Err(failure) => Err(failure),
    }
}

/// The length of a body. It is unknown if the body is chunked, or if it is decompressed, which
/// removes the header.
fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body as [`read_body`] does. A large body first waits for a permit.
async fn read_any_body(
    state: &State,
    mut body: Body,
    length: Option<usize>,
) -> Result<(Bytes, Option<LargeBodyPermit>), Failure> {
    let State {
        body_limit: limit,
        read_timeout: time,
        ..
    } = *state;
    let mut read = BytesMut::new();
    let mut permit = None;
    let small = limit.min(SMALL_BODY);
    let mut got = read_up_to(&mut body, &mut read, small, time).await?;
    if got == Read::Part && small < limit {
        let most = length.map_or(limit, |length| length.min(limit));
        permit = Some(state.large_bodies.acquire(most).await);
        got = read_up_to(&mut body, &mut read, limit, time).await?;
    }
    match got {
        Read::Whole => Ok((read.freeze(), permit)),
        Read::Part => Err(drain(body, Failure::too_large(limit)).await),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Whole,
    /// The body exceeds the limit.
    Part,
}

async fn read_up_to(
    body: &mut Body,
    read: &mut BytesMut,
    limit: usize,
    time: Duration,
) -> Result<Read, Failure> {
    let reading = async {
        while read.len() <= limit {
            // The next chunk of a decompressed body is always ready: let other tasks run in
            // between.
            tokio::task::coop::consume_budget().await;
            match next_chunk(body).await {
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
                Some(Err(error)) => {
                    let message = format!("Error: The request body cannot be read: {error}.");
                    return Err(Failure::malformed(message));
                }
                None => return Ok(Read::Whole),
            }
        }
        Ok(Read::Part)
    };
    let read = tokio::time::timeout(time, reading).await;
    read.unwrap_or_else(|_| Err(Failure::too_slow()))
}

/// Limits the memory of large bodies, so that many clients cannot exhaust it.
pub(crate) struct LargeBodies(Arc<Semaphore>);

/// The permit to hold a large body in memory, until it is dropped.
pub(crate) struct LargeBodyPermit {
    _permit: Option<OwnedSemaphorePermit>,
}

impl LargeBodies {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LARGE_BODIES / ROOM_UNIT)))
    }

    /// Waits for a permit for a body of this many bytes. A body larger than the limit takes all of
    /// it.
    async fn acquire(&self, bytes: usize) -> LargeBodyPermit {
        let units = bytes.min(LARGE_BODIES).div_ceil(ROOM_UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let permit = Arc::clone(&self.0).acquire_many_owned(units).await.ok();
        LargeBodyPermit { _permit: permit }
    }
}

/// Discards the rest of a body that is rejected with `failure`.
pub(crate) async fn drain(body: Body, failure: Failure) -> Failure {
    discard(body).await;
    failure
}

/// Reads and discards the rest of a body. Otherwise a client that is still sending would see a
/// reset connection instead of the response.
pub(crate) async fn discard(mut body: Body) {
    let drained = async {
        let mut left = DRAINED_BYTES;
        while let Some(Ok(chunk)) = next_chunk(&mut body).await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // The response is the same if the body is incomplete.
    let _ = tokio::time::timeout(DRAIN_TIME, drained).await;
}

async fn next_chunk(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        let frame =
            std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_frame(cx)).await?;
        match frame.map(|frame| frame.into_data()) {
            Ok(Ok(chunk)) => return Some(Ok(chunk)),
            Ok(Err(_trailers)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

async fn parameters(request: &mut Request) -> Result<Vec<(String, Raw)>, Failure> {
    let not_utf8 = || Failure::malformed("Error: The URL is not UTF-8.");
    let path: RawPathParams = request.extract_parts().await.map_err(|_| not_utf8())?;
    let mut pairs: Vec<_> = path
        .iter()
        .map(|(name, value)| (name.to_owned(), Raw::Text(value.to_owned())))
        .collect();
    let query = query::pairs(request.uri().query().unwrap_or_default()).ok_or_else(not_utf8)?;
    pairs.extend(
        query
            .into_iter()
            .map(|(name, value)| (name, Raw::Text(value))),
    );
    Ok(pairs)
}

/// Rejects a query if the operation takes a body, because its parameters would be silently ignored.
fn no_query(request: &Request) -> Result<(), Failure> {
    match request.uri().query() {
        None | Some("") => Ok(()),
        Some(_) => Err(Failure::malformed(
            "Error: This operation takes its values from the request body, not from the query.",
        )),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BodyKind {
    Json,
    Xml,
    Form,
}

/// The format of the body, if the document allows it for this operation.
fn body_kind(headers: &HeaderMap, media_types: &[String]) -> Result<BodyKind, Failure> {
    let sent = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let kind = match essence.as_str() {
        "application/json" => Some(BodyKind::Json),
        "application/xml" => Some(BodyKind::Xml),
        "multipart/form-data" => Some(BodyKind::Form),
        _ => None,
    };
    kind.filter(|_| media_types.contains(&essence))
        .ok_or_else(|| {
            let problem = if sent.is_empty() {
                "The request has no Content-Type".to_owned()
            } else {
                format!("The request body is {sent}")
            };
            let expected = media_types.join(" or ");
            Failure::unsupported_media_type(format!(
                "{problem}; this operation accepts {expected}."
            ))
        })
}

/// Rejects an encoding other than gzip, which has already been decoded.
fn not_encoded(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            let encoding = String::from_utf8_lossy(encoding.as_bytes());
            Err(Failure::unsupported_media_type(format!(
                "The request body is encoded as {encoding:.100}; the sandbox supports only gzip."
            )))
        }
        _ => Ok(()),
    }
}

/// The fields of a multipart form.
async fn form_fields(
    object: &Object,
    media_type: &HeaderValue,
    body: Bytes,
) -> Result<Vec<(String, Raw)>, Failure> {
    let is_known = |name: &str| object.fields.iter().any(|field| field.name == name);
    let parts = form::parts(media_type, body, is_known).await;
    let parts = parts.map_err(|problem| {
        Failure::malformed(format!(
            "Error: The request body is not multipart/form-data: {problem:.200}."
        ))
    })?;
    let fields = parts.into_iter().map(|part| {
        let raw = if is_file(object, &part.name) || part.has_file_name {
            Raw::File(part.bytes)
        } else {
            let text = String::from_utf8(part.bytes.into());
            Raw::Text(text.map_err(|_| Failure::field(&part.name, "The value is not UTF-8."))?)
        };
        Ok((part.name, raw))
    });
    fields.collect()
}

fn is_file(object: &Object, name: &str) -> bool {
    let has_name = |field: &&Field| field.name == name;
    object
        .fields
        .iter()
        .find(has_name)
        .is_some_and(|field| matches!(field.schema, Schema::File))
}
