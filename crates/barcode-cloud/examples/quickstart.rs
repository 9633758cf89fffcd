//! Generates a barcode, saves it to a file, and recognizes it.
//!
//! `cargo run -p barcode-cloud --example quickstart`

use std::path::Path;

use barcode_cloud::{Client, EncodeBarcodeType, QrErrorLevel, QrOptions};

mod support;

#[tokio::main]
pub(crate) async fn main() -> anyhow::Result<()> {
    let (_sandbox, client) = support::client().await?;
    let file = std::env::temp_dir().join("hello.png");
    run(&client, &file).await
}

pub(crate) async fn run(client: &Client, file: &Path) -> anyhow::Result<()> {
    client
        .generate(EncodeBarcodeType::Qr, "Hello, world")
        .qr(QrOptions::new().error_level(QrErrorLevel::LevelH))
        .save(file)
        .await?;
    println!("generated: {}", file.display());

    for barcode in client.recognize(file).send().await? {
        println!("{}: {}", barcode.barcode_type, barcode.value);
    }
    Ok(())
}
