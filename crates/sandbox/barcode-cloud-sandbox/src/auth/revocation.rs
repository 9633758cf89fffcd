//! Revoked tokens.
//!
//! The id of a token begins with a sequence number, so that revoking all tokens, or all of a
//! client, only needs one number to be stored. Tokens that are revoked individually are stored
//! individually.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum number of tokens that can be revoked individually.
const MAX_TOKENS: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Revocation(Mutex<Revoked>);

#[derive(Debug, Default)]
struct Revoked {
    /// The number of the next token.
    next: u64,
    /// Tokens with a lower number are revoked.
    all_below: u64,
    clients_below: HashMap<String, u64>,
    /// The ids of individually revoked tokens, and when each expires.
    tokens: HashMap<String, i64>,
}

/// The maximum number of tokens is revoked individually.
#[derive(Debug)]
pub(crate) struct Full;

impl Revocation {
    /// Returns an id for a new token, which ends in `random`.
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

    /// Makes all revoked tokens valid again.
    pub(crate) fn reset(&self) {
        let mut revoked = self.revoked();
        *revoked = Revoked { next: revoked.next, ..Revoked::default() };
    }

    /// Revokes all tokens of `client`, which must be a known client, so that the number of entries
    /// is bounded.
    pub(crate) fn revoke_client(&self, client: &str) {
        let mut revoked = self.revoked();
        let below = revoked.next;
        revoked.clients_below.insert(client.to_owned(), below);
    }

    pub(crate) fn revoke(&self, id: &str, expires: i64, now: i64) -> Result<(), Full> {
        let mut revoked = self.revoked();
        revoked.tokens.retain(|_, expires| *expires > now);
        if revoked.tokens.len() >= MAX_TOKENS {
            return Err(Full);
        }
        revoked.tokens.insert(id.to_owned(), expires);
        Ok(())
    }

    pub(crate) fn is_revoked(&self, client: &str, id: &str) -> bool {
        let revoked = self.revoked();
        let number = id.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        // Does not happen: the id is from a token that this sandbox signed.
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
    fn only_tokens_issued_before_the_revocation_are_revoked() {
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
        revocation.reset();
        assert!(!revocation.is_revoked("me", &a) && !revocation.is_revoked("you", &c));
        assert_ne!(revocation.new_id("x"), a);
    }

    #[test]
    fn expired_tokens_are_removed_and_the_others_are_bounded() {
        let revocation = Revocation::default();
        for number in 0..MAX_TOKENS {
            revocation.revoke(&number.to_string(), 10, 0).unwrap();
        }
        assert!(revocation.revoke("one more", 10, 0).is_err());
        assert!(revocation.revoke("one more", 20, 10).is_ok());
    }
}
