//! Recognizes the barcodes of every image in a folder, eight images at a time. An error does not
//! stop the other images.
//!
//! `cargo run -p barcode-cloud --example batch -- FOLDER`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use barcode_cloud::{Client, RecognitionMode};
use futures_util::{StreamExt as _, stream};

mod support;

#[tokio::main]
pub(crate) async fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .context("the argument FOLDER is missing; add the folder with the images")?;
    let (_sandbox, client) = support::client().await?;
    let (succeeded, failed) = run(&client, Path::new(&folder)).await?;
    println!("{succeeded} images read, {failed} failed");
    Ok(())
}

/// Returns the numbers of images that were read and that could not be read.
pub(crate) async fn run(client: &Client, folder: &Path) -> anyhow::Result<(usize, usize)> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort();
    let calls = stream::iter(&files).map(async |file| {
        let request = client.recognize(file).mode(RecognitionMode::Excellent);
        (file.display(), request.send().await)
    });
    let mut results = calls.buffer_unordered(8);
    let (mut succeeded, mut failed) = (0, 0);
    while let Some((name, result)) = results.next().await {
        match result {
            Ok(barcodes) => {
                succeeded += 1;
                for barcode in barcodes {
                    println!("{name}: {} {}", barcode.barcode_type, barcode.value);
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("{name}: {error}");
            }
        }
    }
    Ok((succeeded, failed))
}
