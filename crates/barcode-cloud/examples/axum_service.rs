//! A web service that generates QR codes and labels, and reads the barcodes in uploaded images.
//!
//! `cargo run -p barcode-cloud --example axum_service`, then open
//! <http://127.0.0.1:3000/qr?data=hello>, or run
//!
//! ```sh
//! curl -H 'content-type: application/json' -o label.png http://127.0.0.1:3000/labels \
//!      -d '{"type": "GS1Code128", "data": "(01)09501101530003(10)ABC"}'
//! curl --data-binary @label.png http://127.0.0.1:3000/read
//! ```

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use barcode_cloud::{BarcodeImageFormat, Barcodes, Client, EncodeBarcodeType, Error, Image};
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
    Router::new()
        .route("/qr", get(qr_code))
        .route("/labels", post(label))
        .route("/read", post(read).layer(DefaultBodyLimit::max(10 << 20)))
        .with_state(client)
}

#[derive(Deserialize)]
struct Parameters {
    data: String,
}

async fn qr_code(
    State(client): State<Client>,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, Failure> {
    let request = client.generate(EncodeBarcodeType::Qr, parameters.data);
    Ok(file(request.format(BarcodeImageFormat::Svg).await?))
}

#[derive(Deserialize)]
struct Label {
    #[serde(rename = "type")]
    barcode_type: EncodeBarcodeType,
    data: String,
}

async fn label(
    State(client): State<Client>,
    Json(label): Json<Label>,
) -> Result<impl IntoResponse, Failure> {
    Ok(file(client.generate(label.barcode_type, label.data).await?))
}

async fn read(State(client): State<Client>, image: Bytes) -> Result<Json<Barcodes>, Failure> {
    Ok(Json(client.scan(image).await?))
}

fn file(image: Image) -> impl IntoResponse {
    ([(CONTENT_TYPE, image.media_type().to_owned())], image.into_bytes())
}

struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = self.0;
        // The caller's request is invalid, for example because the data is empty.
        if error.is_client_error() {
            return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
        }
        // The caller cannot fix any other error, so its text is only logged.
        let response = if error.is_retryable() {
            let wait = error.retry_after().map_or(1, |wait| wait.as_secs().max(1));
            (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, wait.to_string())]).into_response()
        } else {
            StatusCode::BAD_GATEWAY.into_response()
        };
        // `#` prints the causes too.
        eprintln!("{:#}", anyhow::Error::from(error));
        response
    }
}
