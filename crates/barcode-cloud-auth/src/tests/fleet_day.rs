//! A simulated day of a fleet: how many token requests arrive at the endpoint in each minute, with
//! and without a store.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::script::{Script, Step, UNAVAILABLE, after, millis, secs};
use crate::{
    AccessToken, Expected, MemoryTokenStore, StoreFuture, StoredValue, TokenSource, TokenStore,
};

/// What happens on the day, as parts of its length.
const OUTAGES: (f64, f64) = (0.2, 0.3);
const REVOCATION: f64 = 0.4;
const RESTART: f64 = 0.6;
const STORE_DOWN: (f64, f64) = (0.75, 0.83);

/// Each process makes a call in this time, at a random moment of its own.
const CALL_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy)]
struct Day {
    start: Instant,
    length: Duration,
}

impl Day {
    fn at(&self, part: f64) -> Instant {
        self.start + self.length.mul_f64(part)
    }

    /// The endpoint is down for four of seven minutes. Tokens are renewed five minutes before they
    /// expire.
    fn is_endpoint_down(&self) -> bool {
        self.is_within(OUTAGES) && (self.start.elapsed().as_secs() / 60) % 7 < 4
    }

    fn is_within(&self, (from, to): (f64, f64)) -> bool {
        (self.at(from)..self.at(to)).contains(&Instant::now())
    }
}

/// A store that is down for a part of the day.
#[derive(Debug)]
struct Store(MemoryTokenStore, Day);

impl TokenStore for Store {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        match self.1.is_within(STORE_DOWN) {
            true => Box::pin(async { Err("the store is down".into()) }),
            false => self.0.get(key),
        }
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool> {
        match self.1.is_within(STORE_DOWN) {
            true => Box::pin(async { Err("the store is down".into()) }),
            false => self.0.replace(key, expected, value, lifetime),
        }
    }
}

/// The result of a day.
struct Record {
    requests_per_minute: Vec<usize>,
    failed_calls: usize,
}

impl Record {
    /// The most requests in a minute within a part of the day.
    fn peak(&self, (from, to): (f64, f64)) -> usize {
        let minutes = self.requests_per_minute.len() as f64;
        let range = (from * minutes) as usize..(to * minutes) as usize;
        self.requests_per_minute[range].iter().copied().max().unwrap_or_default()
    }

    fn total(&self) -> usize {
        self.requests_per_minute.iter().sum()
    }
}

/// Simulates a day of this length, which always has the same result.
fn simulate(processes: u64, length: Duration, with_store: bool) -> Record {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let day = Day { start: Instant::now(), length };
        let script = Script::new(move |_| match day.is_endpoint_down() {
            true => after(millis(200), UNAVAILABLE),
            false => after(millis(200), Step::Grant(3600.0)),
        });
        let store: Arc<dyn TokenStore> = Arc::new(Store(MemoryTokenStore::new(), day));
        let failed_calls = Arc::new(AtomicUsize::new(0));
        let mut fleet = JoinSet::new();
        for seed in 0..processes {
            let (script, failed_calls) = (script.clone(), Arc::clone(&failed_calls));
            let store = with_store.then(|| Arc::clone(&store));
            let source = move |seed| {
                let mut setup = script.setup();
                (setup.seed, setup.store) = (seed, store.clone());
                setup.build()
            };
            fleet.spawn(async move {
                let mut random = fastrand::Rng::with_seed(seed);
                // All processes are started within one call interval.
                sleep(CALL_EVERY.mul_f64(random.f64())).await;
                let until = day.at(RESTART);
                run_process(source(seed), day, until, &failed_calls).await;
                run_process(source(seed + processes), day, day.at(1.0), &failed_calls).await;
            });
        }
        fleet.join_all().await;
        let mut requests_per_minute = vec![0; length.as_secs().div_ceil(60) as usize + 1];
        for time in script.times() {
            requests_per_minute[((time - day.start).as_secs() / 60) as usize] += 1;
        }
        Record { requests_per_minute, failed_calls: failed_calls.load(Ordering::SeqCst) }
    })
}

