//! The sandbox's own clock: it may be ahead or behind, so that a client can be tried whose clock
//! does not agree with the service's.

use std::time::{Duration, SystemTime};

/// How far the clock is off. Both sides are kept, and only their difference counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    pub(crate) ahead: Duration,
    pub(crate) behind: Duration,
}

impl Clock {
    pub(crate) fn is_right(&self) -> bool {
        self.ahead == self.behind
    }

    pub(crate) fn now(&self) -> SystemTime {
        let now = SystemTime::now();
        let ahead = now.checked_add(self.ahead).unwrap_or(now);
        ahead.checked_sub(self.behind).unwrap_or(ahead)
    }

    /// Seconds since 1970.
    pub(crate) fn timestamp(&self) -> i64 {
        let since = self.now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX))
    }
}
