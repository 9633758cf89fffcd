//! Generates a barcode with reqwest.

use std::env::var;

use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = reqwest::Client::new();
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", var("BARCODE_CLOUD_CLIENT_ID")?),
        ("client_secret", var("BARCODE_CLOUD_CLIENT_SECRET")?),
    ];
    let response = http.post(var("BARCODE_CLOUD_TOKEN_URL")?).form(&form).send().await?;
    let token: Value = response.error_for_status()?.json().await?;
    let token = token["access_token"].as_str().ok_or("no token")?;
    let url = format!("{}/barcode/generate-body", var("BARCODE_CLOUD_BASE_URL")?);
    let body = json!({ "barcodeType": "QR", "encodeData": { "data": "Hello" } });
    let response = http.post(url).bearer_auth(token).json(&body).send().await?;
    std::fs::write("hello.png", response.error_for_status()?.bytes().await?)?;
    Ok(())
}
