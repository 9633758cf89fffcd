//! A synchronous program that generates tickets on several threads.
//!
//! `cargo run -p barcode-cloud --features blocking --example blocking`. The environment must
//! contain credentials, of the service or of a sandbox.

use std::path::Path;
use std::thread;

use barcode_cloud::{Client, EncodeBarcodeType, Error, RenderOptions};

pub(crate) fn main() -> anyhow::Result<()> {
    let client = Client::from_env()?;
    run(&client, &std::env::temp_dir())
}

pub(crate) fn run(client: &Client, folder: &Path) -> anyhow::Result<()> {
    thread::scope(|scope| {
        let tickets: Vec<_> =
            (1..=5).map(|seat| scope.spawn(move || ticket(client, folder, seat))).collect();
        for ticket in tickets {
            println!("{}", ticket.join().expect("the thread does not panic")?);
        }
        Ok(())
    })
}

/// Generates and saves a ticket. Returns the value that a scan of the file finds.
fn ticket(client: &Client, folder: &Path, seat: u32) -> Result<String, Error> {
    let path = folder.join(format!("ticket-{seat:02}.png"));
    client
        .generate(EncodeBarcodeType::Aztec, format!("SEAT-{seat:02}"))
        .render(RenderOptions::new().resolution(300.0))
        .save_blocking(&path)?;
    let barcodes = client.scan(path.as_path()).send_blocking()?;
    Ok(format!("{}: {}", path.display(), barcodes[0].value))
}
