//! The state machine at the exact instants at which its decisions change.

use std::sync::Arc;

use tokio::time::Instant;

use super::script::secs;
use crate::cache::{Cache, NextStep, Outcome};
use crate::fetcher::Fetched;
use crate::schedule::Schedule;
use crate::{ClientCredentials, Error, ErrorKind, IssuedToken};

/// Runs one fetch at `now`, for callers without a token.
fn run_fetch(cache: &Arc<Cache>, now: Instant, result: Result<Fetched, Error>) -> Outcome {
    let NextStep::Start(ticket, _) = cache.next_step(now) else { panic!("no fetch may start") };
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    assert!(ticket.begin(now));
    ticket.send(now, &credentials).unwrap();
    ticket.finish(now, result, 0.0).unwrap().outcome
}

fn granted(asked: Instant) -> Result<Fetched, Error> {
    let token = IssuedToken::new("token", secs(1_000)).unwrap();
    Ok(Fetched { requested_at: asked, token })
}

#[test]
fn a_token_is_due_from_its_renewal_on_and_served_until_its_end() {
    let (cache, now) = (Cache::new(Schedule::default(), secs(30)), Instant::now());
    assert!(matches!(run_fetch(&cache, now, granted(now)), Outcome::Token(_)));
    let due = |at| cache.get(now + secs(at)).map(|(_, due)| due);
    assert_eq!((due(799), due(800)), (Some(false), Some(true)));
    assert_eq!((due(989), due(990)), (Some(true), None));
}

#[test]
fn a_renewal_may_start_one_second_after_the_last_request() {
    let (cache, now) = (Cache::new(Schedule::default(), secs(30)), Instant::now());
    run_fetch(&cache, now, granted(now));
    assert!(cache.renew(now).is_none());
    assert!(cache.renew(now + secs(1)).is_some());
}

#[test]
fn a_pause_ends_exactly_at_its_end() {
    let (cache, now) = (Cache::new(Schedule::default(), secs(30)), Instant::now());
    let error = Error::retryable(ErrorKind::Transport, "scripted").build();
    run_fetch(&cache, now, Err(error));
    let NextStep::Paused { retry_at, .. } = cache.next_step(now) else {
        panic!("a failure pauses")
    };
    assert!(matches!(cache.next_step(retry_at), NextStep::Start(..)));
}

#[test]
fn the_time_limit_of_a_late_fetch_starts_when_it_begins_and_a_replaced_one_does_not_begin() {
    let (cache, now) = (Cache::new(Schedule::default(), secs(30)), Instant::now());
    let NextStep::Start(late, _) = cache.next_step(now) else { panic!("no fetch may start") };
    assert!(late.begin(now + secs(25)));
    let waits = |at| matches!(cache.next_step(now + secs(at)), NextStep::Wait(_));
    assert!(waits(40) && waits(55));
    let NextStep::Start(replacement, _) = cache.next_step(now + secs(56)) else {
        panic!("the late fetch is abandoned")
    };
    assert!(!late.begin(now + secs(56)));
    assert!(replacement.begin(now + secs(56)));
}
