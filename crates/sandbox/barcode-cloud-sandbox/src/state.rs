//! The state that all requests share. The layers and the operations import this module; it imports
//! none of them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::auth::{Credentials, TokenIssuer};
use crate::clock::Clock;
use crate::contract::OperationNames;
use crate::fault::Faults;
use crate::http::body::LargeBodies;
use crate::http::guard::AllowedHosts;
use crate::http::xml::Vocabulary;
use crate::journal::Log;
use crate::randomness::Randomness;
use crate::url_files::UrlFiles;
use crate::workers::Workers;

pub(crate) struct State {
    pub(crate) token_issuer: TokenIssuer,
    pub(crate) files: UrlFiles,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    pub(crate) workers: Workers,
    pub(crate) faults: Faults,
    pub(crate) log: Arc<Log>,
    pub(crate) names: Arc<OperationNames>,
    pub(crate) clock: Clock,
    pub(crate) randomness: Arc<Randomness>,
    pub(crate) vocabulary: Arc<Vocabulary>,
    /// Whether to reject requests that the service only tolerates.
    pub(crate) strict: bool,
    pub(crate) body_limit: usize,
    pub(crate) large_bodies: LargeBodies,
    /// One permit for each client that streams the request log.
    pub(crate) event_streams: Arc<Semaphore>,
    /// How long a body may take to arrive.
    pub(crate) read_timeout: Duration,
    /// How long an image is searched for barcodes.
    pub(crate) recognition_time: Duration,
    /// Cancelled when the sandbox stops.
    pub(crate) stop: CancellationToken,
}

impl State {
    /// Returns to the state at the start: its faults, files and clients, no requests in the log,
    /// and no revoked tokens.
    pub(crate) fn reset(&self) {
        self.faults.reset();
        self.files.reset();
        self.log.reset();
        self.token_issuer.reset();
    }

    /// Accepts another client. If that is not possible, returns why.
    pub(crate) fn add_client(&self, client: Credentials) -> Result<(), &'static str> {
        let secret = client.client_secret.clone();
        self.token_issuer.add_client(client)?;
        self.log.hide(secret);
        Ok(())
    }

    /// The id of the operation that a request calls, if any.
    pub(crate) fn operation_of(&self, request: &Request) -> Option<Arc<str>> {
        let path = request.extensions().get::<MatchedPath>()?;
        self.names.find(request.method(), path.as_str())
    }
}
