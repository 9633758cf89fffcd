//! One fetch: reads the credentials and posts them, within deadlines. Decides nothing about time:
//! the ticket of the flight says whether the credentials may be sent.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, span};

use crate::cache::Ticket;
use crate::credentials::CredentialsProvider;
use crate::endpoint::TokenEndpoint;
use crate::error::{Error, ErrorKind};
use crate::metrics::Counters;
use crate::response::Grant;

/// How long the parts of a fetch may take.
#[derive(Debug, Clone)]
pub(crate) struct Deadlines {
    /// The request, from connecting to the last byte of the answer.
    pub(crate) attempt: Duration,
    /// Everything, the credentials provider included.
    pub(crate) flight: Duration,
}

pub(crate) struct Fetcher {
    pub(crate) provider: Arc<dyn CredentialsProvider>,
    pub(crate) endpoint: Box<dyn TokenEndpoint>,
    pub(crate) deadlines: Deadlines,
}

/// A grant and the instant before it was asked for.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) asked: Instant,
    pub(crate) grant: Grant,
}

impl Fetcher {
    /// Fetches a token for the flight of this ticket, which decides whether the credentials may be
    /// sent. `cause` is the span of the call that started the flight.
    pub(crate) async fn fetch(
        &self,
        ticket: &Ticket,
        cause: Option<span::Id>,
        counters: &Counters,
    ) -> Result<Fetched, Error> {
        let until = Instant::now() + self.deadlines.flight;
        let credentials = timeout_at(until, self.provider.credentials())
            .await
            .map_err(|_| late("credentials provider", "look at what it waits for"))?
            .map_err(provider_error)?;
        let asked = Instant::now();
        ticket.send(asked, &credentials)?;
        counters.fetches.add_one();
        let span = self.endpoint.span(cause);
        let attempt = timeout(self.deadlines.attempt, self.endpoint.post(&credentials));
        let answer = match timeout_at(until, attempt).instrument(span.clone()).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(late("token endpoint", "check the address and the network")),
        };
        if let Err(error) = &answer {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error_type(error).as_ref());
        }
        answer.map(|grant| Fetched { asked, grant })
    }
}

/// A provider of this crate speaks for itself; another one's error becomes the source.
fn provider_error(source: Box<dyn StdError + Send + Sync>) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => {
            let message = "the credentials provider failed: see its error";
            Error::retryable(ErrorKind::Credentials, message)
                .source(source)
                .build()
        }
    }
}

/// The error code of the response, or else its status or what kind of failure it is.
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

fn late(what: &str, advice: &str) -> Error {
    let message = format!("the {what} did not answer in time: {advice}");
    Error::retryable(ErrorKind::Timeout, message).build()
}
