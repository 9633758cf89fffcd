//! Three processes that work as one client: they fetch one token, keep one rate limit, and generate
//! equal images once.
//!
//! `cargo run -p barcode-cloud-redis --example fleet` starts a Redis server, a sandbox and three
//! copies of itself. It needs `redis-server`, no account and no network. `compose.yaml` in this
//! folder describes the same with containers.

use std::error::Error;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use barcode_cloud::cache::EncryptedCache;
use barcode_cloud::{Client, EncodeBarcodeType, ImageOrigin};
use barcode_cloud_redis::{Redis, RedisImageCache, RedisRateLimiter, RedisTokenStore};
use barcode_cloud_sandbox::Sandbox;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match std::env::var("REDIS_URL") {
        Ok(url) => serve(&url).await,
        Err(_) => start_fleet().await,
    }
}

/// One process of the fleet: generates 50 labels, some of which other processes generate too.
async fn serve(redis_url: &str) -> Result<(), Box<dyn Error>> {
    let redis = Redis::single(redis_url).build()?;
    // In production, this is a secret that all processes read from the same place.
    let secret = [7; 32];
    let images = RedisImageCache::new(&redis, Duration::from_secs(3600), 1 << 20);
    let client = Client::builder()
        .env()?
        .token_store(RedisTokenStore::new(&redis))
        .rate_limiter(RedisRateLimiter::with_max_in_flight(&redis, "labels", 100, 12))
        .image_cache(EncryptedCache::new(images, &secret)?)
        .build()?;
    let mut calls = JoinSet::new();
    for number in 0..50 {
        calls.spawn(client.generate(EncodeBarcodeType::Qr, format!("LABEL-{number}")).send());
    }
    let mut generated = 0;
    while let Some(image) = calls.join_next().await {
        generated += usize::from(image??.origin() == ImageOrigin::Service);
    }
    println!("process {}: 50 labels, of which it generated {generated}", std::process::id());
    Ok(())
}

/// Starts Redis, a sandbox and three processes, and prints what the sandbox received.
async fn start_fleet() -> Result<(), Box<dyn Error>> {
    let (_redis, redis_url) = start_redis()?;
    let sandbox = Sandbox::start().await?;
    let start = |_| {
        Command::new(std::env::current_exe()?)
            .env("REDIS_URL", &redis_url)
            .env("BARCODE_CLOUD_CLIENT_ID", sandbox.client_id())
            .env("BARCODE_CLOUD_CLIENT_SECRET", sandbox.client_secret())
            .env("BARCODE_CLOUD_BASE_URL", sandbox.base_url())
            .env("BARCODE_CLOUD_TOKEN_URL", sandbox.token_url())
            .spawn()
    };
    let processes: Vec<Child> = (0..3).map(start).collect::<Result<_, _>>()?;
    for mut process in processes {
        let status = tokio::task::spawn_blocking(move || process.wait()).await??;
        if !status.success() {
            return Err("a process failed: see its message above".into());
        }
    }
    let requests = sandbox.requests();
    let tokens =
        requests.iter().filter(|request| request.operation.as_deref() == Some("token")).count();
    println!("the sandbox received {tokens} token request and {} calls", requests.len() - tokens);
    Ok(())
}

/// A server that is killed when it is dropped.
struct RedisServer(Child);

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_redis() -> Result<(RedisServer, String), Box<dyn Error>> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut server = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("redis-server cannot be started: {error}. Install it first."))?;
    // The processes connect within two seconds, or work without Redis.
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = server.try_wait()? {
            return Err(
                format!("redis-server ended with {status}: start it by hand to see why").into()
            );
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok((RedisServer(server), format!("redis://127.0.0.1:{port}")))
}
