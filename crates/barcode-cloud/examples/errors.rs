//! What to do with an error: its predicates say, and its text says it to people.
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

/// Makes calls that fail; returns what was done about each.
pub(crate) async fn run(client: &Client) -> Vec<String> {
    let mut done = Vec::new();
    for (barcode_type, data) in [
        (EncodeBarcodeType::Ean13, "no digits"),
        (EncodeBarcodeType::Qr, ""),
        (EncodeBarcodeType::Qr, "fine"),
    ] {
        match client.generate(barcode_type, data).send().await {
            Ok(picture) => done.push(format!("drawn, {}", picture.media_type())),
            Err(error) => done.push(handle(&error)),
        }
    }
    done
}

fn handle(error: &Error) -> String {
    // Each kind can be matched on; mostly it is enough to ask what it means.
    if let Error::InvalidInput(input) = error {
        return format!("never sent, for its {}: {error}", input.field());
    }
    if error.is_auth() {
        return format!("alert the operators: {error}");
    }
    if error.is_retryable() {
        let wait = error.retry_after().unwrap_or_default();
        return format!("put it back into the queue for {wait:?}: {error}");
    }
    format!(
        "refused as {}, see request {}: {error}",
        error.code().unwrap_or("unknown"),
        error.request_id().unwrap_or("unknown")
    )
}
