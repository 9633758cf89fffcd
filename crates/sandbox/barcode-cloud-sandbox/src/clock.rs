//! The sandbox's clock. It can be set ahead or behind, to test clients whose clock differs from
//! that of the service.

use std::time::{Duration, SystemTime};

/// The offset of the clock. If both fields are set, their difference applies.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    pub(crate) ahead: Duration,
    pub(crate) behind: Duration,
}

impl Clock {
    pub(crate) fn is_exact(&self) -> bool {
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
        since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}
