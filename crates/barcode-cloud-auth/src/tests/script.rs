//! A token endpoint in memory that responds according to a script and records the times of
//! requests.

use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use tokio::time::{Instant, sleep};

use crate::cache::Cache;
use crate::fetcher::{Deadlines, Fetcher};
use crate::fleet::Fleet;
use crate::metrics::Counters;
use crate::origin::ApiOrigin;
use crate::response::{TokenResponse, parse};
use crate::schedule::Schedule;
use crate::source::Work;
use crate::{
    AccessToken, ClientCredentials, CredentialsFuture, CredentialsProvider, Error, IssuedToken,
    TokenEndpoint, TokenFuture, TokenRequest, TokenSource, TokenStore,
};

/// The reaction of the endpoint to one request.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Responds with a token with this lifetime in seconds.
    Grant(f64),
    /// Responds with a status, a `Retry-After` and a body.
    Respond(u16, Option<u64>, &'static str),
    /// Waits before the other step.
    After(Duration, Box<Step>),
    /// Yields this many times before the other step.
    Yield(usize, Box<Step>),
    Hang,
    Panic,
}

pub(super) const UNAVAILABLE: Step = Step::Respond(503, None, "");
pub(super) const WRONG_SECRET: Step = Step::Respond(400, None, r#"{"error":"invalid_client"}"#);

pub(super) fn after(wait: Duration, step: Step) -> Step {
    Step::After(wait, Box::new(step))
}

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[derive(Clone)]
pub(super) struct Script(Arc<Inner>);

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

struct Inner {
    next: Mutex<Box<dyn FnMut(usize) -> Step + Send>>,
    posts: Mutex<Vec<Instant>>,
    active: AtomicUsize,
    most_active: AtomicUsize,
}

impl Script {
    /// `next` returns the step for a request, given the number of requests before it.
    pub(super) fn new(next: impl FnMut(usize) -> Step + Send + 'static) -> Self {
        Self(Arc::new(Inner {
            next: Mutex::new(Box::new(next)),
            posts: Mutex::default(),
            active: AtomicUsize::new(0),
            most_active: AtomicUsize::new(0),
        }))
    }

    pub(super) fn always(step: Step) -> Self {
        Self::new(move |_| step.clone())
    }

    /// Plays the steps in order, and repeats the last one.
    pub(super) fn steps(steps: impl Into<Vec<Step>>) -> Self {
        let steps = steps.into();
        Self::new(move |before| steps[before.min(steps.len() - 1)].clone())
    }

    /// Plays only this step from now on.
    pub(super) fn set(&self, step: Step) {
        *self.0.next.lock().unwrap() = Box::new(move |_| step.clone());
    }

    pub(super) fn posts(&self) -> usize {
        self.0.posts.lock().unwrap().len()
    }

    /// Returns the largest number of requests that were in flight at a time.
    pub(super) fn most_active(&self) -> usize {
        self.0.most_active.load(Ordering::SeqCst)
    }

    /// Returns the time of each request.
    pub(super) fn times(&self) -> Vec<Instant> {
        self.0.posts.lock().unwrap().clone()
    }

    /// Returns the times between requests.
    pub(super) fn gaps(&self) -> Vec<Duration> {
        self.times().windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    pub(super) fn source(&self) -> TokenSource {
        self.setup().build()
    }

    pub(super) fn setup(&self) -> Setup {
        Setup {
            script: self.clone(),
            provider: Arc::new(ClientCredentials::new("id", "secret").unwrap()),
            caller_wait: secs(35),
            seed: 7,
            store: None,
        }
    }
}

/// A provider that calls a function for each fetch.
pub(super) struct Provider<F>(pub(super) F);

impl<F> fmt::Debug for Provider<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}

impl<F, C> CredentialsProvider for Provider<F>
where
    F: Fn() -> C + Send + Sync + 'static,
    C: Future<Output = Result<ClientCredentials, Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    fn credentials(&self) -> CredentialsFuture<'_> {
        Box::pin(self.0())
    }
}

pub(super) struct Setup {
    script: Script,
    pub(super) provider: Arc<dyn CredentialsProvider>,
    pub(super) caller_wait: Duration,
    pub(super) seed: u64,
    pub(super) store: Option<Arc<dyn TokenStore>>,
}

impl Setup {
    pub(super) fn build(self) -> TokenSource {
        let deadlines = Deadlines { attempt: secs(10), fetch: secs(30) };
        let cache = Cache::new(Schedule::default(), deadlines.fetch);
        let work = Work {
            fetcher: Fetcher {
                provider: self.provider,
                endpoint: Arc::new(self.script),
                url: None,
                fleet: self.store.map(|store| {
                    let random = fastrand::Rng::with_seed(self.seed);
                    Fleet::new(store, vec!["script".to_owned()], deadlines.attempt, random)
                }),
                deadlines,
            },
            counters: Counters::default(),
            random: Mutex::new(fastrand::Rng::with_seed(self.seed)),
        };
        let origin = ApiOrigin::new(None, false).unwrap();
        TokenSource::from_work(cache, work, self.caller_wait, origin)
    }
}

impl TokenEndpoint for Script {
    fn fetch<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        let number = {
            let mut posts = self.0.posts.lock().unwrap();
            posts.push(Instant::now());
            posts.len() - 1
        };
        let step = (self.0.next.lock().unwrap())(number);
        Box::pin(async move {
            let _active = Active::enter(&self.0);
            Ok(play(step, number).await?)
        })
    }
}

/// Counts a request as in flight until it completes or is dropped.
struct Active<'a>(&'a AtomicUsize);

impl<'a> Active<'a> {
    fn enter(script: &'a Inner) -> Self {
        let active = script.active.fetch_add(1, Ordering::SeqCst) + 1;
        script.most_active.fetch_max(active, Ordering::SeqCst);
        Self(&script.active)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn play(step: Step, number: usize) -> BoxFuture<'static, Result<IssuedToken, Error>> {
    Box::pin(async move {
        match step {
            Step::Grant(lifetime) => {
                let body = format!(
                    r#"{{"access_token":"token-{number}","token_type":"Bearer","expires_in":{lifetime}}}"#
                );
                response(200, None, &body)
            }
            Step::Respond(status, retry_after, body) => response(status, retry_after, body),
            Step::After(wait, step) => {
                sleep(wait).await;
                play(*step, number).await
            }
            Step::Yield(times, step) => {
                for _ in 0..times {
                    tokio::task::yield_now().await;
                }
                play(*step, number).await
            }
            Step::Hang => std::future::pending().await,
            Step::Panic => panic!("scripted panic"),
        }
    })
}

fn response(status: u16, retry_after: Option<u64>, body: &str) -> Result<IssuedToken, Error> {
    parse(&TokenResponse {
        status: StatusCode::from_u16(status).unwrap(),
        retry_after: retry_after.map(secs),
        request_id: None,
        body: body.as_bytes(),
        endpoint: "https://login.example.com/token",
        secrets: &["secret"],
    })
}

/// Returns the result of the first poll, if it is ready.
pub(super) fn at_once(source: &TokenSource) -> Option<Result<AccessToken, Error>> {
    source.token().now_or_never()
}

/// Runs the tasks until none is ready, without advancing the clock.
pub(super) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
