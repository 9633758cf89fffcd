//! When tokens are renewed and for how long they are served.

use tokio::time::{Instant, advance, sleep, sleep_until};

use super::script::{Script, Step, after, at_once, millis, secs, settle};
use crate::ErrorKind;

#[tokio::test(start_paused = true)]
async fn a_renewal_never_blocks_callers() {
    let script = Script::steps([Step::Grant(3600.0), Step::Hang]);
    let source = script.source();
    let begin = Instant::now();
    source.token().await.unwrap();
    // Served until 10 s before expiry, while requests hang from 300 to 360 s before it.
    while begin.elapsed() < secs(3589) {
        advance(secs(1)).await;
        let token = at_once(&source).expect("ready on the first poll").unwrap();
        assert_eq!(token.generation(), 1);
    }
    assert!(script.posts() > 5, "renewals were tried: {}", script.posts());
    advance(secs(2)).await;
    assert!(at_once(&source).is_none_or(|result| result.is_err()), "not served at its end");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_once_at_the_random_time() {
    for seed in 0..20 {
        let script = Script::always(Step::Grant(3600.0));
        let mut setup = script.setup();
        setup.seed = seed;
        let source = setup.build();
        source.token().await.unwrap();
        let asked = script.times()[0];
        let draw = fastrand::Rng::with_seed(seed).f64();
        let due = asked + secs(3300) - secs(60).mul_f64(draw);
        // A busy source with a random number for each call would renew at the earliest time.
        sleep_until(asked + secs(3239)).await;
        while Instant::now() <= due {
            at_once(&source).unwrap().unwrap();
            settle().await;
            assert!(script.posts() == 1 || Instant::now() >= due, "early: seed {seed}");
            advance(millis(100)).await;
        }
        at_once(&source).unwrap().unwrap();
        settle().await;
        assert_eq!(script.posts(), 2);
        assert_eq!(at_once(&source).unwrap().unwrap().generation(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn expiry_counts_from_before_the_request_was_sent() {
    let script = Script::always(after(secs(5), Step::Grant(100.0)));
    let source = script.source();
    let asked = Instant::now();
    source.token().await.unwrap();
    script.set(Step::Hang);
    sleep_until(asked + millis(89_900)).await;
    assert!(at_once(&source).unwrap().is_ok());
    sleep_until(asked + millis(90_100)).await;
    assert!(at_once(&source).is_none_or(|result| result.is_err()));
}

#[tokio::test(start_paused = true)]
async fn a_token_expires_if_the_clock_jumps_ahead() {
    let script = Script::always(Step::Grant(3600.0));
    let source = script.source();
    source.token().await.unwrap();
    // The monotonic clock of this machine continues while it is suspended.
    advance(secs(2 * 24 * 3600)).await;
    assert_eq!(source.token().await.unwrap().generation(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expired_while_the_clock_stood_still_is_replaced_after_the_first_401() {
    let script = Script::always(Step::Grant(3600.0));
    let source = script.source();
    let dead = source.token().await.unwrap();
    // The monotonic clock of this machine stops while it is suspended, so only the API reveals the
    // expiry.
    source.invalidate(&dead);
    assert_eq!(source.token().await.unwrap().generation(), 2);
}

/// The wall clock can jump, so nothing that decides on a token may read it. `endpoint` reads it for
/// a `Retry-After` date that came without a `Date`.
#[test]
fn no_token_decision_reads_the_wall_clock() {
    let sources = [
        include_str!("../cache/mod.rs"),
        include_str!("../cache/fetch.rs"),
        include_str!("../cache/state.rs"),
        include_str!("../fetcher.rs"),
        include_str!("../response.rs"),
        include_str!("../schedule.rs"),
        include_str!("../source.rs"),
        include_str!("../token.rs"),
    ];
    assert!(sources.iter().all(|text| !text.contains("SystemTime")));
}

#[tokio::test(start_paused = true)]
async fn short_lived_tokens_keep_a_second_between_posts() {
    for lifetime in [0.0, 0.1, 1.0, 1.2, 2.0, 5.0] {
        let script = Script::always(Step::Grant(lifetime));
        let source = script.source();
        let begin = Instant::now();
        while begin.elapsed() < secs(60) {
            source.token().await.unwrap();
            sleep(millis(10)).await;
        }
        assert!(script.gaps().iter().all(|gap| *gap >= secs(1)), "lifetime {lifetime}");
        assert!(script.posts() > 10, "lifetime {lifetime}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_token_again_near_its_end_keeps_a_second_between_posts() {
    // A server that returns the same token again, with its remaining lifetime.
    let begin = Instant::now();
    let script = Script::new(move |_| {
        Step::Grant((begin + secs(60)).saturating_duration_since(Instant::now()).as_secs_f64())
    });
    let source = script.source();
    while begin.elapsed() < secs(61) {
        source.token().await.unwrap();
        sleep(millis(10)).await;
    }
    assert!(script.gaps().iter().all(|gap| *gap >= secs(1)), "{:?}", script.gaps());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_at_once_is_served_only_to_the_callers_of_its_fetch() {
    let script = Script::always(after(secs(2), Step::Grant(0.0)));
    let source = script.source();
    let (first, second) = tokio::join!(source.token(), source.token());
    assert_eq!((first.unwrap().generation(), second.unwrap().generation()), (1, 1));
    assert!(at_once(&source).is_none(), "the next caller waits for a new one");
    assert_eq!(source.metrics().token_age, None);
}

#[tokio::test(start_paused = true)]
async fn an_expired_new_token_does_not_replace_a_valid_one() {
    let script = Script::steps([Step::Grant(3600.0), Step::Grant(0.0)]);
    let source = script.source();
    source.token().await.unwrap();
    sleep(secs(3400)).await;
    for _ in 0..50 {
        assert_eq!(at_once(&source).unwrap().unwrap().generation(), 1);
        sleep(secs(1)).await;
    }
    assert!(script.posts() > 10);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_expires_earlier_does_not_replace_the_old_one() {
    let script = Script::steps([Step::Grant(3600.0), Step::Grant(1.0)]);
    let source = script.source();
    let begin = Instant::now();
    source.token().await.unwrap();
    sleep(secs(3_311)).await;
    while begin.elapsed() < secs(3_589) {
        let token = at_once(&source).expect("the old token is good").unwrap();
        assert_eq!(token.generation(), 1);
        sleep(millis(500)).await;
    }
    assert!(script.posts() > 100, "{}", script.posts());
    assert!(script.gaps().iter().all(|gap| *gap >= secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expired_during_the_request_is_not_served() {
    let script = Script::always(after(secs(5), Step::Grant(2.0)));
    let mut setup = script.setup();
    setup.caller_wait = millis(5_100);
    let source = setup.build();
    let error = source.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert!(error.is_retryable() && error.to_string().contains("expired"), "{error}");
    assert_eq!((script.posts(), source.metrics().failures), (1, 1));
    // A later response that arrives in time is used.
    script.set(after(secs(1), Step::Grant(20.0)));
    assert_eq!(source.token().await.unwrap().generation(), 1);
}
