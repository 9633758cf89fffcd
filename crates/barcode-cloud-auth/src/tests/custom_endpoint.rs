//! Token endpoints of the user: the same cache, retries, limits and lockout as the built-in one.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use secrecy::ExposeSecret;
use tokio::time::{Instant, advance, sleep};

use super::script::{Script, Step, UNAVAILABLE, WRONG_SECRET, at_once, millis, secs, settle};
use crate::{
    ClientCredentials, Error, ErrorBuilder, ErrorKind, IssuedToken, TokenEndpoint, TokenFuture,
    TokenRequest, TokenSource,
};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Returns a token after a number of failures.
#[derive(Debug)]
struct Recovering {
    failures: usize,
    error: fn() -> BoxError,
    fetches: Arc<AtomicUsize>,
}

impl TokenEndpoint for Recovering {
    fn fetch<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        let number = self.fetches.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match number < self.failures {
                true => Err((self.error)()),
                false => Ok(IssuedToken::new("abc", secs(3600))?.with_scope("read write")),
            }
        })
    }
}

fn recovering(failures: usize, error: fn() -> BoxError) -> (TokenSource, Arc<AtomicUsize>) {
    let fetches = Arc::default();
    let endpoint = Recovering { failures, error, fetches: Arc::clone(&fetches) };
    (TokenSource::from_endpoint(endpoint).build().unwrap(), fetches)
}

fn foreign() -> BoxError {
    "the store is down".into()
}

fn retryable() -> BoxError {
    Error::retryable(ErrorKind::Refused, "busy").build().into()
}

fn permanent() -> BoxError {
    let error: ErrorBuilder = Error::permanent(ErrorKind::Refused, "no such tenant");
    error.build().into()
}

