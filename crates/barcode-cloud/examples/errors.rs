//! Handles errors: the predicates decide what the program does, and the message explains it to
//! people.
//!
//! `cargo run -p barcode-cloud --example errors`

use barcode_cloud::{Client, EncodeBarcodeType, Error};

mod support;

#[tokio::main]
pub(crate) async fn main() -> anyhow::Result<()> {
    let (_sandbox, client) = support::client().await?;
    for line in run(&client).await {
        println!("{line}");
    }
    Ok(())
}

/// Makes three calls, two of which fail. Returns a description of how each was handled.
pub(crate) async fn run(client: &Client) -> Vec<String> {
    let mut actions = Vec::new();
    for request in [
        client.generate(EncodeBarcodeType::Ean13, "no digits").unchecked(),
        client.generate(EncodeBarcodeType::Ean13, "4006381333932"),
        client.generate(EncodeBarcodeType::Qr, "fine"),
    ] {
        match request.await {
            Ok(image) => actions.push(format!("generated, {}", image.media_type())),
            Err(error) => actions.push(handle(&error)),
        }
    }
    actions
}

fn handle(error: &Error) -> String {
    // Programs can match on each kind of error, but the predicates are usually enough.
    if let Error::InvalidInput(input) = error {
        return format!("not sent, because `{}` is invalid: {error}", input.field());
    }
    if error.is_auth() {
        return format!("alert the operators: {error}");
    }
    if error.is_retryable() {
        let wait = error.retry_after().unwrap_or_default();
        return format!("queued again, with a delay of {wait:?}: {error}");
    }
    format!(
        "rejected with {}, see request {}: {error}",
        error.code().unwrap_or("unknown"),
        error.request_id().unwrap_or("unknown")
    )
}
