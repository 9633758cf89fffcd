//! Sources that share a store, as the processes of a fleet do.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, advance, sleep};

use super::outages::Log;
use super::script::{Script, Step, UNAVAILABLE, WRONG_SECRET, after, at_once, millis, secs};
use crate::{
    AccessToken, ClientCredentials, Error, Expected, MemoryTokenStore, StoreFuture, StoredValue,
    TokenSource, TokenStore,
};

const HOUR: Step = Step::Grant(3600.0);

/// Returns the sources of this many processes.
fn fleet(script: &Script, store: impl TokenStore, size: u64) -> Vec<TokenSource> {
    let store: Arc<dyn TokenStore> = Arc::new(store);
    let process = |seed| {
        let mut setup = script.setup();
        (setup.seed, setup.store) = (seed, Some(Arc::clone(&store)));
        setup.build()
    };
    (0..size).map(process).collect()
}

fn with_secret(script: &Script, store: &MemoryTokenStore, secret: &str, seed: u64) -> TokenSource {
    let mut setup = script.setup();
    setup.provider = Arc::new(ClientCredentials::new("id", secret).unwrap());
    setup.store = Some(Arc::new(store.clone()));
    setup.seed = seed;
    setup.build()
}

async fn tokens(fleet: &[TokenSource]) -> Vec<Result<AccessToken, Error>> {
    join_all(fleet.iter().map(TokenSource::token)).await
}

/// Calls each source once, and returns the number of different tokens.
async fn distinct_tokens(fleet: &[TokenSource]) -> usize {
    let tokens = tokens(fleet).await.into_iter().map(|token| token.unwrap());
    let mut texts: Vec<_> = tokens.map(|token| token.header_value().clone()).collect();
    texts.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    texts.dedup();
    texts.len()
}

