//! One fetch: read the credentials, post them, within deadlines. Knows no cache.
//!
//! It also keeps one promise that only it can: a pair of id and secret that was refused again and
//! again is not sent until the server locks it out.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use crate::credentials::{ClientCredentials, CredentialsProvider};
use crate::endpoint::TokenEndpoint;
use crate::error::{Error, ErrorKind};
use crate::metrics::Counters;
use crate::response::Grant;

/// How often in a row a pair may be refused before it rests. Servers are known that lock a pair
/// for 600 s after 5 failures.
const MAX_REFUSALS: u32 = 4;

/// How long such a pair rests after each further refusal. Other credentials are sent at once.
const REST: Duration = Duration::from_secs(600);

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
    pub(crate) refused: Mutex<Option<Refused>>,
}

pub(crate) struct Refused {
    credentials: ClientCredentials,
    times: u32,
    at: Instant,
    error: Error,
}

/// A grant and the instant before it was asked for.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) asked: Instant,
    pub(crate) grant: Grant,
}

impl Fetcher {
    pub(crate) async fn fetch(&self, counters: &Counters) -> Result<Fetched, Error> {
        let until = Instant::now() + self.deadlines.flight;
        let credentials = timeout_at(until, self.provider.credentials())
            .await
            .map_err(|_| late("credentials provider", "look at what it waits for"))?
            .map_err(provider_error)?;
        self.check_rest(&credentials)?;
        counters.fetches.add_one();
        let asked = Instant::now();
        let attempt = timeout(self.deadlines.attempt, self.endpoint.post(&credentials));
        let answer = match timeout_at(until, attempt).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(late("token endpoint", "check the address and the network")),
        };
        self.note(credentials, &answer);
        Ok(Fetched {
            asked,
            grant: answer?,
        })
    }

    fn check_rest(&self, credentials: &ClientCredentials) -> Result<(), Error> {
        match &*self.refused() {
            Some(refused)
                if refused.times >= MAX_REFUSALS
                    && refused.credentials.same_as(credentials)
                    && refused.at.elapsed() < REST =>
            {
                Err(refused.error.clone())
            }
            _ => Ok(()),
        }
    }

    fn note(&self, credentials: ClientCredentials, answer: &Result<Grant, Error>) {
        let mut refused = self.refused();
        match answer {
            Ok(_) => *refused = None,
            Err(error) if error.is_permanent() => {
                let before = refused
                    .take()
                    .filter(|old| old.credentials.same_as(&credentials));
                *refused = Some(Refused {
                    credentials,
                    times: before.map_or(0, |old| old.times) + 1,
                    at: Instant::now(),
                    error: error.clone(),
                });
            }
            Err(_) => {}
        }
    }

    fn refused(&self) -> std::sync::MutexGuard<'_, Option<Refused>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
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

fn late(what: &str, advice: &str) -> Error {
    let message = format!("the {what} did not answer in time: {advice}");
    Error::retryable(ErrorKind::Timeout, message).build()
}
