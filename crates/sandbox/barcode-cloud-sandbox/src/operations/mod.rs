//! The operations: each reads and validates a request, carries it out, and returns the response.

mod color;
mod generate;
mod options;
mod recognize;
pub(crate) mod request;

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::contract::{Operation, Task};
use crate::http::body::drain;
use crate::http::{Failure, ResponseContext};
use crate::journal::LogEntryHandle;
use crate::state::State;

/// Responds to a request to `operation`.
pub(crate) async fn serve(
    state: Arc<State>,
    operation: Arc<Operation>,
    request: Request,
) -> Response {
    let context = ResponseContext::of(&request);
    let log_entry = request.extensions().get::<LogEntryHandle>().cloned();
    let response = async {
        if let Err(failure) = state.token_issuer.check(request.headers()) {
            return Err(drain(request.into_body(), failure).await);
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

/// Decodes the base64 value of a field. White space is ignored, as .NET does.
fn from_base64(parameter: &str, text: &str) -> Result<Vec<u8>, Failure> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let decoded = if text.bytes().any(|byte| is_blank(&byte)) {
        STANDARD.decode(text.bytes().filter(|byte| !is_blank(byte)).collect::<Vec<_>>())
    } else {
        STANDARD.decode(text)
    };
    decoded.map_err(|error| Failure::field(parameter, format!("The value is not base64: {error}")))
}
