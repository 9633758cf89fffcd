//! Decides for how long a new token is kept although the API rejected it. Instants are arguments.
//!
//! If one route of an API rejects every token, the other callers must still be able to use each new
//! token.

use std::time::Duration;

use tokio::time::Instant;

/// The first hold-off.
const FIRST: Duration = Duration::from_secs(1);

/// The longest hold-off.
const LONGEST: Duration = Duration::from_secs(300);

/// After this long without a replaced token, the next rejection counts as the first.
const QUIET: Duration = Duration::from_secs(600);

/// When a token was last replaced, and the hold-off that followed.
#[derive(Debug, Default)]
pub(crate) struct HoldOff(Option<(Instant, Duration)>);

impl HoldOff {
    /// Whether a rejected token that arrived at `arrived` is replaced now. If so, the next hold-off
    /// is twice the last one, up to 300 s, or 1 s if the last one was long ago.
    pub(crate) fn admits(&mut self, arrived: Instant, now: Instant) -> bool {
        let recent = self.0.filter(|(last, _)| now < *last + QUIET);
        let (hold_off, next) = match recent {
            None => (Duration::ZERO, FIRST),
            Some((_, hold_off)) => (hold_off, LONGEST.min(hold_off * 2)),
        };
        let admitted = now >= arrived + hold_off;
        if admitted {
            self.0 = Some((now, next));
        }
        admitted
    }
}
