//! Parses an HTTP request into validated values: path and query, JSON, XML or multipart.
//!
//! A body is received completely before it is parsed, so that the same limit and the same errors
//! apply to every format.

use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{RawPathParams, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use crate::contract::validate::{self, Raw, Values};
use crate::contract::{Field, Input, Object, Operation, Schema};
use crate::http::body::drain;
use crate::http::xml::Vocabulary;
use crate::http::{Failure, form, json, query};
use crate::state::State;

/// Returns the validated values of `request`, and the permit of a large body.
pub(crate) async fn values(
    state: &State,
    operation: &Arc<Operation>,
    mut request: Request,
) -> Result<(Values, Option<OwnedSemaphorePermit>), Failure> {
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
    let State { body_limit, read_timeout, large_bodies, .. } = state;
    let (bytes, permit) =
        large_bodies.read(body, &parts.headers, *body_limit, *read_timeout).await?;
    let operation = Arc::clone(operation);
    let vocabulary = Arc::clone(&state.vocabulary);
    let runtime = Handle::current();
    // Parsing a large body takes time. On a thread that serves connections, it would delay the
    // others.
    let parse = move || {
        let Input::Body { schema, published, .. } = &operation.input else {
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

async fn parameters(request: &mut Request) -> Result<Vec<(String, Raw)>, Failure> {
    let not_utf8 = || Failure::malformed("Error: The URL is not UTF-8.");
    let path: RawPathParams = request.extract_parts().await.map_err(|_| not_utf8())?;
    let mut pairs: Vec<_> =
        path.iter().map(|(name, value)| (name.to_owned(), Raw::Text(value.to_owned()))).collect();
    let query = query::pairs(request.uri().query().unwrap_or_default()).ok_or_else(not_utf8)?;
    pairs.extend(query.into_iter().map(|(name, value)| (name, Raw::Text(value))));
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
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = match essence.as_str() {
        "application/json" => Some(BodyKind::Json),
        "application/xml" => Some(BodyKind::Xml),
        "multipart/form-data" => Some(BodyKind::Form),
        _ => None,
    };
    kind.filter(|_| media_types.contains(&essence)).ok_or_else(|| {
        let problem = if sent.is_empty() {
            "The request has no Content-Type".to_owned()
        } else {
            format!("The request body is {sent}")
        };
        let expected = media_types.join(" or ");
        Failure::unsupported_media_type(format!("{problem}; this operation accepts {expected}."))
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
    object.fields.iter().find(has_name).is_some_and(|field| matches!(field.schema, Schema::File))
}
