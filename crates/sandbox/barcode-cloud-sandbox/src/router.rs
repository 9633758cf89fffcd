//! The router: one route for each operation of the document, the token endpoint, the admin calls
//! and the page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, any, get, on};
use axum::{Json, Router};
use http::header::{DATE, HeaderValue};
use http::{Extensions, HeaderMap, Method, StatusCode, Uri, Version};
use serde_json::Value;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _};
use tower_http::cors::CorsLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::map_request_body::MapRequestBodyLayer;

use crate::auth::JWKS_PATH;
use crate::clock::Clock;
use crate::contract::Document;
use crate::http::{Failure, body, form, response};
use crate::state::State;
use crate::{Error, admin, fault, journal, operations, page};

/// The maximum size of a token request, in bytes.
const TOKEN_REQUEST_LIMIT: usize = 64 * 1024;

/// The path that OpenID Connect Discovery 1.0, section 4, defines.
const CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";

/// The path of the service's OpenAPI document, below the base path.
const SPEC_PATH: &str = "/barcode/swagger/spec";

/// The routes of `document`. `spec` is the OpenAPI document that the sandbox publishes.
pub(crate) fn router(
    document: Document,
    spec: Value,
    cors: Option<CorsLayer>,
    state: &Arc<State>,
) -> Result<Router, Error> {
    let base_path = document.base_path.clone();
    let token_path = document.token_path.clone();
    let configuration = Json(state.token_issuer.configuration(&token_path));
    let keys = Json(state.token_issuer.public_keys());
    let spec = Json(spec);
    let connection = page::Connection::new(&base_path, &token_path, state);
    let page = page::files(connection, Arc::clone(&state.allowed_hosts));
    let for_tokens = Arc::clone(state);
    let token = move |request| token_endpoint(Arc::clone(&for_tokens), request);
    let service = operation_routes(document, state)?
        .route(&token_path, any(token))
        .route(CONFIGURATION_PATH, get(async || configuration))
        .route(JWKS_PATH, get(async || keys))
        .route(&format!("{base_path}{SPEC_PATH}"), get(async || spec));
    let service = with_failures(service)
        .layer(MapRequestBodyLayer::new(Body::new))
        // A body with another encoding passes this layer unchanged, and is rejected when it is
        // read.
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(from_fn_with_state(Arc::clone(state), fault::layer))
        .layer(from_fn_with_state(Arc::clone(state), journal::layer))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_alterable)));
    let service = match cors {
        Some(cors) => service.layer(cors),
        None => service,
    };
    let admin = admin::routes(Arc::clone(state)).merge(page);
    Ok(service
        .nest(admin::PATH, with_failures(admin))
        .merge(page::index(Arc::clone(&state.allowed_hosts)))
        .layer(from_fn_with_state(state.clock, set_date))
        .layer(from_fn_with_state(
            (Arc::clone(&state.vocabulary), state.clock, Arc::clone(&state.randomness)),
            response::assign_request_id,
        )))
}

fn operation_routes(document: Document, state: &Arc<State>) -> Result<Router, Error> {
    let mut router = Router::new();
    for operation in document.operations {
        let path = format!("{}{}", document.base_path, operation.path);
        let method = MethodFilter::try_from(operation.method.clone())
            .map_err(|error| Error::Document { at: path.clone(), problem: error.to_string() })?;
        let operation = Arc::new(operation);
        let state = Arc::clone(state);
        let handler =
            move |request| operations::serve(Arc::clone(&state), Arc::clone(&operation), request);
        router = router.route(&path, on(method, handler));
    }
    Ok(router)
}

/// Adds error responses for unknown paths and methods, and writes the bodies of failures.
fn with_failures(router: Router) -> Router {
    router
        .fallback(|uri: Uri| async move { Failure::not_found(uri.path()) })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            Failure::method_not_allowed(&method, uri.path())
        })
        .layer(from_fn(response::write_failures))
}

/// Whether a response may be compressed: it has no fault.
fn is_alterable(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<fault::Unaltered>().is_none()
}

/// Sets the `Date` header by the sandbox's clock, if that differs from the machine's.
async fn set_date(Shared(clock): Shared<Clock>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if !clock.is_exact() {
        let date = httpdate::fmt_http_date(clock.now());
        if let Ok(date) = HeaderValue::from_str(&date) {
            response.headers_mut().insert(DATE, date);
        }
    }
    response
}

async fn token_endpoint(state: Arc<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match body::read_body(body, TOKEN_REQUEST_LIMIT, state.read_timeout).await {
        Ok(body) => body,
        Err(failure) => return failure.into_response(),
    };
    let fields = form::text_fields(&parts.headers, body, !state.strict).await;
    state.token_issuer.respond(&parts.method, &parts.headers, fields)
}
