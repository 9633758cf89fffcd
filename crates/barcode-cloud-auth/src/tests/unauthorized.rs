//! Tokens that the API rejects with 401, and routes that reject every token.

use tokio::time::{Instant, advance, sleep};

use super::script::{Script, Step, after, at_once, millis, secs, settle};

#[tokio::test(start_paused = true)]
async fn a_route_that_rejects_every_token_does_not_affect_other_callers() {
    let script = Script::always(after(millis(50), Step::Grant(86_400.0)));
    let source = script.source();
    source.token().await.unwrap();
    let begin = Instant::now();
    let (mut calls, mut waits) = (0, 0);
    while begin.elapsed() < secs(3_600) {
        // The route reports each token as soon as it gets it.
        match at_once(&source) {
            Some(token) => source.invalidate(&token.unwrap()),
            None => waits += 1,
        }
        calls += 1;
        settle().await;
        advance(millis(50)).await;
    }
    assert!((15..=25).contains(&script.posts()), "{}", script.posts());
    assert!(waits * 1_000 < calls, "{waits} of {calls} calls had to wait");
}

#[tokio::test(start_paused = true)]
async fn the_hold_off_begins_at_once_and_doubles_from_one_second_to_five_minutes() {
    let script = Script::always(Step::Grant(86_400.0));
    let source = script.source();
    // The first rejected token is replaced, no matter how new it is.
    let first = source.token().await.unwrap();
    source.invalidate(&first);
    for hold_off in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] {
        let token = source.token().await.unwrap();
        let posts = script.posts();
        sleep(secs(hold_off) - millis(1)).await;
        source.invalidate(&token);
        let same = at_once(&source).unwrap().unwrap();
        assert_eq!(same.generation(), token.generation(), "hold-off {hold_off}");
        assert_eq!(script.posts(), posts);
        sleep(millis(1)).await;
        source.invalidate(&token);
        assert!(at_once(&source).is_none(), "hold-off {hold_off}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_ten_minutes_without_a_rejection_the_hold_off_begins_again() {
    let script = Script::always(Step::Grant(86_400.0));
    let source = script.source();
    for hold_off in [0, 1, 2, 4] {
        let token = source.token().await.unwrap();
        sleep(secs(hold_off)).await;
        source.invalidate(&token);
    }
    let token = source.token().await.unwrap();
    sleep(secs(600)).await;
    source.invalidate(&token);
    for hold_off in [1, 2] {
        let token = source.token().await.unwrap();
        sleep(secs(hold_off)).await;
        source.invalidate(&token);
        assert!(at_once(&source).is_none(), "hold-off {hold_off}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_token_counts_from_its_arrival() {
    let script = Script::always(after(secs(5), Step::Grant(86_400.0)));
    let source = script.source();
    let first = source.token().await.unwrap();
    source.invalidate(&first);
    let second = source.token().await.unwrap();
    source.invalidate(&second);
    assert!(at_once(&source).unwrap().is_ok(), "it has only just come");
}

#[tokio::test(start_paused = true)]
async fn invalidate_matches_the_token_and_not_its_number() {
    let scripts = [(); 2].map(|()| Script::always(Step::Grant(3600.0)));
    let [mine, other] = [&scripts[0], &scripts[1]].map(Script::source);
    let (token, foreign) = (mine.token().await.unwrap(), other.token().await.unwrap());
    assert_eq!(token.generation(), foreign.generation());
    mine.invalidate(&foreign);
    assert!(at_once(&mine).unwrap().is_ok());
    mine.invalidate(&token);
    assert!(at_once(&mine).is_none());
}
