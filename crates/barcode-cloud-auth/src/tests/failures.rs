//! The results of callers and the number of requests while the endpoint fails.

use std::sync::{Arc, Mutex};

use tokio::time::{Instant, advance, sleep};

use super::script::{
    Provider, Script, Step, UNAVAILABLE, WRONG_SECRET, after, at_once, millis, secs, settle,
};
use crate::{ClientCredentials, ErrorKind, TokenSource};

#[tokio::test(start_paused = true)]
async fn the_old_token_is_served_while_renewals_fail_and_back_off() {
    let script = Script::steps([Step::Grant(3600.0), UNAVAILABLE]);
    let source = script.source();
    let begin = Instant::now();
    source.token().await.unwrap();
    sleep(secs(3300)).await;
    while begin.elapsed() < secs(3589) {
        assert_eq!(at_once(&source).unwrap().unwrap().generation(), 1);
        sleep(millis(50)).await;
    }
    let gaps = &script.gaps()[1..];
    assert!(gaps.iter().all(|gap| (secs(1)..secs(31)).contains(gap)), "{gaps:?}");
    assert!((10..60).contains(&gaps.len()), "{}", gaps.len());
    // Without a token, the shorter pauses for waiting callers apply.
    script.set(Step::Grant(3600.0));
    sleep(secs(12)).await;
    assert_eq!(source.token().await.unwrap().generation(), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_up_to_300_seconds() {
    for (asked, obeyed) in [(120, 120), (300, 300), (86_400, 300)] {
        for has_token in [false, true] {
            let busy = Step::Respond(429, Some(asked), "");
            let script = match has_token {
                true => Script::steps([Step::Grant(3600.0), busy]),
                false => Script::always(busy),
            };
            let source = script.source();
            if has_token {
                source.token().await.unwrap();
                sleep(secs(3241)).await;
            }
            let before = script.posts();
            let begin = Instant::now();
            while script.posts() < before + 2 {
                if let Some(Err(error)) = at_once(&source) {
                    assert!(!has_token, "the token is good");
                    assert_eq!(error.retry_after(), Some(secs(asked)));
                }
                sleep(millis(500)).await;
                assert!(begin.elapsed() < secs(400), "asked for {asked} s");
            }
            let gap = *script.gaps().last().unwrap();
            assert!(gap >= secs(obeyed) && gap < secs(obeyed + 2), "{asked}: {gap:?}");
        }
    }
}

/// Makes 1,000 calls per second for an hour. Each fails at once, unless it waits for a fetch.
async fn outage(script: &Script) -> TokenSource {
    let source = script.source();
    for _ in 0..36_000 {
        for _ in 0..100 {
            assert!(at_once(&source).is_none_or(|result| result.is_err()));
        }
        advance(millis(100)).await;
    }
    source
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_outage_stays_within_the_schedule() {
    let script = Script::always(UNAVAILABLE);
    let source = outage(&script).await;
    // 0.25, 0.5, 1, 2, 4, 8 s, then 10 s.
    assert!((200..=370).contains(&script.posts()), "{}", script.posts());
    assert!(script.gaps()[6..].iter().all(|gap| *gap >= secs(10)));
    script.set(Step::Grant(3600.0));
    sleep(secs(10)).await;
    assert!(source.token().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_hour_with_a_wrong_secret_does_not_get_it_locked() {
    let script = Script::always(WRONG_SECRET);
    let source = outage(&script).await;
    let times = script.times();
    assert!(times.len() <= 10, "{}", times.len());
    let five_within_ten_minutes = times.windows(5).any(|five| five[4] - five[0] < secs(600));
    assert!(!five_within_ten_minutes);
    let error = source.token().await.unwrap_err();
    assert_eq!(error.oauth_error(), Some("invalid_client"));
    assert!(error.is_permanent());
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_used_within_a_minute_while_the_old_one_is_blocked() {
    let script = Script::always(WRONG_SECRET);
    let secret = Arc::new(Mutex::new("old"));
    let current = secret.clone();
    let mut setup = script.setup();
    setup.provider = Arc::new(Provider(move || {
        let credentials = ClientCredentials::new("id", *current.lock().unwrap());
        async { Ok(credentials?) }
    }));
    let source = setup.build();
    for _ in 0..300 {
        assert!(source.token().await.is_err());
        sleep(secs(1)).await;
    }
    assert_eq!(script.posts(), 4, "the old secret is blocked");
    *secret.lock().unwrap() = "new";
    script.set(Step::Grant(3600.0));
    sleep(secs(60)).await;
    assert!(source.token().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_rejection_of_a_secret_is_remembered_and_returned_at_once() {
    let script = Script::always(after(secs(1), WRONG_SECRET));
    let source = script.source();
    let first = source.token().await.unwrap_err();
    for _ in 0..40 {
        sleep(millis(100)).await;
        assert!(at_once(&source).unwrap().unwrap_err().is_same(&first));
    }
    assert_eq!(script.posts(), 1);
    sleep(secs(6)).await;
    assert!(source.token().await.is_err());
    assert_eq!(script.posts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_a_hanging_endpoint_times_out_after_ten_seconds() {
    let script = Script::always(Step::Hang);
    let mut setup = script.setup();
    setup.caller_wait = millis(10_100);
    let source = setup.build();
    let begin = Instant::now();
    let error = source.token().await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::Timeout, 10));
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_whole_fetch_ends_after_thirty_seconds() {
    for (provider, posts) in [(secs(25), 1), (secs(1_000), 0)] {
        let script = Script::always(Step::Hang);
        let mut setup = script.setup();
        setup.provider = Arc::new(Provider(move || async move {
            sleep(provider).await;
            Ok(ClientCredentials::new("id", "secret")?)
        }));
        setup.caller_wait = millis(30_100);
        let source = setup.build();
        let begin = Instant::now();
        let error = source.token().await.unwrap_err();
        assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::Timeout, 30));
        assert_eq!(script.posts(), posts);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_its_limit_and_the_fetch_continues() {
    let script = Script::always(after(secs(5), Step::Grant(3600.0)));
    let mut setup = script.setup();
    setup.caller_wait = secs(2);
    let source = setup.build();
    let begin = Instant::now();
    let error = source.token().await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::WaitTimeout, 2));
    sleep(secs(4)).await;
    assert!(at_once(&source).unwrap().is_ok());
    assert_eq!(script.posts(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_provider_is_the_source_of_the_error() {
    let script = Script::always(Step::Grant(3600.0));
    let mut setup = script.setup();
    setup.provider = Arc::new(Provider(|| async { Err("the vault is sealed".into()) }));
    setup.caller_wait = millis(100);
    let source = setup.build();
    let error = source.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the vault is sealed");
    assert_eq!((script.posts(), source.metrics().fetches, source.metrics().failures), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_error_for_its_waiters_and_the_next_call_works() {
    let script = Script::steps([Step::Panic, Step::Grant(3600.0)]);
    let source = script.source();
    let (first, second) = tokio::join!(source.token(), source.token());
    assert_eq!(first.unwrap_err().kind(), ErrorKind::Panicked);
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Panicked);
    assert_eq!(source.token().await.unwrap().generation(), 1);
    assert!(script.gaps().iter().all(|gap| *gap >= secs(1)));
    settle().await;
    assert_eq!(source.metrics().failures, 1);
}
