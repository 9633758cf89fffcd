//! A web service that generates a QR code from a query parameter.
//!
//! `cargo run -p barcode-cloud --example axum_service`, then open
//! <http://127.0.0.1:3000/qr?data=hello>.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use barcode_cloud::{BarcodeImageFormat, Client, EncodeBarcodeType, Error};
use serde::Deserialize;

mod support;

#[tokio::main]
pub(crate) async fn main() -> anyhow::Result<()> {
    let (_sandbox, client) = support::client().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}/qr?data=hello", listener.local_addr()?);
    Ok(axum::serve(listener, service(client)).await?)
}

/// Returns the routes of the service. A client is cheap to clone and its clones share connections,
/// token and limits, so it can be the state of a router.
pub(crate) fn service(client: Client) -> Router {
    Router::new().route("/qr", get(qr_code)).with_state(client)
}

#[derive(Deserialize)]
struct Parameters {
    data: String,
}

async fn qr_code(
    State(client): State<Client>,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, Failure> {
    let image = client
        .generate(EncodeBarcodeType::Qr, parameters.data)
        .format(BarcodeImageFormat::Svg)
        .send()
        .await
        .map_err(Failure)?;
    let media_type = image.media_type().to_owned();
    Ok(([(CONTENT_TYPE, media_type)], image.into_bytes()))
}

struct Failure(Error);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        // The caller's request is invalid, for example because the data is empty.
        if error.is_client_error() {
            return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
        }
        eprintln!("{error}");
        // The caller cannot fix any other error, so its text is only logged.
        if error.is_retryable() {
            let wait = error.retry_after().map_or(1, |wait| wait.as_secs().max(1));
            let retry_after = [(RETRY_AFTER, wait.to_string())];
            return (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response();
        }
        StatusCode::BAD_GATEWAY.into_response()
    }
}
