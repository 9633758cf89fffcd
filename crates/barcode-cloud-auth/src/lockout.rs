//! Remembers which credentials the token endpoint rejected, so that this source never gets its own
//! client locked out. Pure: instants come in. Knows no schedule and no network.

use std::time::Duration;

use tokio::time::Instant;

use crate::credentials::ClientCredentials;
use crate::error::Error;

/// After this many rejections of one client id, its rejected secrets rest. Some servers lock a
/// client id for 600 s after 5 failed requests.
const MAX_REJECTIONS: u32 = 4;

/// How long rejected credentials rest after each further rejection of their client id.
const REST: Duration = Duration::from_secs(600);

/// Rejected secrets that are remembered for each client id. Beyond that number, an unknown secret
/// rests like a rejected one, so that a provider with endless new secrets sends no endless requests.
const MAX_SECRETS: usize = 16;

/// Client ids that are remembered. Beyond that number, the one that was rejected longest ago is
/// forgotten.
const MAX_CLIENTS: usize = 16;

/// The rejections since the last token, for each client id, because servers lock ids and not pairs
/// of id and secret.
#[derive(Default)]
pub(crate) struct Lockout {
    clients: Vec<RejectedClient>,
}

struct RejectedClient {
    id: String,
    /// Those of its credentials that were rejected.
    rejected: Vec<ClientCredentials>,
    count: u32,
    last: Instant,
    error: Error,
}

impl Lockout {
    /// Until when these credentials rest, and the error of the last rejection of their client id.
    ///
    /// A secret that was never rejected does not rest, so that a rotated secret is used at once. A
    /// rejected secret that returns does.
    pub(crate) fn rest(
        &self,
        credentials: &ClientCredentials,
        now: Instant,
    ) -> Option<(Instant, &Error)> {
        let client = self.clients.iter().find(|it| it.id == credentials.id())?;
        let until = client.last + REST;
        let rests = client.count >= MAX_REJECTIONS
            && now < until
            && (client.knows(credentials) || client.rejected.len() >= MAX_SECRETS);
        rests.then_some((until, &client.error))
    }

    /// Counts a rejection.
    pub(crate) fn reject(&mut self, credentials: ClientCredentials, error: Error, now: Instant) {
        if let Some(client) = self.clients.iter_mut().find(|it| it.id == credentials.id()) {
            client.count = client.count.saturating_add(1);
            client.last = now;
            client.error = error;
            if !client.knows(&credentials) && client.rejected.len() < MAX_SECRETS {
                client.rejected.push(credentials);
            }
            return;
        }
        if self.clients.len() >= MAX_CLIENTS {
            // Sorted on this rare path only, because a later rejection makes an early client recent.
            self.clients.sort_by_key(|client| client.last);
            self.clients.remove(0);
        }
        self.clients.push(RejectedClient {
            id: credentials.id().to_owned(),
            rejected: vec![credentials],
            count: 1,
            last: now,
            error,
        });
    }

    /// Forgets the rejections of a client that got a token.
    pub(crate) fn accept(&mut self, client_id: &str) {
        self.clients.retain(|client| client.id != client_id);
    }
}

impl RejectedClient {
    fn knows(&self, credentials: &ClientCredentials) -> bool {
        self.rejected.iter().any(|known| known.same_as(credentials))
    }
}
