//! Tokens that were taken back before their time.
//!
//! Ids of tokens begin with a number that grows, so all tokens of a client, or all tokens, are
//! revoked by remembering one number; only single tokens are remembered one by one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many single tokens are remembered; to revoke more, revoke all.
const MOST_TOKENS: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Revocation(Mutex<Revoked>);

#[derive(Debug, Default)]
struct Revoked {
    /// The number of the next token.
    next: u64,
    /// Tokens with a lower number are revoked.
    all_below: u64,
    clients_below: HashMap<String, u64>,
    /// Ids, and when each would have expired anyway.
    tokens: HashMap<String, i64>,
}

/// There are too many to remember.
#[derive(Debug)]
pub(crate) struct Full;

impl Revocation {
    /// An id for a new token that ends in `random`.
    pub(crate) fn new_id(&self, random: &str) -> String {
        let mut revoked = self.revoked();
        let number = revoked.next;
        revoked.next += 1;
        format!("{number:016x}{random}")
    }

    pub(crate) fn revoke_all(&self) {
        let mut revoked = self.revoked();
        revoked.all_below = revoked.next;
        revoked.clients_below.clear();
        revoked.tokens.clear();
    }

    /// `client` must be one that is known, so that the memory of them is bounded.
    pub(crate) fn revoke_client(&self, client: &str) {
        let mut revoked = self.revoked();
        let below = revoked.next;
        revoked.clients_below.insert(client.to_owned(), below);
    }

    pub(crate) fn revoke(&self, id: &str, expires: i64, now: i64) -> Result<(), Full> {
        let mut revoked = self.revoked();
        revoked.tokens.retain(|_, expires| *expires > now);
        if revoked.tokens.len() >= MOST_TOKENS {
            return Err(Full);
        }
        revoked.tokens.insert(id.to_owned(), expires);
        Ok(())
    }

    pub(crate) fn is_revoked(&self, client: &str, id: &str) -> bool {
        let revoked = self.revoked();
        let number = id.get(..16).and_then(|it| u64::from_str_radix(it, 16).ok());
        // Only ids of this sandbox carry its signature.
        let Some(number) = number else { return true };
        let client_below = revoked.clients_below.get(client).copied();
        number < revoked.all_below
            || number < client_below.unwrap_or(0)
            || revoked.tokens.contains_key(id)
    }

    fn revoked(&self) -> MutexGuard<'_, Revoked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_given_before_is_revoked() {
        let revocation = Revocation::default();
        let (a, b) = (revocation.new_id("x"), revocation.new_id("x"));
        revocation.revoke(&a, 10, 0).unwrap();
        assert!(revocation.is_revoked("me", &a) && !revocation.is_revoked("me", &b));
        revocation.revoke_client("me");
        assert!(revocation.is_revoked("me", &b) && !revocation.is_revoked("you", &b));
        let c = revocation.new_id("x");
        assert!(!revocation.is_revoked("me", &c));
        revocation.revoke_all();
        assert!(revocation.is_revoked("you", &c));
        assert!(!revocation.is_revoked("me", &revocation.new_id("x")));
    }

    #[test]
    fn what_has_expired_is_forgotten_and_the_rest_is_bounded() {
        let revocation = Revocation::default();
        for number in 0..MOST_TOKENS {
            revocation.revoke(&number.to_string(), 10, 0).unwrap();
        }
        assert!(revocation.revoke("one more", 10, 0).is_err());
        assert!(revocation.revoke("one more", 20, 10).is_ok());
    }
}
