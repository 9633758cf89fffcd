//! The facade, for the comparison with other clients in `benches/run`. `vendor.py` does the same.
//!
//! The first argument is the action and the second one a number of calls or a path. The URLs and
//! the credentials are in the environment. Prints one line of JSON.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use barcode_cloud::{Client, EncodeBarcodeType};
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let action = arguments.next().context("no action")?;
    let argument = arguments.next().context("no argument")?;
    let client = Client::from_env()?;
    let result = match action.as_str() {
        "sequential" => sequential(&client, argument.parse()?).await?,
        "cold" => cold(&client, argument.parse()?).await,
        "revoked" => revoked(&client, argument.parse()?).await?,
        "upload" => upload(&client, &argument).await?,
        _ => bail!("unknown action {action}"),
    };
    println!("{result}");
    Ok(())
}

async fn generate(client: &Client) -> Result<usize, barcode_cloud::Error> {
    Ok(client.generate(EncodeBarcodeType::Qr, "Hello, world").send().await?.bytes().len())
}

/// The CPU time of a call, in microseconds.
async fn sequential(client: &Client, calls: u32) -> Result<Value> {
    for _ in 0..50 {
        generate(client).await?;
    }
    let (cpu, wall) = (cpu_time::ProcessTime::now(), Instant::now());
    for _ in 0..calls {
        generate(client).await?;
    }
    let cpu = cpu.elapsed().as_secs_f64() * 1e6 / f64::from(calls);
    Ok(json!({ "cpu_us": cpu, "wall_us": wall.elapsed().as_secs_f64() * 1e6 / f64::from(calls) }))
}

/// Callers that all start without a token.
async fn cold(client: &Client, callers: u32) -> Value {
    let mut calls = JoinSet::new();
    for _ in 0..callers {
        let client = client.clone();
        calls.spawn(async move { generate(&client).await });
    }
    let results = calls.join_all().await;
    let succeeded = results.iter().filter(|result| result.is_ok()).count();
    json!({ "succeeded": succeeded, "token_requests": client.token_source().metrics().fetches })
}

/// Calls after the token was revoked, which the parent process does when it reads `ready`.
async fn revoked(client: &Client, calls: u32) -> Result<Value> {
    generate(client).await?;
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let mut succeeded = 0;
    for _ in 0..calls {
        succeeded += u32::from(generate(client).await.is_ok());
    }
    Ok(json!({ "succeeded": succeeded }))
}

/// The growth of the peak of the memory during an upload, in MiB.
async fn upload(client: &Client, path: &str) -> Result<Value> {
    client.scan(vec![0; 1024]).send().await?;
    let before = peak()?;
    client.scan(std::path::Path::new(path)).send().await?;
    Ok(json!({ "growth_mib": peak()? - before }))
}

/// The peak of the resident memory in MiB.
fn peak() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
