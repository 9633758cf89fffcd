//! Callers that wait through an outage of the token endpoint, and what an outage costs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, advance, sleep};

use super::script::{
    Provider, Script, Step, UNAVAILABLE, WRONG_SECRET, after, at_once, millis, secs, settle,
};
use crate::{ClientCredentials, ErrorKind, TokenSource};

fn source(script: &Script, caller_wait: Duration) -> TokenSource {
    let mut setup = script.setup();
    setup.caller_wait = caller_wait;
    setup.build()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_callers_wait_through_a_short_outage_with_one_request_per_step() {
    let script = Script::steps([
        after(millis(100), UNAVAILABLE),
        after(millis(100), UNAVAILABLE),
        Step::Grant(3600.0),
    ]);
    let source = script.source();
    let begin = Instant::now();
    let results = join_all((0..1_000).map(|_| source.token())).await;
    assert!(results.iter().all(|result| result.is_ok()));
    assert_eq!((script.posts(), script.most_active()), (3, 1));
    let gaps = script.gaps();
    assert!((millis(350)..=millis(601)).contains(&gaps[0]), "{gaps:?}");
    assert!((millis(600)..=millis(1_101)).contains(&gaps[1]), "{gaps:?}");
    assert!(begin.elapsed() < secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_arrives_during_the_pause_waits_for_the_next_attempt() {
    let script = Script::steps([UNAVAILABLE, UNAVAILABLE, Step::Grant(3600.0)]);
    let source = script.source();
    assert!(at_once(&source).is_none());
    settle().await;
    assert_eq!(script.posts(), 1);
    advance(millis(100)).await;
    assert_eq!(source.token().await.unwrap().generation(), 1);
    assert_eq!(script.posts(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_caller_gets_the_last_error_when_the_next_attempt_is_beyond_its_wait() {
    let script = Script::always(UNAVAILABLE);
    let source = source(&script, secs(5));
    let begin = Instant::now();
    let error = source.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.status().unwrap(), 503);
    // The pauses begin at 0.25 s and double, so four or five requests fit into five seconds.
    assert!((4..=5).contains(&script.posts()), "{}", script.posts());
    assert!((secs(1)..secs(5)).contains(&begin.elapsed()));
    let again = source.token().await.unwrap_err();
    assert_eq!(again.status().unwrap(), 503);
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_wait_ends_during_a_request_gets_the_failure_before_it() {
    let script = Script::steps([UNAVAILABLE, Step::Hang]);
    let source = source(&script, secs(5));
    let begin = Instant::now();
    let error = source.token().await.unwrap_err();
    assert_eq!(error.status().unwrap(), 503);
    assert_eq!(begin.elapsed().as_secs(), 5);
    assert_eq!(script.posts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_call_shortens_its_wait_and_does_not_lengthen_it() {
    let script = Script::always(UNAVAILABLE);
    let source = source(&script, secs(5));
    for (limit, longest) in [(millis(1), millis(1)), (secs(2), secs(2)), (secs(60), secs(5))] {
        let begin = Instant::now();
        let error = source.token_within(limit).await.unwrap_err();
        assert_eq!(error.status().unwrap(), 503);
        assert!(begin.elapsed() <= longest, "{limit:?}: {:?}", begin.elapsed());
        sleep(secs(20)).await;
    }
    let hung = Script::always(Step::Hang);
    let begin = Instant::now();
    let error = hung.source().token_within(secs(2)).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (ErrorKind::WaitTimeout, 2));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for_if_it_fits_the_callers_wait() {
    let script = Script::steps([Step::Respond(429, Some(20), ""), Step::Grant(3600.0)]);
    let source = script.source();
    let begin = Instant::now();
    assert!(source.token().await.is_ok());
    assert_eq!((begin.elapsed().as_secs(), script.posts()), (20, 2));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_callers_wait_fails_at_once() {
    let script = Script::steps([Step::Respond(429, Some(120), ""), Step::Grant(3600.0)]);
    let source = script.source();
    for _ in 0..3 {
        let begin = Instant::now();
        let error = source.token().await.unwrap_err();
        assert_eq!(error.retry_after(), Some(secs(120)));
        assert_eq!((begin.elapsed(), script.posts()), (secs(0), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_returned_after_one_attempt() {
    let script = Script::always(after(secs(2), WRONG_SECRET));
    let source = script.source();
    let begin = Instant::now();
    let results = join_all((0..1_000).map(|_| source.token())).await;
    assert_eq!((begin.elapsed(), script.posts()), (secs(2), 1));
    let first = results[0].as_ref().unwrap_err();
    assert!(results.iter().all(|result| result.as_ref().unwrap_err().is_same(first)));
}

#[tokio::test(start_paused = true)]
async fn callers_keep_waiting_if_the_caller_that_started_the_request_is_dropped() {
    for polls in 0..10 {
        let script = Script::steps([
            Step::Yield(3, Box::new(UNAVAILABLE)),
            Step::Yield(3, Box::new(Step::Grant(3600.0))),
        ]);
        let source = script.source();
        {
            let mut first = Box::pin(source.token());
            for _ in 0..polls {
                assert!(futures_util::poll!(&mut first).is_pending());
                tokio::task::yield_now().await;
            }
        }
        let others = join_all((0..10).map(|_| source.token())).await;
        assert!(others.iter().all(|result| result.is_ok()), "{polls}: {others:?}");
        assert_eq!(script.posts(), 2, "dropped after {polls} polls");
    }
}

/// Returns when requests were sent and when the first token was obtained, from an endpoint that
/// responds like this for 75 s.
async fn blip(step: Step) -> (Vec<Duration>, Duration) {
    let begin = Instant::now();
    let script = Script::new(move |_| match begin.elapsed() < secs(75) {
        true => step.clone(),
        false => Step::Grant(3600.0),
    });
    let source = script.source();
    while at_once(&source).is_none_or(|result| result.is_err()) {
        settle().await;
        advance(millis(100)).await;
        assert!(begin.elapsed() < secs(1_000), "no token from a working endpoint");
    }
    let sent = script.times().iter().map(|at| *at - begin).collect();
    (sent, begin.elapsed())
}

#[tokio::test(start_paused = true)]
async fn every_gateway_error_causes_the_pauses_of_a_503() {
    let (requests, recovered) = blip(UNAVAILABLE).await;
    assert!(recovered < secs(86), "{recovered:?}");
    for step in [
        Step::Respond(404, None, "<html>not found</html>"),
        Step::Respond(404, None, r#"{"error":"not_found"}"#),
        Step::Respond(302, None, ""),
        Step::Respond(403, None, "forbidden"),
        Step::Respond(400, None, "<html>"),
        Step::Respond(410, None, ""),
    ] {
        assert_eq!(blip(step.clone()).await, (requests.clone(), recovered), "{step:?}");
    }
}

/// Returns the number of requests that busy callers cause in ten minutes.
async fn requests_in_ten_minutes(step: Step) -> usize {
    let script = Script::always(step);
    let source = script.source();
    for _ in 0..5_990 {
        assert!(at_once(&source).is_none_or(|result| result.is_err()));
        settle().await;
        advance(millis(100)).await;
    }
    script.posts()
}

#[tokio::test(start_paused = true)]
async fn only_errors_that_prove_that_the_credentials_were_rejected_count() {
    let rejections = [
        (400, r#"{"error":"invalid_client"}"#),
        (500, r#"{"error":"invalid_client"}"#),
        (400, r#"{"error":"unauthorized_client"}"#),
        (400, r#"{"error":"invalid_grant"}"#),
        (403, r#"{"error":"access_denied"}"#),
        (401, ""),
        (401, r#"{"error":{"code":7}}"#),
        (401, r#"{"error":"Unauthorized"}"#),
    ];
    let others = [
        (400, r#"{"error":"invalid_scope"}"#),
        (401, r#"{"error":"invalid_request"}"#),
        (404, ""),
        (302, ""),
        (403, ""),
        (503, ""),
    ];
    let others = others.map(|response| (response, false)).into_iter();
    let responses = others.chain(rejections.map(|response| (response, true)));
    for ((status, body), counts) in responses {
        let step = Step::Respond(status, None, body);
        let requests = requests_in_ten_minutes(step.clone()).await;
        assert_eq!(requests == 4, counts, "{step:?}: {requests}");
        assert!(requests < 75, "{step:?}: {requests}");
    }
}

/// The log of this thread until the guard is dropped.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The pauses that were logged, in seconds.
    fn pauses(&self) -> Vec<f64> {
        let text = self.text();
        let pauses = text.split("pause=Some(").skip(1);
        pauses.map(|rest| rest.split_once("s)").unwrap().0.parse().unwrap()).collect()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_logged_pause_is_the_time_until_the_next_request() {
    let (log, _guard) = Log::capture();
    let script = Script::always(WRONG_SECRET);
    let source = script.source();
    while script.posts() < 6 {
        assert!(at_once(&source).is_none_or(|result| result.is_err()));
        settle().await;
        advance(millis(100)).await;
    }
    let pauses = log.pauses();
    let gaps: Vec<_> = script.gaps().iter().map(Duration::as_secs_f64).collect();
    // The first four failures are requests. The fourth one blocks the secret for 600 s.
    for (pause, gap) in pauses.iter().zip(&gaps).take(3) {
        assert!((0.0..0.2).contains(&(gap - pause)), "{pauses:?} {gaps:?}");
    }
    assert_eq!(pauses[3], 600.0);
    // While the secret is blocked, the credentials are read for each attempt, and the pause is the
    // remaining time.
    let during: Vec<_> = pauses[4..].iter().take_while(|pause| **pause < 600.0).collect();
    assert!(during.len() > 5 && during.is_sorted_by(|a, b| a > b), "{pauses:?}");
    // The pauses of the schedule reach beyond the end of the block by up to a minute.
    assert!((600.0..661.0).contains(&gaps[3]), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stale_secret_that_returns_does_not_clear_the_count_of_its_client_id() {
    for secrets in [2, 3, 100] {
        let script = Script::always(WRONG_SECRET);
        let mut setup = script.setup();
        // Alternates between the secrets.
        let reads = AtomicUsize::new(0);
        setup.provider = Arc::new(Provider(move || {
            let number = reads.fetch_add(1, Ordering::SeqCst) % secrets;
            let credentials = ClientCredentials::new("id", format!("secret-{number}"));
            async { Ok(credentials?) }
        }));
        let source = setup.build();
        for _ in 0..36_000 {
            assert!(at_once(&source).is_none_or(|result| result.is_err()));
            settle().await;
            advance(millis(100)).await;
        }
        // A secret that was never rejected is sent once, up to sixteen of them.
        let expected = match secrets {
            100 => 16..=22,
            _ => 4..=10,
        };
        assert!(expected.contains(&script.posts()), "{secrets}: {}", script.posts());
        if secrets < 5 {
            let times = script.times();
            assert!(!times.windows(5).any(|five| five[4] - five[0] < secs(600)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_clears_the_count_of_its_client_id() {
    let script = Script::always(WRONG_SECRET);
    let source = script.source();
    for _ in 0..2 {
        let before = script.posts();
        while script.posts() < before + 3 {
            assert!(source.token().await.is_err());
            sleep(secs(1)).await;
        }
        script.set(Step::Grant(0.0));
        sleep(secs(60)).await;
        assert!(source.token().await.is_ok());
        script.set(WRONG_SECRET);
        sleep(secs(60)).await;
    }
    // Six rejections in all, with a token after three of them: nothing is blocked.
    assert_eq!(script.posts(), 8);
    assert!(source.token().await.is_err());
    assert_eq!(script.posts(), 9);
}

#[tokio::test(start_paused = true)]
async fn the_pause_after_a_success_is_the_first_one_again() {
    let script = Script::always(UNAVAILABLE);
    let source = source(&script, secs(60));
    assert!(source.token().await.is_err());
    let long = *script.gaps().last().unwrap();
    assert!(long >= secs(8), "{long:?}");
    script.set(Step::Grant(0.0));
    assert!(source.token().await.is_ok());
    let before = script.posts();
    script.set(UNAVAILABLE);
    sleep(secs(20)).await;
    assert!(source.token().await.is_err());
    let first = script.gaps()[before];
    assert!((millis(250)..=millis(501)).contains(&first), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn the_pauses_of_transient_and_permanent_failures_are_counted_separately() {
    let script = Script::new(|before| match before {
        0..6 => UNAVAILABLE,
        6 => Step::Respond(400, None, r#"{"error":"invalid_scope"}"#),
        _ => UNAVAILABLE,
    });
    let source = script.source();
    while script.posts() < 9 {
        assert!(at_once(&source).is_none_or(|result| result.is_err()));
        settle().await;
        advance(millis(100)).await;
    }
    let gaps = script.gaps();
    // The first permanent failure pauses for 5 to 10 s, not for the 60 s of a seventh one.
    assert!((secs(5)..millis(10_200)).contains(&gaps[6]), "{gaps:?}");
    // The seventh transient failure pauses for 10 s: the permanent one did not reset the count.
    assert!((secs(10)..millis(10_200)).contains(&gaps[7]), "{gaps:?}");
}
