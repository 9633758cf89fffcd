//! The tasks and the counters of a source.

use tokio::runtime::Handle;
use tokio::time::sleep;

use super::script::{Script, Step, UNAVAILABLE, at_once, millis, secs, settle};

fn alive_tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_ends_the_fetch() {
    let source = Script::always(Step::Hang).source();
    let copy = source.clone();
    assert!(at_once(&source).is_none());
    settle().await;
    assert_eq!(alive_tasks(), 1);
    drop(source);
    settle().await;
    assert_eq!(alive_tasks(), 1, "there is a handle left");
    drop(copy);
    settle().await;
    assert_eq!(alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_idle_day_causes_no_request_and_has_no_task() {
    let script = Script::always(Step::Grant(3600.0));
    let source = script.source();
    source.token().await.unwrap();
    settle().await;
    assert_eq!(alive_tasks(), 0);
    sleep(secs(24 * 3600)).await;
    assert_eq!(script.posts(), 1);
    assert_eq!(source.token().await.unwrap().generation(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_counters_count_fetches_failures_and_served_calls() {
    let script = Script::steps([UNAVAILABLE, Step::Grant(3600.0)]);
    let mut setup = script.setup();
    setup.caller_wait = millis(100);
    let source = setup.build();
    assert!(source.token().await.is_err());
    assert!(source.token().await.is_err(), "remembered");
    sleep(secs(1)).await;
    source.token().await.unwrap();
    sleep(secs(10)).await;
    for _ in 0..5 {
        source.token().await.unwrap();
    }
    let metrics = source.metrics();
    assert_eq!((metrics.fetches, metrics.failures, metrics.served_from_cache), (2, 1, 5));
    assert_eq!((metrics.generation, metrics.token_age), (1, Some(secs(10))));
    let token = source.token().await.unwrap();
    assert_eq!(token.remaining(), Some(secs(3590)));
}
