//! The rate limit of a fleet, with real processes.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use barcode_cloud::auth::TokenSource;
use barcode_cloud::rate::{RateController, RateLimiter as _, RateOutcome};
use barcode_cloud::{Client, EncodeBarcodeType, Retry};
use barcode_cloud_redis::{Redis, RedisRateLimiter};
use tokio::time::{Instant, sleep, timeout};

use crate::process::{only_fleet, own_process};
use crate::server::Server;
use crate::service::Service;

const URL: &str = "RATE_TEST_URL";
const REDIS: &str = "RATE_TEST_REDIS";
const PROCESS: &str = "RATE_TEST_PROCESS";

/// The calls that each process always has in flight.
const CALLERS: usize = 4;

/// Not a test: the processes of the fleet run it. It makes calls until it is killed.
#[tokio::test]
#[ignore = "the tests of this module start it"]
async fn process_of_the_fleet() {
    let Ok(url) = std::env::var(URL) else { return };
    let redis = Redis::single(std::env::var(REDIS).unwrap()).build().unwrap();
    let tokens = TokenSource::static_token("token").api_origin(&url).allow_insecure_loopback(true);
    let client = Client::builder()
        .token_source(tokens.build().unwrap())
        .base_url(&url)
        .retry(Retry::none())
        .header("x-process", std::env::var(PROCESS).unwrap())
        .rate_limiter(RedisRateLimiter::new(&redis, "labels", 400))
        .build()
        .unwrap();
    for _ in 0..CALLERS {
        let client = client.clone();
        tokio::spawn(async move {
            loop {
                let _ = client.generate(EncodeBarcodeType::Qr, "1").send().await;
            }
        });
    }
    std::future::pending::<()>().await;
}

/// Processes that are killed when the fleet is dropped.
struct Fleet(Vec<Child>);

