//! A synchronous program that generates tickets, several at a time.
//!
//! `cargo run -p barcode-cloud --features blocking --example blocking`. The environment must
//! contain credentials, of the service or of a sandbox.

use std::path::Path;

use barcode_cloud::blocking::Client;
use barcode_cloud::{EncodeBarcodeType, RenderOptions};

pub(crate) fn main() -> anyhow::Result<()> {
    let client = Client::from_env()?;
    run(&client, &std::env::temp_dir())
}

pub(crate) fn run(client: &Client, folder: &Path) -> anyhow::Result<()> {
    let large = RenderOptions::new().resolution(300.0);
    let tickets = (1..=5).map(|seat| {
        let data = format!("SEAT-{seat:02}");
        client
            .generate(EncodeBarcodeType::Aztec, data)
            .render(large.clone())
    });
    for (seat, image) in (1..).zip(client.generate_many(tickets).in_order()) {
        let path = folder.join(format!("ticket-{seat:02}.png"));
        image?.save(&path)?;
        let barcodes = client.scan(path.as_path()).send()?;
        println!("{}: {}", path.display(), barcodes[0].value);
    }
    Ok(())
}
