//! How many QR codes 64 callers generate and read back through the sandbox, compared with the
//! engine called directly on as many threads as there are cores. For `benches/run`; prints one line
//! of JSON.

use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
use barcode_cloud::{Client, DecodeBarcodeType, EncodeBarcodeType};
use barcode_engine::{
    ImageFormat, ReadOptions, RenderOptions, Symbology, WriteOptions, read, write,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

const CALLERS: usize = 64;

/// The QR codes of a round.
const ROUND: usize = 500;

const DATA: &str = "Hello, world";

#[tokio::main]
async fn main() -> Result<()> {
    let rounds = std::env::args().nth(1).map_or(Ok(15), |rounds| rounds.parse())?;
    let (_sandbox, client) = tests::sandbox().await.map_err(|error| anyhow!("{error}"))?;
    http_round(&client).await?;
    let mut rates = Vec::new();
    for round in 0..rounds {
        eprint!("\rround {} of {rounds}", round + 1);
        let begin = Instant::now();
        http_round(&client).await?;
        let over_http = ROUND as f64 / begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        tokio::task::spawn_blocking(direct_round).await??;
        let direct = ROUND as f64 / begin.elapsed().as_secs_f64();
        rates.push((over_http / direct, over_http, direct));
    }
    eprintln!();
    rates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, over_http, direct) = rates[rates.len() / 2];
    println!("{}", json!({ "ratio": ratio, "over_http": over_http, "direct": direct }));
    Ok(())
}

async fn http_round(client: &Client) -> Result<()> {
    let calls = stream::iter(0..ROUND).map(|_| {
        let client = client.clone();
        async move { tokio::spawn(over_http(client)).await? }
    });
    calls.buffer_unordered(CALLERS).try_collect().await
}

async fn over_http(client: Client) -> Result<()> {
    let image = client.generate(EncodeBarcodeType::Qr, DATA).send().await?;
    let request = client.recognize(image.into_bytes()).types([DecodeBarcodeType::Qr]);
    let found = request.send().await?;
    ensure!(found.len() == 1 && found[0].value == DATA, "{found:?}");
    Ok(())
}

fn direct_round() -> Result<()> {
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || (thread..ROUND).step_by(threads).try_for_each(direct))
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

/// What the operations of the sandbox do with the engine.
fn direct(_: usize) -> Result<()> {
    let qr = Symbology::named("QR").context("no QR")?;
    let symbol = write(qr, DATA, &WriteOptions::default())?;
    let image = symbol.render(ImageFormat::Png, &RenderOptions::default())?;
    let options = ReadOptions { symbologies: vec![qr], ..ReadOptions::default() };
    ensure!(read(&image, &options)?[0].value == DATA, "another value");
    Ok(())
}