/// Makes calls until the process is stopped.
async fn run_process(source: TokenSource, day: Day, until: Instant, failed_calls: &AtomicUsize) {
    while Instant::now() < until {
        let next = Instant::now() + CALL_EVERY;
        let mut result = source.token().await;
        if let Ok(token) = &result
            && was_revoked(token, day)
        {
            source.invalidate(token);
            result = source.token().await;
        }
        failed_calls.fetch_add(usize::from(result.is_err()), Ordering::SeqCst);
        sleep_until(next).await;
    }
}

fn was_revoked(token: &AccessToken, day: Day) -> bool {
    let issued_at = token.0.times.unwrap().issued_at;
    issued_at < day.at(REVOCATION) && Instant::now() >= day.at(REVOCATION)
}

#[test]
fn a_fleet_with_a_store_sends_few_requests_through_all_failures_of_a_day() {
    let length = secs(6 * 3600);
    let (alone, fleet) = (simulate(40, length, false), simulate(40, length, true));
    assert_eq!((alone.failed_calls, fleet.failed_calls), (0, 0));
    assert!(alone.peak((0.0, 0.1)) >= 40 && fleet.peak((0.0, 0.1)) == 1);
    assert!(fleet.peak(OUTAGES) <= 10, "{}", fleet.peak(OUTAGES));
    assert_eq!(fleet.peak((0.31, 0.74)), 1);
    // While the store is down, each process renews its own token.
    assert!(fleet.peak(STORE_DOWN) <= 40);
    assert_eq!(fleet.peak((0.84, 1.0)), 1);
    assert!(fleet.total() < 60 && alone.total() > 300, "{} {}", fleet.total(), alone.total());
}

/// Writes the plot of the book: `cargo test -p barcode-cloud-auth --lib plot -- --ignored`
#[test]
#[ignore = "simulates a day of 1,000 processes twice, and writes a file"]
fn plot_of_a_day_of_a_thousand_processes() {
    let length = secs(24 * 3600);
    let (alone, fleet) = (simulate(1_000, length, false), simulate(1_000, length, true));
    eprintln!("requests: {} without a store, {} with one", alone.total(), fleet.total());
    eprintln!("failed calls: {} and {}", alone.failed_calls, fleet.failed_calls);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/images/token-requests.svg");
    std::fs::write(path, plot(&alone, &fleet)).unwrap();
}

fn plot(alone: &Record, fleet: &Record) -> String {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 420\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"820\" height=\"420\" fill=\"white\"/>\n",
    );
    panel(&mut svg, 30.0, "Each process on its own", "#b3402a", alone);
    panel(&mut svg, 225.0, "With a token store", "#2a6fb3", fleet);
    for (part, text) in [
        (0.0, "start"),
        (OUTAGES.0, "outages"),
        (REVOCATION, "tokens revoked"),
        (RESTART, "restart of all"),
        (STORE_DOWN.0, "store down"),
    ] {
        let x = 60.0 + 740.0 * part;
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"415\" fill=\"#444\">{text}</text>");
    }
    svg + "</svg>\n"
}

/// Draws the token requests of each minute on a logarithmic scale from 1 to 1,000.
fn panel(svg: &mut String, top: f64, title: &str, color: &str, record: &Record) {
    let height = |requests: f64| 20.0 + 40.0 * requests.log10();
    let bottom = top + 150.0;
    let total = record.total();
    let _ = writeln!(
        svg,
        "<text x=\"60\" y=\"{}\" font-weight=\"bold\">{title}: {total} token requests in 24 h</text>",
        top - 10.0
    );
    for requests in [1, 10, 100, 1000] {
        let y = bottom - height(f64::from(requests));
        let _ = writeln!(
            svg,
            "<path d=\"M60 {y}H800\" stroke=\"#ddd\"/><text x=\"52\" y=\"{}\" text-anchor=\"end\">{requests}</text>",
            y + 4.0
        );
    }
    let minutes = record.requests_per_minute.len() as f64;
    let mut bars = String::new();
    for (minute, requests) in record.requests_per_minute.iter().enumerate() {
        if *requests > 0 {
            let x = 60.0 + 740.0 * minute as f64 / minutes;
            let _ = write!(bars, "M{x:.1} {bottom}v-{:.1}", height(*requests as f64));
        }
    }
    let _ = writeln!(svg, "<path d=\"{bars}\" stroke=\"{color}\" fill=\"none\"/>");
    let _ = writeln!(svg, "<path d=\"M60 {bottom}H800\" stroke=\"#444\"/>");
}