impl Fleet {
    fn start(count: usize, service: &Service, redis: &Server) -> Self {
        let start = |index: usize| {
            own_process("rate::process_of_the_fleet")
                .env(URL, service.url())
                .env(REDIS, redis.url())
                .env(PROCESS, index.to_string())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        Self((0..count).map(start).collect())
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for process in &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// What the service counted in a short time.
#[derive(Debug)]
struct Sample {
    limit: f64,
    seconds: f64,
    accepted: f64,
    rejected: f64,
}

/// Lets `processes` call a service with these limits, each for a time of `samples` times 250 ms.
/// Returns the samples, and the number of accepted requests of each process.
async fn run_fleet(
    processes: usize,
    limits: &[f64],
    samples: usize,
) -> Option<(Vec<Sample>, Vec<f64>)> {
    let redis = Server::start().await?;
    let service = Service::start(limits[0]).await;
    let _fleet = Fleet::start(processes, &service, &redis);
    // The first sample begins when all processes have started and have found the limit.
    while service.callers().len() < processes {
        sleep(Duration::from_millis(20)).await;
    }
    sleep(Duration::from_secs(2)).await;
    let mut taken = Vec::new();
    let mut shares = HashMap::<String, f64>::new();
    service.take();
    for limit in limits {
        service.set_limit(*limit);
        for _ in 0..samples {
            let begin = Instant::now();
            sleep(Duration::from_millis(250)).await;
            let (accepted, rejected, callers) = service.take();
            let seconds = begin.elapsed().as_secs_f64();
            taken.push(Sample { limit: *limit, seconds, accepted, rejected });
            for (caller, count) in callers {
                *shares.entry(caller).or_default() += count;
            }
        }
    }
    Some((taken, shares.into_values().collect()))
}

/// Returns the used share of the limit, the share of rejected requests, and the standard deviation
/// of the processes' numbers of requests in relation to their mean.
fn summary(samples: &[Sample], shares: &[f64]) -> (f64, f64, f64) {
    let sum = |value: fn(&Sample) -> f64| samples.iter().map(value).sum::<f64>();
    let (accepted, rejected) = (sum(|sample| sample.accepted), sum(|sample| sample.rejected));
    let used = accepted / sum(|sample| sample.limit * sample.seconds);
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>();
    let spread = (variance / shares.len() as f64).sqrt() / mean;
    (used, rejected / (accepted + rejected), spread)
}

/// Draws the limit, and the accepted and rejected requests per second.
fn plot(samples: &[Sample], title: &str) -> String {
    const STYLE: &str = "fill:none;stroke-width:2";
    let step = 800.0 / samples.len() as f64;
    let line = |color: &str, value: fn(&Sample) -> f64| {
        let points = samples.iter().enumerate().map(|(index, sample)| {
            format!("{:.1},{:.1} ", 60.0 + step * index as f64, 340.0 - value(sample))
        });
        let points: String = points.collect();
        format!("<polyline style=\"{STYLE};stroke:{color}\" points=\"{}\"/>\n", points.trim_end())
    };
    let label = |x: f64, y: f64, color: &str, text: &str| {
        format!("<text x=\"{x}\" y=\"{y}\" fill=\"{color}\">{text}</text>\n")
    };
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 400\" \
         font-family=\"sans-serif\" font-size=\"14\">\n\
         <rect width=\"900\" height=\"400\" fill=\"white\"/>\n",
    );
    for rate in [0, 100, 200, 300] {
        let y = 340 - rate;
        svg += &format!("<path stroke=\"#ddd\" d=\"M60 {y}H860\"/>\n");
        svg += &label(24.0, f64::from(y) + 5.0, "#555", &rate.to_string());
    }
    svg += &line("#999", |sample| sample.limit);
    svg += &line("#1769aa", |sample| sample.accepted / sample.seconds);
    svg += &line("#c62828", |sample| sample.rejected / sample.seconds);
    svg += &label(60.0, 24.0, "#222", title);
    svg += &label(60.0, 372.0, "#777", "limit of the service");
    svg += &label(260.0, 372.0, "#1769aa", "accepted requests per second");
    svg += &label(520.0, 372.0, "#c62828", "requests per second that got 429");
    svg + "</svg>\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_stays_near_the_limit_of_the_service() {
    let _only = only_fleet().await;
    let Some((samples, shares)) = run_fleet(6, &[150.0, 120.0, 150.0], 8).await else { return };
    let (used, rejected, spread) = summary(&samples, &shares);
    println!("used {used:.3}, rejected {rejected:.4}, spread {spread:.3}");
    // Without a common limit, most of the requests are rejected.
    assert!(rejected < 0.1, "{samples:?}");
    assert_eq!(shares.len(), 6);
    assert!(spread < 0.5, "{shares:?}");
}

/// Takes a minute. With the variable `PLOT`, writes the plot to this file.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute"]
async fn fifty_processes_follow_a_limit_that_moves() {
    let limits = [200.0, 250.0, 200.0, 160.0, 200.0, 250.0, 180.0, 220.0];
    let Some((samples, shares)) = run_fleet(50, &limits, 20).await else { return };
    let (used, rejected, spread) = summary(&samples, &shares);
    let title = format!(
        "50 processes: {:.1} % of the limit used, {:.2} % of requests rejected, spread {:.0} %",
        used * 100.0,
        rejected * 100.0,
        spread * 100.0
    );
    println!("{title}");
    if let Some(path) = std::env::var_os("PLOT") {
        std::fs::write(path, plot(&samples, &title)).unwrap();
    }
}

/// The script and the controller of the facade make the same decisions.
#[tokio::test]
async fn the_script_decides_as_the_controller_does() {
    let Some(server) = Server::start().await else { return };
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let script = redis::Script::new(include_str!("../../src/rate.lua"));
    let mut random = fastrand::Rng::with_seed(7);
    let mut controller = RateController::new(300);
    let mut now = 0.0;
    for step in 0..2_000 {
        now += random.f64() * 0.03;
        let wanted = random.u32(1..20);
        let accepted = random.u32(0..10);
        let rejected = if random.u32(..20) == 0 { random.u32(1..6) } else { 0 };
        let at = Duration::from_secs_f64(now);
        controller.report(at, accepted, rejected);
        let expected = controller.reserve(at, wanted);
        let mut call = script.prepare_invoke();
        call.key("{t}a").key("{t}b").key("{t}c");
        call.arg("p").arg(300).arg(wanted).arg(accepted).arg(rejected).arg(0).arg(0);
        call.arg(at.as_secs_f64().to_string());
        let answer: (u32, u64, u64, u32, u64) = call.invoke_async(&mut connection).await.unwrap();
        let (permits, delay, interval, _, rate) = answer;
        assert_eq!(permits, expected.permits, "step {step}");
        let near = |micros: u64, expected: Duration| {
            (micros as i128 - expected.as_micros() as i128).abs() <= 2
        };
        assert!(near(delay, expected.delay) && near(interval, expected.interval), "step {step}");
        assert!((rate as f64 / 1000.0 - controller.rate()).abs() < 0.01, "step {step}");
    }
}

#[tokio::test]
async fn requests_in_flight_are_limited_for_all_and_shared_evenly() {
    let Some(server) = Server::start().await else { return };
    // Each handle counts as a process.
    let limiter = || RedisRateLimiter::with_max_in_flight(&server.connect(), "n", 1000, 4);
    let (first, second) = (limiter(), limiter());
    let held = [first.acquire().await, first.acquire().await];
    let also_held = [second.acquire().await, second.acquire().await];
    let soon = Duration::from_millis(200);
    assert!(timeout(soon, first.acquire()).await.is_err());
    drop(also_held);
    // The share of two processes is two each.
    assert!(timeout(soon, first.acquire()).await.is_err());
    let again = second.acquire().await;
    drop(again);
    // A process without a handle sends no more reports.
    drop(second);
    let third = timeout(Duration::from_secs(5), first.acquire()).await;
    assert!(third.is_ok());
    drop(held);
}

/// Not a test: a process that holds two permits until it is killed.
#[tokio::test]
#[ignore = "the test below starts it"]
async fn process_with_two_permits() {
    let Ok(url) = std::env::var(REDIS) else { return };
    let redis = Redis::single(url).build().unwrap();
    let limiter = RedisRateLimiter::with_max_in_flight(&redis, "n", 1000, 4);
    let _held = [limiter.acquire().await, limiter.acquire().await];
    println!("\n{HELD}");
    std::future::pending::<()>().await;
}

const HELD: &str = "two permits are held";

#[tokio::test]
async fn requests_in_flight_return_from_a_killed_process() {
    let Some(server) = Server::start().await else { return };
    let mut other = own_process("rate::process_with_two_permits")
        .env(REDIS, server.url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(other.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap() == HELD));
    let limiter = RedisRateLimiter::with_max_in_flight(&server.connect(), "n", 1000, 4);
    // Two are left, which is also the share of each of two processes.
    let held = [limiter.acquire().await, limiter.acquire().await];
    let soon = Duration::from_millis(200);
    assert!(timeout(soon, limiter.acquire()).await.is_err());
    other.kill().unwrap();
    other.wait().unwrap();
    // It sends no more reports.
    let third = timeout(Duration::from_secs(5), limiter.acquire()).await;
    assert!(third.is_ok());
    drop(held);
}

#[tokio::test]
async fn without_redis_a_process_keeps_to_its_share_and_returns_afterwards() {
    let Some(mut server) = Server::start().await else { return };
    let redis = server.connect();
    let limiter = Arc::new(RedisRateLimiter::new(&redis, "n", 1000));
    drop(limiter.acquire().await);
    server.kill();
    for _ in 0..20 {
        drop(limiter.acquire().await);
        limiter.report(RateOutcome::Accepted);
    }
    assert!(redis.failures() > 0);
    server.restart().await;
    while redis.ping().await.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
    drop(limiter.acquire().await);
    assert!(server.command(&["keys", "*"]).contains("{rate:n}:state"));
}

#[tokio::test]
async fn a_paused_or_flushed_redis_loses_no_permit() {
    let Some(server) = Server::start().await else { return };
    let redis = Redis::single(server.url());
    let redis = redis.response_timeout(Duration::from_millis(50)).build().unwrap();
    let limiter = RedisRateLimiter::new(&redis, "n", 1000);
    drop(limiter.acquire().await);
    server.command(&["flushall"]);
    drop(limiter.acquire().await);
    server.pause();
    for _ in 0..20 {
        drop(limiter.acquire().await);
    }
    server.resume();
    assert!(redis.failures() > 0);
    drop(limiter.acquire().await);
}
