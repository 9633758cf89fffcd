//! The router: one route for each operation of the document, and the token endpoint.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, any, on};
use http::{Method, Uri};

use crate::Error;
use crate::answer::{self, Failure};
use crate::document::{Document, Operation, Task};
use crate::files::Files;
use crate::operations::{generate, recognize};
use crate::request;
use crate::token::Authority;
use crate::workers::Workers;

/// The largest token request that is read.
const TOKEN_REQUEST_LIMIT: usize = 64 * 1024;

/// What every request needs.
pub(crate) struct State {
    pub(crate) authority: Authority,
    pub(crate) files: Files,
    pub(crate) workers: Workers,
    pub(crate) body_limit: usize,
}

/// The routes of `document`.
pub(crate) fn router(document: Document, state: Arc<State>) -> Result<Router, Error> {
    let mut router = Router::new();
    for operation in document.operations {
        let path = format!("{}{}", document.base_path, operation.path);
        let method =
            MethodFilter::try_from(operation.method.clone()).map_err(|error| Error::Document {
                at: path.clone(),
                problem: error.to_string(),
            })?;
        let operation = Arc::new(operation);
        let state = Arc::clone(&state);
        let handler = move |request| serve(Arc::clone(&state), Arc::clone(&operation), request);
        router = router.route(&path, on(method, handler));
    }
    let token = move |request| give_token(Arc::clone(&state), request);
    Ok(router
        .route(&document.token_path, any(token))
        .fallback(|uri: Uri| async move { Failure::not_found(uri.path()) })
        .method_not_allowed_fallback(|method: Method, uri: Uri| async move {
            Failure::method_not_allowed(&method, uri.path())
        })
        .layer(from_fn(answer::identify)))
}

async fn serve(state: Arc<State>, operation: Arc<Operation>, request: Request) -> Response {
    let answer = async {
        if let Err(failure) = state.authority.check(request.headers()) {
            return Err(request::drain(request.into_body(), failure).await);
        }
        let values = request::values(&operation.input, request, state.body_limit).await?;
        match operation.task {
            Task::Generate => generate::run(&state, values).await,
            Task::Recognize => recognize::recognize(&state, values).await,
            Task::Scan => recognize::scan(&state, values).await,
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

async fn give_token(state: Arc<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match request::read_body(body, TOKEN_REQUEST_LIMIT).await {
        Ok(body) => state.authority.answer(&parts.method, &parts.headers, &body),
        Err(failure) => failure.into_response(),
    }
}
