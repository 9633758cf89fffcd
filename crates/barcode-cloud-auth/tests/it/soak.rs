//! A minute of many kinds of failures at the same time, over a real socket.
//!
//! `cargo test --release -p barcode-cloud-auth --test it soak -- --ignored --nocapture`
//! takes 60 s, or `BARCODE_CLOUD_AUTH_SOAK_SECONDS`.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use barcode_cloud_auth::{ErrorKind, TokenSource};
use tokio::runtime::Handle;

use crate::endpoint::{Endpoint, response};

const TASKS: usize = 2_000;
const LIFETIME: Duration = Duration::from_secs(2);
const ATTEMPT: Duration = Duration::from_millis(500);

/// The state of the server: its newest token, and the time of each request.
#[derive(Default)]
struct Server {
    newest: Mutex<Option<Granted>>,
    posts: Mutex<Vec<Instant>>,
}

#[derive(Clone, Copy)]
struct Granted {
    number: usize,
    at: Instant,
    revoked: bool,
}

impl Server {
    /// A third of the requests fail, a tenth hang.
    fn respond(&self, socket: &mut impl Write) {
        let number = {
            let mut posts = self.posts.lock().unwrap();
            posts.push(Instant::now());
            posts.len()
        };
        match fastrand::u32(0..30) {
            0..10 => drop(socket.write_all(&response("503 Service Unavailable", "", ""))),
            10..13 => thread::sleep(2 * ATTEMPT),
            _ => {
                let body = format!(
                    r#"{{"access_token":"token-{number}","token_type":"Bearer","expires_in":{}}}"#,
                    LIFETIME.as_secs()
                );
                let at = Instant::now();
                if socket.write_all(&response("200 OK", "", &body)).is_ok() {
                    *self.newest.lock().unwrap() = Some(Granted { number, at, revoked: false });
                }
            }
        }
    }

    /// The newest token, if it is valid, has reached the client and is not about to expire.
    fn servable(&self) -> Option<usize> {
        let granted = (*self.newest.lock().unwrap())?;
        let age = granted.at.elapsed();
        // The client stops serving a token at 90 % of its lifetime; the margins allow for a slow
        // machine.
        let good = age > Duration::from_millis(100) && age < LIFETIME.mul_f64(0.85);
        (good && !granted.revoked).then_some(granted.number)
    }

    fn is_revoked(&self, header: &str) -> bool {
        let newest = *self.newest.lock().unwrap();
        newest.is_some_and(|it| it.revoked && header == format!("Bearer token-{}", it.number))
    }
}

#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    waited: AtomicU64,
    failed: AtomicU64,
    unjust: AtomicU64,
}

/// Makes calls as a service does, and invalidates tokens that were revoked.
async fn caller(source: TokenSource, server: Arc<Server>, tally: Arc<Tally>, end: Instant) {
    while Instant::now() < end {
        let before = server.servable();
        let begin = Instant::now();
        let response = source.token().await;
        tally.calls.fetch_add(1, Ordering::Relaxed);
        match response {
            Ok(token) => {
                if begin.elapsed() > Duration::from_millis(50) {
                    tally.waited.fetch_add(1, Ordering::Relaxed);
                }
                if server.is_revoked(token.header_value().to_str().unwrap()) {
                    source.invalidate(&token);
                }
            }
            Err(error) => {
                assert_ne!(error.kind(), ErrorKind::WaitTimeout);
                tally.failed.fetch_add(1, Ordering::Relaxed);
                // The same token was valid before and after the call, so it was available.
                if before.is_some() && before == server.servable() {
                    tally.unjust.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..100))).await;
    }
}

async fn revoke_at_random(server: Arc<Server>, end: Instant) {
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(1_000..8_000))).await;
        if let Some(granted) = server.newest.lock().unwrap().as_mut() {
            granted.revoked = true;
        }
    }
}

/// Returns the resident memory in KiB, or 0 if there is no `/proc`.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn soak() {
    let seconds = std::env::var("BARCODE_CLOUD_AUTH_SOAK_SECONDS");
    let length = Duration::from_secs(seconds.map_or(60, |text| text.parse().unwrap()));
    let (server, tally) = (Arc::new(Server::default()), Arc::new(Tally::default()));
    let responding = Arc::clone(&server);
    let endpoint = Endpoint::start(move |socket| responding.respond(socket));
    let builder = endpoint.builder().attempt_timeout(ATTEMPT);
    let source = builder.caller_wait(Duration::from_secs(35)).build().unwrap();
    let end = Instant::now() + length;
    let mut tasks = vec![tokio::spawn(revoke_at_random(Arc::clone(&server), end))];
    for _ in 0..TASKS {
        let call = caller(source.clone(), Arc::clone(&server), Arc::clone(&tally), end);
        tasks.push(tokio::spawn(call));
    }
    tokio::time::sleep(length / 4).await;
    let (tasks_early, memory_early) = (Handle::current().metrics().num_alive_tasks(), memory());
    tokio::time::sleep(length / 2).await;
    let (tasks_late, memory_late) = (Handle::current().metrics().num_alive_tasks(), memory());
    for task in tasks {
        task.await.unwrap();
    }
    let metrics = source.metrics();
    drop(source);
    tokio::time::sleep(2 * ATTEMPT).await;
    let left = Handle::current().metrics().num_alive_tasks();
    let posts = server.posts.lock().unwrap().clone();
    let shortest = posts.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    println!("{metrics:#?}");
    println!(
        "calls {:?}, waited {:?}, failed {:?}, failed though a token was good {:?}",
        tally.calls, tally.waited, tally.failed, tally.unjust
    );
    println!("posts {}, shortest time between two {shortest:?}", posts.len());
    println!("tasks {tasks_early} then {tasks_late}, left {left}");
    println!("memory {memory_early} KiB then {memory_late} KiB");
    assert_eq!(tally.unjust.load(Ordering::Relaxed), 0);
    assert_eq!(metrics.fetches, posts.len() as u64);
    // Requests are at least the shortest pause apart, minus the time that one takes to arrive.
    assert!(posts.len() as f64 <= length.as_secs_f64() / 0.25 && shortest.as_millis() >= 200);
    assert!(tasks_late <= tasks_early + 4 && left <= 1, "{left}");
    assert!(memory_late <= memory_early + 4 * 1024);
}
