//! The router: one route for each operation of the document, the token endpoint, the admin calls
//! and the page.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State as Shared};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, any, get, on};
use axum::{Json, Router};
use http::header::{DATE, HeaderValue};
use http::{Method, Uri};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::map_request_body::MapRequestBodyLayer;

use crate::answer::{self, Failure, ResponseContext};
use crate::clock::Clock;
use crate::document::{Document, Operation, Task};
use crate::fault::{self, Faults};
use crate::files::Files;
use crate::guard::AllowedHosts;
use crate::journal::{self, Log, LogEntryHandle};
use crate::operations::{generate, recognize};
use crate::request::{self, LargeBodies};
use crate::token::{JWKS_PATH, TokenIssuer};
use crate::workers::Workers;
use crate::xml::Vocabulary;
use crate::{Error, admin, form, page};

/// The maximum size of a token request, in bytes.
const TOKEN_REQUEST_LIMIT: usize = 64 * 1024;

/// The path that OpenID Connect Discovery 1.0, section 4, defines.
const CONFIGURATION_PATH: &str = "/.well-known/openid-configuration";

/// The path of the service's OpenAPI document, below the base path.
const SPEC_PATH: &str = "/barcode/swagger/spec";

/// The prefix of the admin calls.
pub(crate) const ADMIN_PATH: &str = "/_sandbox";

/// The name of the token endpoint among the operations.
pub(crate) const TOKEN: &str = "token";

/// The state that is shared by all requests.
pub(crate) struct State {
    pub(crate) token_issuer: TokenIssuer,
    pub(crate) files: Files,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    pub(crate) workers: Workers,
    pub(crate) faults: Faults,
    pub(crate) log: Arc<Log>,
    pub(crate) names: OperationNames,
    pub(crate) clock: Clock,
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// Whether to reject requests that the service only tolerates.
    pub(crate) strict: bool,
    pub(crate) body_limit: usize,
    pub(crate) large_bodies: LargeBodies,
    /// One permit for each client that streams the request log.
    pub(crate) event_streams: Arc<Semaphore>,
    /// How long a body may take to arrive.
    pub(crate) read_timeout: Duration,
    /// How long a picture is searched for barcodes.
    pub(crate) recognition_time: Duration,
    /// Cancelled when the sandbox stops.
    pub(crate) stop: CancellationToken,
}

impl State {
    /// The id of the operation that a request calls, if any.
    pub(crate) fn operation_of(&self, request: &Request) -> Option<Arc<str>> {
        let path = request.extensions().get::<MatchedPath>()?;
        self.names.find(request.method(), path.as_str())
    }
}

/// The ids of the operations, by path and method.
#[derive(Debug)]
pub(crate) struct OperationNames {
    operations: Vec<(Method, String, Arc<str>)>,
    token_path: String,
    token: Arc<str>,
}

impl OperationNames {
    pub(crate) fn of(document: &Document) -> Self {
        let operations = document.operations.iter().map(|operation| {
            let path = format!("{}{}", document.base_path, operation.path);
            (
                operation.method.clone(),
                path,
                Arc::from(operation.id.as_str()),
            )
        });
        Self {
            operations: operations.collect(),
            token_path: document.token_path.clone(),
            token: TOKEN.into(),
        }
    }

    /// All ids, including that of the token endpoint.
    pub(crate) fn all(&self) -> Vec<Arc<str>> {
        let ids = self.operations.iter().map(|(_, _, id)| id);
        ids.chain([&self.token]).cloned().collect()
    }

    fn find(&self, method: &Method, path: &str) -> Option<Arc<str>> {
        if path == self.token_path {
            return Some(Arc::clone(&self.token));
        }
        // The router handles HEAD as GET without the body.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let (_, _, id) = self
            .operations
            .iter()
            .find(|(its_method, its_path, _)| its_method == method && its_path == path)?;
        Some(Arc::clone(id))
    }
}

/// The routes of `document`. `spec` is the OpenAPI document that the sandbox publishes.
pub(crate) fn router(document: Document, spec: Value, state: &Arc<State>) -> Result<Router, Error> {
    let base_path = document.base_path.clone();
    let token_path = document.token_path.clone();
    let configuration = Json(state.token_issuer.configuration(&token_path));
    let keys = Json(state.token_issuer.public_keys());
    let spec = Json(spec);
    let connection = page::Connection::new(&base_path, &token_path, state);
    let page = page::files(connection, Arc::clone(&state.allowed_hosts));
    let for_tokens = Arc::clone(state);
    let token = move |request| token_endpoint(Arc::clone(&for_tokens), request);
    let service = operations(document, state)?
        .route(&token_path, any(token))
        .route(CONFIGURATION_PATH, get(async || configuration))
        .route(JWKS_PATH, get(async || keys))
        .route(&format!("{base_path}{SPEC_PATH}"), get(async || spec));
    let service = with_failures(service)
        .layer(MapRequestBodyLayer::new(Body::new))
        // A body with another encoding passes this layer unchanged, and is rejected when it is
        // read.
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(Arc::clone(state), fault::layer))
        .layer(from_fn_with_state(Arc::clone(state), journal::layer));
    let admin = admin::routes(Arc::clone(state)).merge(page);
    Ok(service
        .nest(ADMIN_PATH, with_failures(admin))
        .merge(page::index(Arc::clone(&state.allowed_hosts)))
        .layer(from_fn_with_state(state.clock, set_date))
        .layer(from_fn_with_state(
            Arc::clone(state),
            answer::assign_request_id,
        )))
}

fn operations(document: Document, state: &Arc<State>) -> Result<Router, Error> {
    let mut router = Router::new();
    for operation in document.operations {
        let path = format!("{}{}", document.base_path, operation.path);
        let method =
            MethodFilter::try_from(operation.method.clone()).map_err(|error| Error::Document {
                at: path.clone(),
                problem: error.to_string(),
            })?;
        let operation = Arc::new(operation);
        let state = Arc::clone(state);
        let handler = move |request| serve(Arc::clone(&state), Arc::clone(&operation), request);
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
        .layer(from_fn(answer::write_failures))
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

async fn serve(state: Arc<State>, operation: Arc<Operation>, request: Request) -> Response {
    let context = ResponseContext::of(&request);
    let log_entry = request.extensions().get::<LogEntryHandle>().cloned();
    let response = async {
        if let Err(failure) = state.token_issuer.check(request.headers()) {
            return Err(request::drain(request.into_body(), failure).await);
        }
        // The permit of a large body is held until the response is complete.
        let (values, _permit) = request::values(&state, &operation, request).await?;
        let found = match operation.task {
            Task::Generate => return generate::run(&state, values, log_entry.as_ref()).await,
            Task::Recognize => recognize::recognize(&state, values, log_entry.as_ref()).await?,
            Task::Scan => recognize::scan(&state, values, log_entry.as_ref()).await?,
        };
        Ok(context.write(&operation.response, &found))
    };
    response.await.unwrap_or_else(IntoResponse::into_response)
}

async fn token_endpoint(state: Arc<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match request::read_body(body, TOKEN_REQUEST_LIMIT, state.read_timeout).await {
        Ok(body) => body,
        Err(failure) => return failure.into_response(),
    };
    let fields = form::text_fields(&parts.headers, body, !state.strict).await;
    state
        .token_issuer
        .respond(&parts.method, &parts.headers, fields)
}
