//! The web page at `/`: its embedded files, the connection settings that it shows, and the packaged
//! reference.
//!
//! The page uses the sandbox like any other client, through the token endpoint and the operations.
//! This module only serves what the browser loads.

mod reference;

use std::sync::Arc;

use axum::extract::Path;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Json, Router};
use barcode_engine::Symbology;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Uri};
use serde::Serialize;

use crate::http::guard::{self, AllowedHosts};
use crate::http::{Failure, response};
use crate::state::State;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const SVG: &str = "image/svg+xml";

const INDEX: &str = include_str!("../../page/index.html");

macro_rules! page_file {
    ($name:literal, $kind:expr) => {
        ($name, $kind, include_str!(concat!("../../page/", $name)))
    };
}

/// The files that the page loads: name, content type and text.
const FILES: [(&str, &str, &str); 13] = [
    page_file!("style.css", CSS),
    page_file!("icon.svg", SVG),
    page_file!("main.js", SCRIPT),
    page_file!("camera.js", SCRIPT),
    page_file!("control.js", SCRIPT),
    page_file!("copy.js", SCRIPT),
    page_file!("elements.js", SCRIPT),
    page_file!("fields.js", SCRIPT),
    page_file!("generate.js", SCRIPT),
    page_file!("log.js", SCRIPT),
    page_file!("read.js", SCRIPT),
    page_file!("reference.js", SCRIPT),
    page_file!("service.js", SCRIPT),
];

/// The settings that the page shows for clients. It contains paths instead of URLs, because the
/// browser may reach the sandbox under another host name than the one that the sandbox knows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Connection {
    base_path: String,
    token_path: String,
    client_id: String,
    client_secret: String,
    /// The types that this build can write. The engine does not know all types of the document.
    writable: Vec<&'static str>,
    /// The types that this build cannot read.
    unreadable: Vec<&'static str>,
    /// The operations that a fault can be restricted to.
    operations: Vec<String>,
}

impl Connection {
    pub(crate) fn new(base_path: &str, token_path: &str, state: &State) -> Self {
        let client = state.token_issuer.clients().first();
        Self {
            base_path: base_path.to_owned(),
            token_path: token_path.to_owned(),
            client_id: client.map_or_else(String::new, |client| client.client_id.clone()),
            client_secret: client.map_or_else(String::new, |client| client.client_secret.clone()),
            writable: types(Symbology::can_write),
            unreadable: types(|symbology| !symbology.can_read()),
            operations: state.names.all().map(str::to_owned).collect(),
        }
    }
}

fn types(wanted: impl Fn(&Symbology) -> bool) -> Vec<&'static str> {
    Symbology::all().filter(|symbology| wanted(symbology)).map(Symbology::name).collect()
}

/// The page itself.
pub(crate) fn index(allowed: Arc<AllowedHosts>) -> Router {
    guarded(Router::new().route("/", method(get(async || file(HTML, INDEX)))), allowed)
}

/// The files that the page loads, to be nested under `/_sandbox`.
pub(crate) fn files(connection: Connection, allowed: Arc<AllowedHosts>) -> Router {
    let connection = async move || {
        // Credentials must not be cached.
        let no_store = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (no_store, Json(connection)).into_response()
    };
    let routes = Router::new()
        .route("/page/connection", method(get(connection)))
        .route("/page/{name}", method(get(page_file)))
        .route("/reference/{name}", method(get(reference_file)));
    guarded(routes, allowed)
}

fn method(router: MethodRouter) -> MethodRouter {
    router.fallback(|method: Method, uri: Uri| async move {
        Failure::method_not_allowed(&method, uri.path())
    })
}

fn guarded(router: Router, allowed: Arc<AllowedHosts>) -> Router {
    router
        .route_layer(from_fn_with_state(allowed, guard::admit))
        .route_layer(from_fn(response::write_failures))
        .route_layer(from_fn(guard::add_security_headers))
}

async fn page_file(Path(name): Path<String>, uri: Uri) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, text)) => file(kind, *text),
        None => Failure::not_found(uri.path()).into_response(),
    }
}

async fn reference_file(Path(name): Path<String>, uri: Uri) -> Response {
    match reference::file(&name).await {
        Some((kind, bytes)) => file(kind, bytes),
        None => Failure::not_found(uri.path()).into_response(),
    }
}

fn file(kind: &'static str, bytes: impl Into<Bytes>) -> Response {
    let kind = HeaderValue::from_static(kind);
    ([(CONTENT_TYPE, kind)], bytes.into()).into_response()
}
