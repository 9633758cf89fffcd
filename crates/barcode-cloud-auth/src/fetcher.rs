//! Makes one token request: reads the credentials and asks the endpoint, within deadlines. The
//! ticket of the fetch decides whether the credentials may be sent.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, span};
use url::Url;

use crate::cache::Ticket;
use crate::credentials::{ClientCredentials, CredentialsProvider};
use crate::error::{Error, ErrorKind};
#[cfg(feature = "token-store")]
use crate::fleet::{self, Fleet};
use crate::metrics::Counters;
use crate::telemetry;
use crate::token_endpoint::{IssuedToken, TokenEndpoint, TokenRequest};

/// The time limits of a fetch.
#[derive(Debug, Clone)]
pub(crate) struct Deadlines {
    /// The request, from connecting to the last byte of the response.
    pub(crate) attempt: Duration,
    /// The whole fetch, including the credentials provider.
    pub(crate) fetch: Duration,
}

pub(crate) struct Fetcher {
    pub(crate) provider: Arc<dyn CredentialsProvider>,
    pub(crate) endpoint: Arc<dyn TokenEndpoint>,
    /// The URL of the built-in endpoint, for spans.
    pub(crate) url: Option<Url>,
    pub(crate) deadlines: Deadlines,
    #[cfg(feature = "token-store")]
    pub(crate) fleet: Option<Fleet>,
}

/// A new token, and the time right before it was requested.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) requested_at: Instant,
    pub(crate) token: IssuedToken,
}

impl Fetcher {
    /// Fetches a token. `cause` is the span of the call that started the fetch.
    pub(crate) async fn fetch(
        &self,
        ticket: &Ticket,
        cause: Option<span::Id>,
        counters: &Counters,
    ) -> Result<Fetched, Error> {
        let until = Instant::now() + self.deadlines.fetch;
        let credentials = timeout_at(until, self.provider.credentials())
            .await
            .map_err(|_| timed_out("credentials provider", "check the provider"))?
            .map_err(|source| {
                let message = "the credentials provider failed: see its error";
                own_error(source, ErrorKind::Credentials, message)
            })?;
        let request =
            Request { fetcher: self, ticket, credentials: &credentials, cause, counters, until };
        #[cfg(feature = "token-store")]
        if let Some(fleet) = &self.fleet {
            return fleet.fetch(&credentials, &request).await;
        }
        request.begin()?;
        request.send().await
    }

    /// The number of failed operations of the token store.
    #[cfg_attr(
        not(feature = "token-store"),
        allow(clippy::unused_self, reason = "there is no store to ask")
    )]
    pub(crate) fn store_failures(&self) -> u64 {
        #[cfg(feature = "token-store")]
        if let Some(fleet) = &self.fleet {
            return fleet.failures();
        }
        0
    }
}

/// The token request of one fetch.
struct Request<'a> {
    fetcher: &'a Fetcher,
    ticket: &'a Ticket,
    credentials: &'a ClientCredentials,
    cause: Option<span::Id>,
    counters: &'a Counters,
    until: Instant,
}

impl Request<'_> {
    fn begin(&self) -> Result<(), Error> {
        self.ticket.send(Instant::now(), self.credentials)
    }

    async fn send(&self) -> Result<Fetched, Error> {
        let Self { fetcher: Fetcher { endpoint, url, deadlines, .. }, credentials, .. } = *self;
        let requested_at = Instant::now();
        self.counters.fetches.add_one();
        let known = Some(credentials).filter(|credentials| !credentials.id().is_empty());
        let client_id = known.map(ClientCredentials::id);
        let name = endpoint.name();
        let span = telemetry::request_span(name, url.as_ref(), client_id, self.cause.clone());
        let attempt = timeout(deadlines.attempt, endpoint.fetch(TokenRequest::new(known)));
        let result = match timeout_at(self.until, attempt).instrument(span.clone()).await {
            Ok(Ok(result)) => result.map_err(|source| {
                let message = "the token endpoint failed: see its error";
                own_error(source, ErrorKind::Transport, message)
            }),
            Ok(Err(_)) | Err(_) => {
                Err(timed_out("token endpoint", "check its URL and the network"))
            }
        };
        if let Err(error) = &result {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error_type(error).as_ref());
        }
        result.map(|token| Fetched { requested_at, token })
    }
}

#[cfg(feature = "token-store")]
impl fleet::Fetch for Request<'_> {
    fn offer(&self, token: &Fetched) -> fleet::Offer {
        self.ticket.offer(Instant::now(), token, self.credentials)
    }

    fn begin(&self) -> Result<(), Error> {
        self.begin()
    }

    fn send(&self) -> impl Future<Output = Result<Fetched, Error>> + Send {
        self.send()
    }
}

/// An error of this crate is returned unchanged; any other error becomes the source of a retryable
/// error.
fn own_error(
    source: Box<dyn StdError + Send + Sync>,
    kind: ErrorKind,
    message: &'static str,
) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => Error::retryable(kind, message).source(source).build(),
    }
}

/// The value of `error.type` in the span: the error code of the response, or else its status or
/// the kind of failure.
fn error_type(error: &Error) -> Cow<'_, str> {
    match (error.oauth_error(), error.kind(), error.status()) {
        (Some(code), _, _) => code.into(),
        (None, ErrorKind::Timeout, _) => "timeout".into(),
        (None, ErrorKind::Transport, _) => "transport".into(),
        (None, ErrorKind::InvalidResponse, _) => "invalid_response".into(),
        (None, _, Some(status)) => status.as_str().to_owned().into(),
        (None, _, None) => "_OTHER".into(),
    }
}

fn timed_out(what: &str, advice: &str) -> Error {
    let message = format!("the {what} did not respond in time: {advice}");
    Error::retryable(ErrorKind::Timeout, message).build()
}
