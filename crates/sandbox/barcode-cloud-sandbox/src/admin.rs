//! The admin calls under `/_sandbox`, which control and observe a running sandbox. They are not
//! operations of the service, so they need no token, are not affected by faults and are not logged.
//!
//! The guard rejects requests that a browser sends for a page of another origin, and pages whose
//! host name was made to resolve to this machine (DNS rebinding).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State as Shared};
use axum::middleware::from_fn_with_state;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use futures_util::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use http::{StatusCode, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::RequestMatcher;
use crate::auth::Revoke;
use crate::fault::{Fault, Script};
use crate::http::{Failure, body, guard, query};
use crate::state::State;

/// The maximum size of a request body, and how long it may take to arrive.
const BODY_LIMIT: usize = 256 * 1024;
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The prefix of the admin calls.
pub(crate) const PATH: &str = "/_sandbox";

/// The maximum number of clients that stream the request log. Each of them keeps a connection open
/// indefinitely.
pub(crate) const MAX_EVENT_STREAMS: usize = 32;

/// The routes, to be nested under `/_sandbox`.
pub(crate) fn routes(state: Arc<State>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/clients", post(add_client))
        .route("/files", get(files).put(store_file).delete(remove_file))
        .route("/faults", get(list).post(add).delete(clear))
        .route("/faults/{id}", delete(remove))
        .route("/requests", get(requests).delete(forget))
        .route("/requests/count", post(count))
        .route("/requests/events", get(events))
        .route("/tokens/revoke", post(revoke))
        .route_layer(from_fn_with_state(Arc::clone(&state.allowed_hosts), guard::admit))
        .with_state(state)
}

async fn health() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

async fn reset(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.reset();
    StatusCode::NO_CONTENT
}

async fn add_client(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let problem =
        |problem| Failure::malformed(format!("Error: The client was not added: {problem}."));
    state.add_client(read(request).await?).map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn files(Shared(state): Shared<Arc<State>>) -> Response {
    Json(json!({ "files": state.files.list() })).into_response()
}

/// Maps a URL to the image in the body.
async fn store_file(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let (parts, body) = request.into_parts();
    let url = match file_url(&parts.uri) {
        Ok(url) => url,
        Err(failure) => return Err(body::drain(body, failure).await),
    };
    let (limit, time) = (state.body_limit, state.read_timeout);
    let (file, _permit) = state.large_bodies.read(body, &parts.headers, limit, time).await?;
    let full = |problem| Failure::malformed(format!("Error: The file was not stored: {problem}."));
    state.files.store(url, file).map_err(full)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_file(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<StatusCode, Failure> {
    match state.files.remove(&file_url(&uri)?) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Failure::not_found(&uri.to_string())),
    }
}

/// The parameter `url` of a call about a file.
fn file_url(uri: &Uri) -> Result<String, Failure> {
    let pairs = query::pairs(uri.query().unwrap_or_default());
    match pairs.as_deref() {
        Some([(name, url)]) if name == "url" && !url.is_empty() => Ok(url.clone()),
        _ => Err(Failure::malformed("Error: The query must be the parameter 'url' and its value.")),
    }
}

/// The body of the call that adds a script of faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptRequest {
    steps: Value,
    #[serde(default)]
    matching: RequestMatcher,
    nth: Option<u32>,
    operation: Option<String>,
    times: Option<Times>,
    probability: Option<f64>,
    seed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "times must be a number or \"forever\"")]
enum Times {
    Number(u32),
    Word(Forever),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Forever {
    Forever,
}

impl ScriptRequest {
    fn script(self) -> Result<Script, crate::Error> {
        // A text such as `status=503, ok`, or a list of faults.
        let script = match self.steps {
            Value::String(text) => text.parse()?,
            Value::Array(steps) => {
                let steps = steps.iter().map(Fault::from_json);
                Script::sequence(steps.collect::<Result<Vec<_>, _>>()?)
            }
            other => Script::from(Fault::from_json(&other)?),
        };
        let mut script = script.matching(self.matching);
        if let Some(nth) = self.nth {
            script = script.nth(nth);
        }
        if let Some(operation) = self.operation {
            script = script.on(operation);
        }
        if let Some(probability) = self.probability {
            script = script.by_chance(probability, self.seed.unwrap_or_default());
        }
        Ok(match self.times {
            Some(Times::Number(times)) => script.times(times),
            Some(Times::Word(Forever::Forever)) => script.forever(),
            None => script,
        })
    }
}

async fn add(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Failure> {
    let script_request: ScriptRequest = read(request).await?;
    let id =
        script_request.script().and_then(|script| state.faults.add(script)).map_err(rejected)?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

fn rejected(error: crate::Error) -> Failure {
    Failure::malformed(format!("Error: {error}."))
}

async fn list(Shared(state): Shared<Arc<State>>) -> Response {
    Json(json!({ "scripts": state.faults.list() })).into_response()
}

async fn clear(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

async fn remove(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    if id.parse().is_ok_and(|id| state.faults.remove(id)) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Failure::not_found(&format!("/_sandbox/faults/{id}")).into_response()
    }
}

async fn requests(Shared(state): Shared<Arc<State>>) -> Response {
    Json(json!({ "requests": state.log.list() })).into_response()
}

async fn count(Shared(state): Shared<Arc<State>>, request: Request) -> Result<Response, Failure> {
    let matcher: RequestMatcher = read(request).await?;
    let matcher = matcher.compile(&state.names).map_err(rejected)?;
    Ok(Json(json!({ "count": state.log.count(&matcher) })).into_response())
}

async fn forget(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.log.clear();
    StatusCode::NO_CONTENT
}

/// Streams the request log as Server-Sent Events: `request` with an entry, or `missed` with the
/// number of entries that were dropped because the client was too slow.
async fn events(Shared(state): Shared<Arc<State>>) -> Response {
    let Ok(permit) = Arc::clone(&state.event_streams).try_acquire_owned() else {
        return Failure::too_many_event_streams(MAX_EVENT_STREAMS).into_response();
    };
    // The permit is released when the connection closes and the stream is dropped.
    let source = (state.log.feed(), permit);
    let events = stream::unfold(source, async |(mut feed, permit)| {
        let event = match feed.recv().await {
            Ok(entry) => Event::default().event("request").json_data(&*entry),
            Err(RecvError::Lagged(count)) => Event::default().event("missed").json_data(count),
            Err(RecvError::Closed) => return None,
        };
        Some((event, (feed, permit)))
    });
    let events = events.take_until(state.stop.clone().cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Which tokens to revoke: a single token, those of a client, or all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    token: Option<String>,
    client_id: Option<String>,
}

async fn revoke(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<StatusCode, Failure> {
    let wanted: Revocation = read(request).await?;
    let which = match (&wanted.token, &wanted.client_id) {
        (None, None) => Revoke::All,
        (Some(token), None) => Revoke::Token(token),
        (None, Some(client)) => Revoke::Client(client),
        (Some(_), Some(_)) => {
            let message = "Error: Give either token or client_id, not both.";
            return Err(Failure::malformed(message));
        }
    };
    state.token_issuer.revoke(which).map_err(|problem| {
        Failure::malformed(format!("Error: No token was revoked: {problem}."))
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads the JSON body of a call.
async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Failure> {
    let (parts, body) = request.into_parts();
    let bytes = body::read_body(body, BODY_LIMIT, BODY_TIMEOUT).await?;
    let is_json = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        let message = "The request body must be application/json.".to_owned();
        return Err(Failure::unsupported_media_type(message));
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::malformed(format!("Error: The request body is invalid: {error}."))
    })
}
