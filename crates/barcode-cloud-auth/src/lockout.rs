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
/// rests like a rejected one, so that a provider with endless new secrets sends no endless
/// requests.
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
            // Sorted on this rare path only, because a later rejection makes an early client
            // recent.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Lockout, MAX_CLIENTS};
    use crate::{ClientCredentials, Error, ErrorKind};

    fn credentials(id: usize, secret: &str) -> ClientCredentials {
        ClientCredentials::new(format!("id-{id}"), secret).unwrap()
    }

    fn reject(lockout: &mut Lockout, id: usize, times: usize, now: Instant) {
        for _ in 0..times {
            let error = Error::permanent(ErrorKind::Refused, "scripted").build();
            lockout.reject(credentials(id, "stale"), error, now);
        }
    }

    #[test]
    fn rejected_credentials_rest_for_ten_minutes_after_the_fourth_rejection() {
        let (mut lockout, now) = (Lockout::default(), Instant::now());
        reject(&mut lockout, 1, 3, now);
        assert!(lockout.rest(&credentials(1, "stale"), now).is_none());
        reject(&mut lockout, 1, 1, now);
        let end = now + Duration::from_secs(600);
        let rest = lockout.rest(&credentials(1, "stale"), now);
        assert_eq!(rest.map(|(until, _)| until), Some(end));
        assert!(lockout.rest(&credentials(1, "stale"), end).is_none());
        assert!(lockout.rest(&credentials(1, "fresh"), now).is_none());
        assert!(lockout.rest(&credentials(2, "stale"), now).is_none());
        // A token of another client changes nothing.
        lockout.accept("id-2");
        assert!(lockout.rest(&credentials(1, "stale"), now).is_some());
        lockout.accept("id-1");
        assert!(lockout.rest(&credentials(1, "stale"), now).is_none());
    }

    #[test]
    fn the_client_that_was_rejected_longest_ago_is_forgotten_first() {
        let (mut lockout, now) = (Lockout::default(), Instant::now());
        for id in 0..MAX_CLIENTS {
            reject(&mut lockout, id, 4, now + Duration::from_secs(id as u64));
        }
        let later = now + Duration::from_secs(100);
        reject(&mut lockout, 0, 1, later);
        reject(&mut lockout, MAX_CLIENTS, 4, later);
        let rests = |id| lockout.rest(&credentials(id, "stale"), later).is_some();
        let forgotten: Vec<_> = (0..=MAX_CLIENTS).filter(|id| !rests(*id)).collect();
        assert_eq!(forgotten, [1]);
    }
}
