//! Many callers share one fetch, also if callers are cancelled and runtimes are dropped.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, poll};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::script::{Script, Step, after, at_once, millis, secs, settle};
use crate::{AccessToken, Error, ErrorKind, TokenSource};

/// Spawns this many callers.
async fn callers(source: &TokenSource, count: usize) -> Vec<Result<AccessToken, Error>> {
    let tasks = (0..count).map(|_| {
        let source = source.clone();
        tokio::spawn(async move { source.token().await })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_cold_callers_cause_one_post() {
    let script = Script::always(after(secs(1), Step::Grant(3600.0)));
    let source = script.source();
    let results = callers(&source, 10_000).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap().generation() == 1));
    assert_eq!(script.posts(), 1);
    assert_eq!(source.metrics().fetches, 1);
}

#[test]
fn cold_callers_on_many_threads_cause_one_post() {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        for _ in 0..20 {
            let script = Script::always(after(millis(2), Step::Grant(3600.0)));
            let source = script.source();
            assert!(callers(&source, 500).await.iter().all(Result::is_ok));
            assert_eq!(script.posts(), 1);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_fetch_continues_whenever_its_first_caller_is_cancelled() {
    for polls in 0..40 {
        let script = Script::always(Step::Yield(10, Box::new(Step::Grant(3600.0))));
        let source = script.source();
        {
            let mut first = Box::pin(source.token());
            for _ in 0..polls {
                if poll!(&mut first).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let others = callers(&source, 10).await;
        assert!(others.iter().all(Result::is_ok), "dropped after {polls} polls");
        assert_eq!(script.posts(), 1, "dropped after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_whose_only_caller_was_cancelled_still_caches_its_token() {
    let script = Script::always(after(secs(1), Step::Grant(3600.0)));
    let source = script.source();
    assert!(at_once(&source).is_none());
    tokio::time::sleep(secs(2)).await;
    assert_eq!(at_once(&source).unwrap().unwrap().generation(), 1);
    assert_eq!(script.posts(), 1);
}

#[test]
fn building_needs_no_runtime() {
    let credentials = crate::ClientCredentials::new("id", "secret").unwrap();
    let source = TokenSource::builder("https://login.example.com/token", credentials).build();
    assert_eq!(source.unwrap().metrics(), crate::Metrics::default());
}

#[test]
fn a_fetch_outside_a_runtime_is_an_error_and_a_cached_token_is_not() {
    let source = Script::always(Step::Grant(3600.0)).source();
    let error = at_once(&source).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Runtime);
    runtime().block_on(source.token()).unwrap();
    assert_eq!(at_once(&source).unwrap().unwrap().generation(), 1);
}

#[test]
fn a_second_runtime_gets_a_token_after_the_first_was_dropped_idle() {
    let script = Script::always(Step::Grant(0.0));
    let source = script.source();
    let first = runtime();
    first.block_on(source.token()).unwrap();
    drop(first);
    assert_eq!(runtime().block_on(source.token()).unwrap().generation(), 2);
}

#[test]
fn a_second_runtime_gets_a_token_after_the_first_was_dropped_in_the_middle_of_a_fetch() {
    let script = Script::steps([Step::Hang, Step::Grant(3600.0)]);
    let source = script.source();
    let first = runtime();
    first.block_on(async {
        assert!(at_once(&source).is_none());
        settle().await;
    });
    assert_eq!(script.posts(), 1);
    drop(first);
    assert_eq!(runtime().block_on(source.token()).unwrap().generation(), 1);
}

#[test]
fn callers_on_other_runtimes_start_a_new_fetch_if_the_fetching_runtime_is_dropped() {
    let script = Script::steps([Step::Hang, Step::Grant(3600.0)]);
    let source = script.source();
    let (first, second) = (runtime(), runtime());
    first.block_on(async {
        assert!(at_once(&source).is_none());
        settle().await;
    });
    second.block_on(async {
        let mut waiter = Box::pin(source.token());
        assert!(poll!(&mut waiter).is_pending());
        first.shutdown_background();
        let begin = Instant::now();
        assert_eq!(waiter.await.unwrap().generation(), 1);
        assert!(begin.elapsed() < secs(10), "woken, not timed out");
    });
}

#[test]
fn a_fetch_on_a_runtime_that_does_not_run_is_replaced() {
    let script = Script::steps([Step::Hang, Step::Grant(3600.0)]);
    let source = script.source();
    let asleep = runtime();
    asleep.block_on(async {
        assert!(at_once(&source).is_none());
        settle().await;
    });
    let begin = Instant::now();
    runtime().block_on(async {
        tokio::time::pause();
        assert_eq!(source.token().await.unwrap().generation(), 1);
        assert!(begin.elapsed() <= secs(33));
    });
    drop(asleep);
}

#[test]
fn a_caller_on_a_runtime_that_is_gone_gets_an_error_and_does_not_spin() {
    let source = Script::always(Step::Grant(3600.0)).source();
    let gone = runtime();
    let handle = gone.handle().clone();
    drop(gone);
    let error = {
        let _context = handle.enter();
        let mut call = Box::pin(source.token());
        (0..3).find_map(|_| call.as_mut().now_or_never()).unwrap().unwrap_err()
    };
    assert_eq!(error.kind(), ErrorKind::Runtime);
    assert!(error.is_retryable());
    assert!(runtime().block_on(source.token()).is_ok());
}

#[test]
fn calls_on_a_runtime_that_is_gone_do_not_delay_a_healthy_one() {
    let script = Script::always(Step::Grant(3600.0));
    let source = script.source();
    let gone = runtime();
    let handle = gone.handle().clone();
    drop(gone);
    for _ in 0..300 {
        let _context = handle.enter();
        let mut call = Box::pin(source.token());
        while call.as_mut().now_or_never().is_none() {}
    }
    assert_eq!(script.posts(), 0);
    runtime().block_on(async {
        tokio::time::pause();
        let begin = Instant::now();
        source.token().await.unwrap();
        assert_eq!(begin.elapsed(), secs(0));
    });
}

/// Returns a runtime in real time. The tests wait on it for a second at most.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn late_401_does_not_drop_a_fresh_token() {
    let script = Script::always(Step::Grant(3600.0));
    let source = script.source();
    let old = source.token().await.unwrap();
    source.invalidate(&old);
    let fresh = source.token().await.unwrap();
    assert_eq!((old.generation(), fresh.generation(), script.posts()), (1, 2, 2));
    for _ in 0..1_000 {
        source.invalidate(&old);
        assert_eq!(at_once(&source).unwrap().unwrap().generation(), 2);
    }
    assert_eq!(script.posts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_simultaneous_401s_cause_one_post() {
    let script = Script::always(after(millis(50), Step::Grant(3600.0)));
    let source = script.source();
    let old = Arc::new(source.token().await.unwrap());
    let tasks = (0..1_000).map(|number| {
        let (source, old) = (source.clone(), Arc::clone(&old));
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(number % 7)).await;
            source.invalidate(&old);
            source.token().await.unwrap().generation()
        })
    });
    let generations = join_all(tasks).await;
    assert!(generations.into_iter().all(|generation| generation.unwrap() == 2));
    assert_eq!(script.posts(), 2);
}

#[tokio::test(start_paused = true)]
async fn invalidating_a_static_token_changes_nothing() {
    let source = TokenSource::static_token("abc").build().unwrap();
    let token = source.token().await.unwrap();
    source.invalidate(&token);
    assert_eq!(source.token().await.unwrap().header_value(), "Bearer abc");
    assert_eq!(token.remaining(), None);
}
