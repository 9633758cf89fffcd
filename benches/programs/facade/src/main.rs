//! Generates a barcode with the facade.

use barcode_cloud::{Client, EncodeBarcodeType};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    client.generate(EncodeBarcodeType::Qr, "Hello").save("hello.png").await?;
    Ok(())
}
