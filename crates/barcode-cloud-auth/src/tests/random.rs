//! Random sequences of events, after each of which the guarantees of the source are checked.

use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

use super::script::{
    Script, Step, UNAVAILABLE, WRONG_SECRET, after, at_once, millis, secs, settle,
};
use crate::{AccessToken, Error, TokenSource};

#[derive(Debug, Clone)]
enum Event {
    /// The endpoint does this from now on.
    Endpoint(Step),
    Advance(Duration),
    Call,
    /// A caller that waits, as a task.
    Wait,
    CancelWaiters,
    /// The API responds with 401 to the newest token, or late to the oldest.
    Unauthorized {
        newest: bool,
    },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => step().prop_map(Event::Endpoint),
        4 => (0..5_000_u64).prop_map(|ms| Event::Advance(millis(ms))),
        2 => (0..4_000_u64).prop_map(|s| Event::Advance(secs(s))),
        4 => Just(Event::Call),
        3 => Just(Event::Wait),
        1 => Just(Event::CancelWaiters),
        2 => any::<bool>().prop_map(|newest| Event::Unauthorized { newest }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let base = prop_oneof![
        4 => prop_oneof![Just(3600.0), Just(60.0), Just(2.0), Just(0.5), Just(0.0), Just(-1.0)]
            .prop_map(Step::Grant),
        1 => Just(UNAVAILABLE),
        1 => Just(WRONG_SECRET),
        1 => Just(Step::Respond(200, None, "<html>")),
        1 => (0..1_000_u64).prop_map(|wait| Step::Respond(429, Some(wait), "")),
        1 => Just(Step::Hang),
        1 => Just(Step::Panic),
    ];
    (base, 0..12_000_u64).prop_map(|(step, wait)| match wait % 3 {
        0 => after(millis(wait), step),
        _ => step,
    })
}

struct Run {
    script: Script,
    source: TokenSource,
    waiters: Vec<(Instant, JoinHandle<Result<AccessToken, Error>>)>,
    /// All tokens observed, in the order of their generations.
    observed: Vec<ObservedToken>,
    rejected_before: bool,
}

struct ObservedToken {
    token: AccessToken,
    first: Instant,
    standing: Standing,
}

/// Whether a token was replaced after 401s of the API.
#[derive(Debug, PartialEq)]
enum Standing {
    Good,
    /// There was a 401, possibly within the hold-off.
    Doubtful,
    /// There was a 401 after the longest hold-off, or the first 401 of all.
    Replaced,
}

impl Run {
    async fn play(&mut self, event: Event) {
        match event {
            Event::Endpoint(step) => self.script.set(step),
            Event::Advance(by) => advance(by).await,
            Event::Call => self.call(),
            Event::Wait => {
                let source = self.source.clone();
                let waiter = tokio::spawn(async move { source.token().await });
                self.waiters.push((Instant::now(), waiter));
            }
            Event::CancelWaiters => self.waiters.drain(..).for_each(|(_, task)| task.abort()),
            Event::Unauthorized { newest } => self.unauthorized(newest),
        }
        settle().await;
        self.collect_waiters().await;
    }

    fn unauthorized(&mut self, newest: bool) {
        let newest_generation = self.source.metrics().generation;
        let observed = if newest { self.observed.last_mut() } else { self.observed.first_mut() };
        if let Some(observed) = observed {
            self.source.invalidate(&observed.token);
            let is_newest = observed.token.generation() == newest_generation;
            let past_hold_off = observed.first.elapsed() >= secs(300) || !self.rejected_before;
            if is_newest {
                self.rejected_before = true;
            }
            if is_newest && past_hold_off {
                observed.standing = Standing::Replaced;
            } else if observed.standing == Standing::Good {
                observed.standing = Standing::Doubtful;
            }
        }
    }

    /// The newest token is served at once while it is valid and was not rejected.
    fn call(&mut self) {
        let generation = self.source.metrics().generation;
        let now = Instant::now();
        let newest = self.observed.last().map(|observed| &observed.token).filter(|token| {
            let valid = token.0.times.is_some_and(|times| now < times.serve_until);
            valid && token.generation() == generation
        });
        let newest = newest.filter(|_| self.observed.last().unwrap().standing == Standing::Good);
        match at_once(&self.source) {
            Some(Ok(token)) => self.saw(token),
            other => assert!(newest.is_none(), "{other:?} though there is {newest:?}"),
        }
    }

    fn saw(&mut self, token: AccessToken) {
        let known = self.observed.iter().find(|it| it.token.generation() == token.generation());
        if let Some(known) = known {
            assert_ne!(known.standing, Standing::Replaced, "a rejected token was served");
        }
        self.keep(token);
    }

    fn keep(&mut self, token: AccessToken) {
        let newest = self.observed.last().map_or(0, |observed| observed.token.generation());
        if token.generation() > newest {
            let (first, standing) = (Instant::now(), Standing::Good);
            self.observed.push(ObservedToken { token, first, standing });
        }
    }

    /// Callers get a result within the time that they wait: a token that is valid, unless its
    /// lifetime was zero.
    async fn collect_waiters(&mut self) {
        for (since, task) in std::mem::take(&mut self.waiters) {
            if !task.is_finished() {
                assert!(since.elapsed() <= secs(35), "a caller hangs");
                self.waiters.push((since, task));
            } else if let Ok(token) = task.await.unwrap() {
                self.keep(token);
            }
        }
    }
}

proptest! {
    #[test]
    fn random_events_keep_every_promise(
        events in prop::collection::vec(event(), 1..80),
        seed: u64,
    ) {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let script = Script::always(Step::Grant(3600.0));
            let mut setup = script.setup();
            setup.seed = seed;
            let mut run = Run { source: setup.build(), script, waiters: vec![], observed: vec![], rejected_before: false };
            for event in events {
                run.play(event).await;
            }
            assert!(run.script.most_active() <= 1);
            // The shortest pause.
            assert!(run.script.gaps().iter().all(|gap| *gap >= millis(250)));
            // In any case, a working endpoint gives a token again after the current pause and, for
            // credentials that were rejected four times, after they are no longer blocked.
            run.script.set(Step::Grant(3600.0));
            for _ in 0..4 {
                advance(secs(320)).await;
                settle().await;
                if run.source.token().await.is_ok() {
                    return;
                }
            }
            panic!("no token from a working endpoint");
        });
    }
}
