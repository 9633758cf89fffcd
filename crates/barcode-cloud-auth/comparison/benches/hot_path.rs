//! A call with a token in memory, here and elsewhere, at 1, 2 and 8 threads: time and allocations
//! from divan, then the same figures again as ratios.
//!
//! This crate is compared with the first version that many services write, a `tokio::sync::RwLock`
//! around an `Option`, and with `google-cloud-auth`, whose token comes from a server on loopback
//! too.

use std::hint::black_box;
use std::pin::pin;
use std::sync::{Barrier, LazyLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use barcode_cloud_auth::{MemoryTokenStore, TokenSource};
use divan::{AllocProfiler, Bencher};
use google_cloud_auth::credentials::{Credentials, user_account};
use reqwest::header::HeaderValue;
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/it/endpoint.rs"]
mod endpoint;

use endpoint::Endpoint;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const THREADS: [usize; 3] = [1, 2, 8];

/// Runs the background task that `google-cloud-auth` needs for as long as it is used.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

static SOURCE: LazyLock<TokenSource> = LazyLock::new(|| {
    let source = Endpoint::granting().builder().build().unwrap();
    RUNTIME.block_on(source.token()).unwrap();
    source
});

static SHARED: LazyLock<TokenSource> = LazyLock::new(|| {
    let builder = Endpoint::granting().builder();
    let source = builder.store(MemoryTokenStore::new()).build().unwrap();
    RUNTIME.block_on(source.token()).unwrap();
    source
});

static GOOGLE: LazyLock<Credentials> = LazyLock::new(|| {
    let user = serde_json::json!({
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "secret",
        "refresh_token": "refresh",
        "token_uri": Endpoint::granting().url(),
    });
    RUNTIME.block_on(async {
        let credentials = user_account::Builder::new(user).build().unwrap();
        credentials.headers(Default::default()).await.unwrap();
        credentials
    })
});

static LOCKED: LazyLock<RwLock<Option<(HeaderValue, Instant)>>> = LazyLock::new(|| {
    let mut header = HeaderValue::from_static("Bearer abc");
    header.set_sensitive(true);
    RwLock::new(Some((header, Instant::now() + Duration::from_secs(3600))))
});

/// The output of a future that does not wait.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready on the first poll"),
    }
}

fn ours() {
    black_box(ready(SOURCE.token()).unwrap());
}

fn shared() {
    black_box(ready(SHARED.token()).unwrap());
}

fn locked() {
    let header = ready(async {
        let token = LOCKED.read().await;
        token.as_ref().filter(|(_, end)| Instant::now() < *end).map(|(header, _)| header.clone())
    });
    black_box(header.unwrap());
}

fn google() {
    black_box(ready(GOOGLE.headers(Default::default())).unwrap());
}

#[divan::bench(threads = THREADS)]
fn barcode_cloud_auth(bencher: Bencher<'_, '_>) {
    bencher.bench(ours);
}

#[divan::bench(threads = THREADS)]
fn barcode_cloud_auth_with_a_store(bencher: Bencher<'_, '_>) {
    bencher.bench(shared);
}

#[divan::bench(threads = THREADS)]
fn tokio_rwlock(bencher: Bencher<'_, '_>) {
    bencher.bench(locked);
}

#[divan::bench(threads = THREADS)]
fn google_cloud_auth(bencher: Bencher<'_, '_>) {
    bencher.bench(google);
}

/// Nanoseconds that a call takes a core: the time of the slowest thread, shared out where there
/// are fewer cores than threads.
fn nanoseconds(threads: usize, call: fn()) -> f64 {
    const CALLS: u32 = 200_000;
    let cores = thread::available_parallelism().map_or(1, usize::from).min(threads);
    let start = Barrier::new(threads);
    let slowest = thread::scope(|scope| {
        let run = || {
            start.wait();
            let begin = Instant::now();
            (0..CALLS).for_each(|_| call());
            begin.elapsed()
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let times = threads.into_iter().map(|thread| thread.join().unwrap());
        times.max().unwrap_or_default()
    });
    slowest.as_nanos() as f64 / f64::from(CALLS) * cores as f64 / threads as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let subjects: [(&str, fn()); 4] = [
        ("barcode-cloud-auth", ours),
        ("with a token store", shared),
        ("tokio RwLock", locked),
        ("google-cloud-auth", google),
    ];
    // Their first calls fetch the tokens.
    subjects.iter().for_each(|(_, call)| call());
    divan::main();
    println!("\nA row without lines of allocations had none.\n");
    println!("threads  {:<20} {:>10} {:>8}", "", "ns a call", "ratio");
    for threads in THREADS {
        // The subjects take turns, so that other load on the machine affects all of them.
        let rounds: Vec<_> =
            (0..9).map(|_| subjects.map(|(_, call)| nanoseconds(threads, call))).collect();
        for (index, (name, _)) in subjects.iter().enumerate() {
            let time = median(rounds.iter().map(|round| round[index]).collect());
            let ratio = median(rounds.iter().map(|round| round[index] / round[0]).collect());
            println!("{threads:>7}  {name:<20} {time:>10.1} {ratio:>7.2}x");
        }
    }
}
