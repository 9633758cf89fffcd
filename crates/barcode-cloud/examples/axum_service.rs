//! A web service that draws a QR code of what it is asked for.
//!
//! `cargo run -p barcode-cloud --example axum_service`, then open <http://127.0.0.1:3000/qr?data=hello>.

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

/// A client is cheap to clone, and all clones share connections, token and limits: it is state like any other.
pub(crate) fn service(client: Client) -> Router {
    Router::new().route("/qr", get(draw)).with_state(client)
}

#[derive(Deserialize)]
struct Wanted {
    data: String,
}

async fn draw(
    State(client): State<Client>,
    Query(wanted): Query<Wanted>,
) -> Result<impl IntoResponse, Failure> {
    let picture = client
        .generate(EncodeBarcodeType::Qr, wanted.data)
        .format(BarcodeImageFormat::Svg)
        .send()
        .await
        .map_err(Failure)?;
    let media_type = picture.media_type().to_owned();
    Ok(([(CONTENT_TYPE, media_type)], picture.into_bytes()))
}

struct Failure(Error);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        // The caller's own mistake, such as empty data.
        if error.is_client_error() {
            return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
        }
        eprintln!("{error}");
        // Every other error is between this service and the barcode service: its text is for the log.
        if error.is_retryable() {
            let wait = error.retry_after().map_or(1, |wait| wait.as_secs().max(1));
            let retry_after = [(RETRY_AFTER, wait.to_string())];
            return (StatusCode::SERVICE_UNAVAILABLE, retry_after).into_response();
        }
        StatusCode::BAD_GATEWAY.into_response()
    }
}
