//! For how long a new token is kept although the API rejects it. Pure: instants come in.
//!
//! A route that rejects every token must not take each new one away from the callers that it would
//! serve well.

use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_secs(1);

const LONGEST: Duration = Duration::from_secs(300);

/// After this long without a rejection, the next one is taken as the first.
const QUIET: Duration = Duration::from_secs(600);

/// The last rejection that cost a token, and the hold-off that followed it.
#[derive(Debug, Default)]
pub(crate) struct HoldOff(Option<(Instant, Duration)>);

impl HoldOff {
    /// Whether a rejected token that arrived at `arrived` should be replaced now. If so, the next
    /// hold-off is 1 s after a quiet time, or twice the last one, up to 300 s.
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
