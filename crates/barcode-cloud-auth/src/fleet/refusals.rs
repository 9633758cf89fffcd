//! The value under the key of a client: the token requests of the whole fleet that were refused, or
//! that may be refused. An attempt is reserved before a request is sent, so that many processes at
//! once cannot exceed the limit.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cell::Timed;
use crate::lockout::{BLOCK, MAX_REJECTIONS, MAX_SECRETS};

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Refusals {
    attempts: Vec<Attempt>,
}

#[derive(Serialize, Deserialize)]
struct Attempt {
    owner: u64,
    /// Stands for the secret that was sent.
    secret_id: String,
    refused: bool,
    /// How long the attempt counts.
    remaining: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reservation {
    Granted,
    /// The requests of other processes decide whether another one may be sent.
    Busy,
    /// The secret was refused too often.
    Blocked,
}

/// How a reserved attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Accepted,
    Refused,
    /// The credentials were not sent, or the response said nothing about them.
    Undecided,
}

impl Refusals {
    /// Reserves an attempt that ends within `limit`.
    ///
    /// At most four attempts are refused. Beyond that, a secret that was never refused may be sent,
    /// so that a rotated secret is used at once.
    pub(super) fn reserve(&mut self, owner: u64, secret_id: &str, limit: Duration) -> Reservation {
        let refused = || self.attempts.iter().filter(|attempt| attempt.refused);
        let has_secret = |attempt: &Attempt| attempt.secret_id == secret_id;
        let secrets: HashSet<_> = refused().map(|attempt| &attempt.secret_id).collect();
        let is_refused = refused().any(has_secret) || secrets.len() >= MAX_SECRETS;
        let max = MAX_REJECTIONS as usize;
        let is_new = !is_refused && !self.attempts.iter().any(has_secret);
        if is_new || self.attempts.len() < max {
            let (secret_id, remaining) = (secret_id.to_owned(), limit.min(BLOCK));
            self.attempts.push(Attempt { owner, secret_id, refused: false, remaining });
            return Reservation::Granted;
        }
        match is_refused && refused().count() >= max {
            true => Reservation::Blocked,
            false => Reservation::Busy,
        }
    }

    /// Ends an attempt. A secret that was accepted is forgotten. All refusals count until 600 s
    /// after the last one, because servers may count from the last one as well.
    pub(super) fn settle(&mut self, owner: u64, secret_id: &str, ending: Ending) {
        self.attempts.retain(|attempt| {
            attempt.owner != owner && (ending != Ending::Accepted || attempt.secret_id != secret_id)
        });
        if ending == Ending::Refused {
            let (secret_id, refused) = (secret_id.to_owned(), true);
            self.attempts.push(Attempt { owner, secret_id, refused, remaining: BLOCK });
            let earlier = self.attempts.iter_mut().filter(|attempt| attempt.refused);
            earlier.for_each(|attempt| attempt.remaining = BLOCK);
        }
    }
}

impl Timed for Refusals {
    fn advance(&mut self, elapsed: Duration) {
        for attempt in &mut self.attempts {
            attempt.remaining = attempt.remaining.saturating_sub(elapsed);
        }
        self.attempts.retain(|attempt| !attempt.remaining.is_zero());
    }

    fn lifetime(&self) -> Duration {
        BLOCK
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Ending::{Accepted, Refused, Undecided};
    use super::Reservation::{Blocked, Busy, Granted};
    use super::*;

    const LIMIT: Duration = Duration::from_secs(11);

    /// Refuses an attempt with each of these secrets.
    fn refused(secrets: &[&str]) -> Refusals {
        let mut refusals = Refusals::default();
        for (owner, secret) in secrets.iter().enumerate() {
            assert_eq!(refusals.reserve(owner as u64, secret, LIMIT), Granted);
            refusals.settle(owner as u64, secret, Refused);
        }
        refusals
    }

    #[test]
    fn four_refusals_block_their_secrets_and_each_other_secret_may_be_sent_once() {
        for (secrets, next, expected) in [
            (&["a"; 3][..], "a", Granted),
            (&["a"; 4], "a", Blocked),
            (&["a"; 4], "b", Granted),
            (&["a", "a", "a", "a", "b"], "b", Blocked),
            (&["a", "b", "c", "d"], "a", Blocked),
        ] {
            assert_eq!(refused(secrets).reserve(9, next, LIMIT), expected, "{secrets:?} {next}");
        }
        let secrets: Vec<_> = (0..MAX_SECRETS).map(|number| number.to_string()).collect();
        let secrets: Vec<_> = secrets.iter().map(String::as_str).collect();
        assert_eq!(refused(&secrets).reserve(99, "new", LIMIT), Blocked);
    }

    #[test]
    fn attempts_in_progress_count_until_they_end_or_their_limit_passes() {
        for (ending, expected) in [(Accepted, Granted), (Refused, Blocked), (Undecided, Granted)] {
            let mut refusals = refused(&["a"; 3]);
            assert_eq!(refusals.reserve(3, "a", LIMIT), Granted);
            assert_eq!(refusals.reserve(4, "a", LIMIT), Busy);
            refusals.settle(3, "a", ending);
            assert_eq!(refusals.reserve(4, "a", LIMIT), expected, "{ending:?}");
        }
        let mut refusals = refused(&["a"; 3]);
        assert_eq!(refusals.reserve(3, "a", LIMIT), Granted);
        refusals.advance(LIMIT);
        assert_eq!(refusals.reserve(4, "a", LIMIT), Granted);
        // A new secret is sent once, until it is known whether it is accepted.
        let mut refusals = refused(&["a"; 4]);
        assert_eq!(refusals.reserve(4, "b", LIMIT), Granted);
        assert_eq!(refusals.reserve(5, "b", LIMIT), Busy);
        refusals.settle(4, "b", Accepted);
        assert_eq!(refusals.reserve(5, "b", LIMIT), Granted);
        assert_eq!(refusals.reserve(6, "a", LIMIT), Blocked);
    }

    #[test]
    fn refusals_count_until_ten_minutes_after_the_last_one() {
        let mut refusals = refused(&["a"; 3]);
        refusals.advance(BLOCK / 2);
        assert_eq!(refusals.reserve(3, "a", LIMIT), Granted);
        refusals.settle(3, "a", Refused);
        refusals.advance(BLOCK - Duration::from_millis(1));
        assert_eq!(refusals.reserve(4, "a", LIMIT), Blocked);
        refusals.advance(Duration::from_millis(1));
        assert_eq!(refusals.reserve(4, "a", LIMIT), Granted);
    }
}