#[tokio::test(start_paused = true)]
async fn a_cold_start_is_retried_after_retryable_failures_of_a_custom_endpoint() {
    for error in [foreign, retryable] {
        for failures in 0..3 {
            let (source, fetches) = recovering(failures, error);
            let begin = Instant::now();
            let token = source.token().await.unwrap();
            assert_eq!(token.header_value(), "Bearer abc");
            assert_eq!(token.secret().expose_secret(), "abc");
            assert_eq!(token.scope(), Some("read write"));
            assert_eq!(fetches.load(Ordering::SeqCst), failures + 1);
            assert!(begin.elapsed() < secs(2));
            assert!(at_once(&source).unwrap().is_ok());
            assert_eq!(fetches.load(Ordering::SeqCst), failures + 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_retries_of_a_cold_start_end_with_the_wait_of_the_caller() {
    let (source, fetches) = recovering(usize::MAX, foreign);
    let begin = Instant::now();
    let error = source.token_within(secs(5)).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Transport, true));
    assert_eq!(error.source().unwrap().to_string(), "the store is down");
    let fetches = fetches.load(Ordering::SeqCst);
    assert!((4..=5).contains(&fetches), "{fetches}");
    assert!(begin.elapsed() <= secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_of_a_custom_endpoint_is_returned_at_once() {
    let (source, fetches) = recovering(usize::MAX, permanent);
    let begin = Instant::now();
    let error = source.token().await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.is_permanent()), ("no such tenant", true));
    assert_eq!((fetches.load(Ordering::SeqCst), begin.elapsed()), (1, secs(0)));
}

#[tokio::test(start_paused = true)]
async fn a_custom_endpoint_that_hangs_or_panics_costs_one_fetch() {
    for (first, elapsed) in [(Step::Hang, 10), (Step::Panic, 0)] {
        let script = Script::steps([first, Step::Grant(3600.0)]);
        let source = TokenSource::from_endpoint(script.clone()).build().unwrap();
        let begin = Instant::now();
        let result = source.token().await;
        assert_eq!(result.is_ok(), elapsed == 10, "{result:?}");
        assert_eq!(begin.elapsed().as_secs(), elapsed);
        sleep(secs(2)).await;
        assert!(source.token().await.is_ok());
        assert_eq!(script.posts(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_custom_endpoint_is_renewed_before_it_expires() {
    let script = Script::steps([Step::Grant(1_000.0), UNAVAILABLE, Step::Grant(1_000.0)]);
    let source = TokenSource::from_endpoint(script.clone()).build().unwrap();
    source.token().await.unwrap();
    for (passed, posts) in [(690, 1), (150, 2), (10, 3)] {
        advance(secs(passed)).await;
        assert!(at_once(&source).unwrap().is_ok());
        settle().await;
        assert_eq!(script.posts(), posts);
    }
    assert_eq!(source.token().await.unwrap().generation(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_custom_endpoint_gets_no_requests_after_four_rejections() {
    for credentials in [false, true] {
        let script = Script::always(WRONG_SECRET);
        let mut builder = TokenSource::from_endpoint(script.clone());
        if credentials {
            builder = builder.credentials(ClientCredentials::new("id", "secret").unwrap());
        }
        let source = builder.build().unwrap();
        while script.times().first().is_none_or(|first| first.elapsed() < secs(500)) {
            assert!(at_once(&source).is_none_or(|result| result.is_err()));
            settle().await;
            advance(millis(500)).await;
        }
        assert_eq!(script.posts(), 4, "{credentials}");
    }
}

/// Keeps the client id of each request.
#[derive(Debug, Clone, Default)]
struct Recording(Arc<Mutex<Vec<Option<String>>>>);

impl TokenEndpoint for Recording {
    fn fetch<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        let id = request.credentials().map(|credentials| credentials.id().to_owned());
        self.0.lock().unwrap().push(id);
        Box::pin(async { Ok(IssuedToken::new("abc", secs(100_000))?) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_custom_endpoint_gets_the_credentials_of_the_provider() {
    let recording = Recording::default();
    let source = || TokenSource::from_endpoint(recording.clone());
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    for builder in [source(), source().credentials(credentials)] {
        let token = builder.build().unwrap().token().await.unwrap();
        assert_eq!(token.remaining(), Some(secs(86_400)));
    }
    assert_eq!(*recording.0.lock().unwrap(), [None, Some("id".to_owned())]);
}

#[test]
fn an_endpoint_has_the_name_of_its_type_by_default() {
    let endpoint = Recording::default();
    let name = endpoint.name().to_owned();
    assert!(name.ends_with("::Recording"), "{name}");
    assert_eq!(Arc::new(endpoint).name(), name);
}

#[test]
fn a_token_that_is_not_a_valid_header_value_is_rejected() {
    for text in ["", "a b", "a\n", "ä"] {
        let error = IssuedToken::new(text, secs(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidResponse, "{text}");
    }
    let response = IssuedToken::new("hidden", secs(1)).unwrap().with_scope("hidden");
    assert_eq!(response.access_token().expose_secret(), "hidden");
    assert_eq!((response.lifetime(), response.scope()), (secs(1), Some("hidden")));
    assert_eq!(format!("{response:?}"), "IssuedToken { lifetime: 1s, .. }");
}

#[test]
fn the_built_in_endpoint_can_be_built_alone_and_a_static_token_has_none() {
    let builder = TokenSource::builder(
        "https://login.example.com:8443/a/token?x=hidden",
        ClientCredentials::new("id", "hidden").unwrap(),
    );
    let endpoint = builder.build_endpoint().unwrap();
    assert_eq!(endpoint.name(), "login.example.com:8443/a/token");
    assert!(!format!("{endpoint:?}").contains("hidden"));
    let error = TokenSource::static_token("abc").build_endpoint().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn the_built_in_endpoint_needs_credentials() {
    let credentials = ClientCredentials::new("id", "secret").unwrap();
    let builder = TokenSource::builder("https://login.example.com/token", credentials);
    let source = TokenSource::from_endpoint(builder.build_endpoint().unwrap());
    let error = source.build().unwrap().token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("no credentials"), "{error}");
}
