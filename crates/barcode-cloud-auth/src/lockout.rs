//! Remembers which credentials the token endpoint rejected, and blocks them for a while, so that
//! the server does not lock the client out. Instants are arguments.

use std::time::Duration;

use tokio::time::Instant;

use crate::credentials::ClientCredentials;
use crate::error::Error;

/// After this many rejections of one client id, its rejected secrets are blocked. Some servers lock
/// a client id for 600 s after 5 failed requests.
pub(crate) const MAX_REJECTIONS: u32 = 4;

/// How long rejected credentials are blocked after each further rejection of their client id.
pub(crate) const BLOCK: Duration = Duration::from_secs(600);

/// The number of rejected secrets that are remembered for each client id. Beyond it, unknown
/// secrets are blocked too, so that a provider that returns ever new secrets does not cause ever
/// new requests.
pub(crate) const MAX_SECRETS: usize = 16;

/// The number of client ids that are remembered. Beyond it, the one that was rejected longest ago
/// is forgotten.
const MAX_CLIENTS: usize = 16;

/// The rejections since the last token. They are counted for each client id, because servers lock
/// ids and not pairs of id and secret.
#[derive(Default)]
pub(crate) struct Lockout {
    clients: Vec<RejectedClient>,
}

struct RejectedClient {
    id: String,
    /// The credentials that were rejected.
    rejected: Vec<ClientCredentials>,
    count: u32,
    last: Instant,
    error: Error,
}

impl Lockout {
    /// If these credentials are blocked, returns until when, and the error of the last rejection of
    /// their client id.
    ///
    /// A secret that was never rejected is not blocked, so that a rotated secret is used at once.
    pub(crate) fn blocked(
        &self,
        credentials: &ClientCredentials,
        now: Instant,
    ) -> Option<(Instant, &Error)> {
        let mut clients = self.clients.iter();
        let client = clients.find(|client| client.id == credentials.id())?;
        let until = client.last + BLOCK;
        let is_blocked = client.count >= MAX_REJECTIONS
            && now < until
            && (client.knows(credentials) || client.rejected.len() >= MAX_SECRETS);
        is_blocked.then_some((until, &client.error))
    }

    /// Counts a rejection.
    pub(crate) fn reject(&mut self, credentials: ClientCredentials, error: Error, now: Instant) {
        let mut clients = self.clients.iter_mut();
        if let Some(client) = clients.find(|client| client.id == credentials.id()) {
            client.count = client.count.saturating_add(1);
            client.last = now;
            client.error = error;
            if !client.knows(&credentials) && client.rejected.len() < MAX_SECRETS {
                client.rejected.push(credentials);
            }
            return;
        }
        if self.clients.len() >= MAX_CLIENTS {
            // Sorted only here, which is rare. The order changes with each rejection.
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
    fn rejected_credentials_are_blocked_for_ten_minutes_after_the_fourth_rejection() {
        let (mut lockout, now) = (Lockout::default(), Instant::now());
        reject(&mut lockout, 1, 3, now);
        assert!(lockout.blocked(&credentials(1, "stale"), now).is_none());
        reject(&mut lockout, 1, 1, now);
        let end = now + Duration::from_secs(600);
        let blocked = lockout.blocked(&credentials(1, "stale"), now);
        assert_eq!(blocked.map(|(until, _)| until), Some(end));
        assert!(lockout.blocked(&credentials(1, "stale"), end).is_none());
        assert!(lockout.blocked(&credentials(1, "fresh"), now).is_none());
        assert!(lockout.blocked(&credentials(2, "stale"), now).is_none());
        // A token of another client changes nothing.
        lockout.accept("id-2");
        assert!(lockout.blocked(&credentials(1, "stale"), now).is_some());
        lockout.accept("id-1");
        assert!(lockout.blocked(&credentials(1, "stale"), now).is_none());
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
        let is_blocked = |id| lockout.blocked(&credentials(id, "stale"), later).is_some();
        let forgotten: Vec<_> = (0..=MAX_CLIENTS).filter(|id| !is_blocked(*id)).collect();
        assert_eq!(forgotten, [1]);
    }
}