#[tokio::test(start_paused = true)]
async fn processes_that_start_together_make_one_request() {
    let script = Script::always(after(millis(300), HOUR));
    let fleet = fleet(&script, MemoryTokenStore::new(), 200);
    let start = Instant::now();
    assert_eq!(distinct_tokens(&fleet).await, 1);
    assert_eq!(script.posts(), 1);
    assert!(start.elapsed() <= secs(1), "the others wait for {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn each_renewal_is_one_request_and_delays_no_process() {
    let script = Script::always(after(millis(300), HOUR));
    let fleet = fleet(&script, MemoryTokenStore::new(), 50);
    tokens(&fleet).await;
    let start = Instant::now();
    while script.posts() < 11 {
        sleep(secs(15)).await;
        for source in &fleet {
            assert!(at_once(source).is_some_and(|token| token.is_ok()));
        }
    }
    let renewed_after = script.gaps();
    assert!(renewed_after.iter().all(|gap| *gap >= secs(3240)), "{renewed_after:?}");
    assert!(start.elapsed() < secs(3300) * 10, "{:?}", start.elapsed());
    assert_eq!(fleet[0].metrics().store_failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_the_api_rejects_is_replaced_once_for_all() {
    let script = Script::always(after(millis(300), HOUR));
    let fleet = fleet(&script, MemoryTokenStore::new(), 50);
    let old = tokens(&fleet).await;
    advance(secs(60)).await;
    // Half of the processes learn it at once, the others by a 401 of their own.
    let (first, later) = fleet.split_at(25);
    for (source, token) in first.iter().zip(&old) {
        source.invalidate(token.as_ref().unwrap());
    }
    assert_eq!(distinct_tokens(first).await, 1);
    advance(secs(60)).await;
    for (source, token) in later.iter().zip(&old[25..]) {
        source.invalidate(token.as_ref().unwrap());
    }
    assert_eq!(distinct_tokens(&fleet).await, 1);
    assert_eq!(script.posts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_later_sends_no_request_and_counts_the_age_of_the_token() {
    let script = Script::always(HOUR);
    let store = MemoryTokenStore::new();
    fleet(&script, store.clone(), 1)[0].token().await.unwrap();
    advance(secs(1000)).await;
    let token = fleet(&script, store, 1)[0].token().await.unwrap();
    assert_eq!((token.remaining(), script.posts()), (Some(secs(2600)), 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_and_the_endpoint_is_asked_once_after_each_pause() {
    let script = Script::always(after(millis(100), UNAVAILABLE));
    let fleet = fleet(&script, MemoryTokenStore::new(), 50);
    let results = tokens(&fleet).await;
    assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| {
        error.is_retryable() && error.status().is_some_and(|status| status.as_u16() == 503)
    })));
    // The pauses of a single process are 0.25 s, doubling up to 10 s.
    assert!(script.gaps().iter().all(|gap| *gap >= millis(350)), "{:?}", script.gaps());
    assert!(script.posts() <= 11, "{}", script.posts());
    script.set(HOUR);
    let before = script.posts();
    assert_eq!(distinct_tokens(&fleet).await, 1);
    assert_eq!(script.posts(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_sent_at_most_four_times_in_ten_minutes_by_all_processes() {
    let script = Script::always(WRONG_SECRET);
    let store = MemoryTokenStore::new();
    let fleet = fleet(&script, store.clone(), 200);
    let start = Instant::now();
    while start.elapsed() < secs(590) {
        for result in tokens(&fleet).await {
            assert_eq!(result.unwrap_err().oauth_error(), Some("invalid_client"));
        }
        advance(secs(7)).await;
    }
    assert_eq!(script.posts(), 4);
    // A rotated secret is used at once. It does not clear the count of the wrong one.
    script.set(HOUR);
    with_secret(&script, &store, "fresh", 1).token().await.unwrap();
    assert_eq!(script.posts(), 5);
    assert!(fleet[0].token().await.is_err());
    // A process that never saw the refusals is stopped as well, and gets their error.
    let error = with_secret(&script, &store, "secret", 2).token().await.unwrap_err();
    assert_eq!((error.oauth_error(), script.posts()), (Some("invalid_client"), 5));
    // The limit is that of a window.
    advance(secs(700)).await;
    assert_eq!(distinct_tokens(&fleet).await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_lease_of_a_crashed_process_expires() {
    let script = Script::steps([Step::Hang, HOUR]);
    let mut fleet = fleet(&script, MemoryTokenStore::new(), 3);
    let crashing = fleet.remove(0);
    assert!(at_once(&crashing).is_none());
    sleep(secs(5)).await;
    // Its fetch is aborted, and its lease remains.
    drop(crashing);
    let crashed_at = Instant::now();
    assert_eq!(distinct_tokens(&fleet).await, 1);
    assert_eq!(script.posts(), 2);
    let waited = crashed_at.elapsed();
    assert!((secs(2)..secs(4)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_request_keeps_its_lease() {
    let script = Script::steps([after(secs(9), HOUR)]);
    let fleet = fleet(&script, MemoryTokenStore::new(), 10);
    assert_eq!(distinct_tokens(&fleet).await, 1);
    assert_eq!(script.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn processes_with_different_secrets_or_without_one_share_nothing() {
    let script = Script::always(HOUR);
    let store = MemoryTokenStore::new();
    let mut sources: Vec<_> =
        ["a", "b"].map(|secret| with_secret(&script, &store, secret, 1)).into();
    for _ in 0..2 {
        let mut setup = script.setup();
        setup.provider = Arc::new(ClientCredentials::tls_client_auth("id").unwrap());
        setup.store = Some(Arc::new(store.clone()));
        sources.push(setup.build());
    }
    assert_eq!(distinct_tokens(&sources).await, 4);
}

#[tokio::test(start_paused = true)]
async fn sources_share_a_token_only_if_they_request_the_same() {
    let script = Script::always(HOUR);
    let store = MemoryTokenStore::new();
    let builder = || {
        TokenSource::from_endpoint(script.clone())
            .credentials(ClientCredentials::new("id", "secret").unwrap())
            .store(store.clone())
    };
    for (other, is_shared) in [
        (builder(), true),
        (builder().scope("read"), false),
        (builder().form_parameter("audience", "read"), false),
        (builder().credentials(ClientCredentials::new("other", "secret").unwrap()), false),
    ] {
        let sources = [builder().build().unwrap(), other.build().unwrap()];
        assert_eq!(distinct_tokens(&sources).await == 1, is_shared);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_the_store_is_logged_once_until_the_store_works_again() {
    let (log, _guard) = Log::capture();
    let script = Script::always(Step::Grant(20.0));
    let store = Faulty::default();
    let source = fleet(&script, store.clone(), 1).remove(0);
    store.set(Some((Fault::Down, 0)));
    let logged = |text| log.text().matches(text).count();
    for round in 1..=3 {
        source.token().await.unwrap();
        sleep(secs(20)).await;
        assert_eq!(source.metrics().store_failures, round);
        assert_eq!(logged("the token store failed"), 1);
    }
    store.set(None);
    source.token().await.unwrap();
    assert_eq!((logged("the token store failed"), logged("the token store works again")), (1, 1));
    assert!(!log.text().contains("secret"));
}

/// A store with a fault.
#[derive(Clone, Default)]
struct Faulty {
    store: MemoryTokenStore,
    operations: Arc<AtomicUsize>,
    fault: Arc<Mutex<Option<(Fault, usize)>>>,
}

/// What happens at an operation of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// This operation and all later ones fail.
    Down,
    /// This operation and all later ones hang.
    Hung,
    /// The response is lost.
    ResponseLost,
    /// All values were lost before.
    Cleared,
    /// The value was replaced by other bytes before.
    Damaged,
    /// This operation and all later ones take 2 s.
    Slow,
    /// This operation is executed when the process has given up, and all later ones fail.
    Late,
}

const FAULTS: [Fault; 6] =
    [Fault::Down, Fault::Hung, Fault::ResponseLost, Fault::Cleared, Fault::Damaged, Fault::Late];

impl Faulty {
    /// Sets the fault for the operation after this many others.
    fn set(&self, fault: Option<(Fault, usize)>) {
        self.operations.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = fault;
    }

    async fn run<T>(
        &self,
        key: &str,
        operation: impl Fn(&MemoryTokenStore, Instant) -> T,
    ) -> Result<T, Box<dyn std::error::Error + Send + Sync>> {
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        let fault = *self.fault.lock().unwrap();
        let (fault, at) = fault.unwrap_or((Fault::Cleared, usize::MAX));
        let lasts = matches!(fault, Fault::Down | Fault::Hung | Fault::Slow | Fault::Late);
        if number < at || (number > at && !lasts) {
            return Ok(operation(&self.store, Instant::now()));
        }
        match fault {
            Fault::Down => return Err("scripted failure".into()),
            Fault::Hung => std::future::pending().await,
            Fault::Slow => sleep(secs(2)).await,
            Fault::Late if number > at => return Err("scripted failure".into()),
            Fault::Late => {
                operation(&self.store, Instant::now() + secs(20));
                return Err("scripted failure".into());
            }
            Fault::ResponseLost => {
                operation(&self.store, Instant::now());
                return Err("scripted failure".into());
            }
            Fault::Cleared => self.store.clear(),
            Fault::Damaged => {
                let now = Instant::now();
                if let Some(value) = self.store.get_at(key, now) {
                    let expected = Expected { bytes: &value.bytes, remaining: Duration::ZERO };
                    self.store.replace_at(key, Some(expected), b"damaged", secs(600), now);
                }
            }
        }
        Ok(operation(&self.store, Instant::now()))
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

impl TokenStore for Faulty {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<StoredValue>> {
        Box::pin(self.run(key, |store, now| store.get_at(key, now)))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        expected: Option<Expected<'a>>,
        value: &'a [u8],
        lifetime: Duration,
    ) -> StoreFuture<'a, bool> {
        Box::pin(
            self.run(key, move |store, now| store.replace_at(key, expected, value, lifetime, now)),
        )
    }
}

/// The number of operations of a renewal is about ten, so this reaches each of its steps.
const STEPS: usize = 24;

#[tokio::test(start_paused = true)]
async fn a_fault_of_the_store_at_any_step_fails_no_call_and_costs_one_request_per_process() {
    for fault in FAULTS {
        for step in 0..STEPS {
            let script = Script::always(after(millis(300), HOUR));
            let store = Faulty::default();
            let fleet = fleet(&script, store.clone(), 5);
            store.set(Some((fault, step)));
            // The second round is a renewal, during which the old token is served.
            for round in 1..=2 {
                let start = Instant::now();
                distinct_tokens(&fleet).await;
                assert!(start.elapsed() < secs(5), "{fault:?} {step}: {:?}", start.elapsed());
                advance(secs(3250)).await;
                assert!(script.posts() <= 5 * round, "{fault:?} {step}: {}", script.posts());
                distinct_tokens(&fleet).await;
                advance(secs(60)).await;
            }
            // When the store works again, the fleet shares tokens again.
            store.set(None);
            advance(secs(3600)).await;
            distinct_tokens(&fleet).await;
            advance(secs(3600)).await;
            let before = script.posts();
            assert_eq!(distinct_tokens(&fleet).await, 1, "{fault:?} {step}");
            assert_eq!(script.posts(), before + 1, "{fault:?} {step}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_arrives_late_does_not_make_a_token_younger() {
    for step in 0..STEPS {
        let script = Script::always(HOUR);
        let store = Faulty::default();
        let fleet = fleet(&script, store.clone(), 2);
        store.set(Some((Fault::Late, step)));
        fleet[0].token().await.unwrap();
        store.set(None);
        sleep(secs(30)).await;
        let token = fleet[1].token().await.unwrap();
        let age = script.times().last().unwrap().elapsed();
        assert!(token.remaining().unwrap() <= secs(3600) - age, "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_whose_lease_expires_before_its_request_sends_none() {
    let script = Script::always(HOUR);
    let (slow, fast) = (Faulty::default(), MemoryTokenStore::new());
    let slow = Faulty { store: fast.clone(), ..slow };
    // The first two operations take the lease.
    slow.set(Some((Fault::Slow, 2)));
    let (late, other) = (fleet(&script, slow, 1), fleet(&script, fast, 1));
    let processes = [late, other].concat();
    assert_eq!(distinct_tokens(&processes).await, 1);
    assert_eq!((script.posts(), processes[1].metrics().fetches), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_memory_store_replaces_only_the_expected_value() {
    let store = MemoryTokenStore::new();
    let expected = |bytes, seconds| Some(Expected { bytes, remaining: secs(seconds) });
    for (after, expected, replaced) in [
        (0, expected(b"1", 0), false),
        (0, None, true),
        (0, None, false),
        (0, expected(b"2", 0), false),
        (1, expected(b"1", 10), false),
        (0, expected(b"1", 9), true),
        (10, expected(b"1", 0), false),
        (0, None, true),
    ] {
        advance(secs(after)).await;
        let result = store.replace("key", expected, b"1", secs(10)).await.unwrap();
        assert_eq!(result, replaced, "{expected:?}");
    }
    let value = store.get("key").await.unwrap().unwrap();
    assert_eq!((value.bytes.as_slice(), value.remaining), (b"1".as_slice(), secs(10)));
    store.clear();
    assert_eq!(store.get("key").await.unwrap(), None);
}
