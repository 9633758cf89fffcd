//! Read every picture of a folder, eight at a time; one that fails stops no other.
//!
//! `cargo run -p barcode-cloud --example batch -- FOLDER`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use barcode_cloud::{Client, RecognitionMode};
use futures_util::{StreamExt as _, stream};

mod support;

#[tokio::main]
pub(crate) async fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).context("which folder?")?;
    let (_sandbox, client) = support::client().await?;
    let (read, failed) = run(&client, Path::new(&folder)).await?;
    println!("{read} pictures read, {failed} failed");
    Ok(())
}

/// Returns how many pictures were read, and how many were not.
pub(crate) async fn run(client: &Client, folder: &Path) -> anyhow::Result<(usize, usize)> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort();
    let requests = stream::iter(&files).map(|file| {
        client
            .recognize(file.as_path())
            .mode(RecognitionMode::Excellent)
    });
    let mut answers = client
        .recognize_many(requests)
        .concurrency(8)
        .as_completed();
    let (mut read, mut failed) = (0, 0);
    while let Some((place, answer)) = answers.next().await {
        let name = files[place].display();
        match answer {
            Ok(barcodes) => {
                read += 1;
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
    Ok((read, failed))
}
