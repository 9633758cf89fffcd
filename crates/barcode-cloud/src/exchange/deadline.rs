//! How long a call or an attempt may take. One timer waits for whichever ends first.

use std::time::Duration;

use barcode_cloud_auth::ErrorKind;
use tokio::time::{Instant, timeout_at};

use crate::Error;
use crate::error::Deadline;

/// A deadline that runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    deadline: Deadline,
    limit: Duration,
    /// `None` where no clock reaches it.
    end: Option<Instant>,
}

impl Limit {
    /// A limit that never passes.
    pub(super) const NEVER: Self = Self {
        deadline: Deadline::Call,
        limit: Duration::MAX,
        end: None,
    };

    /// Runs from `begin` on.
    pub(super) fn new(deadline: Deadline, limit: Duration, begin: Instant) -> Self {
        Self {
            deadline,
            limit,
            end: begin.checked_add(limit),
        }
    }

    /// The one that ends sooner; this one, where both end at once.
    pub(super) fn or_sooner(self, other: Self) -> Self {
        match (self.end, other.end) {
            (Some(end), Some(sooner)) if end <= sooner => self,
            (_, Some(_)) => other,
            (_, None) => self,
        }
    }

    /// When it passes; `None` where no clock reaches it.
    pub(super) fn end(self) -> Option<Instant> {
        self.end
    }

    /// What is left of it at `now`.
    pub(super) fn left(self, now: Instant) -> Option<Duration> {
        self.end.map(|end| end.duration_since(now))
    }

    /// Waits for `work`, but not beyond. Large work is pinned by the caller: moved, it would be copied.
    pub(super) async fn wait_for<T>(self, work: impl Future<Output = T>) -> Result<T, Error> {
        let Some(end) = self.end else {
            return Ok(work.await);
        };
        let done = timeout_at(end, work).await;
        done.map_err(|_| self.passed())
    }

    /// Why there is no token within this limit: the token source's error, unless it only says that the time of this
    /// limit is over.
    #[cold]
    pub(super) fn token_error(self, error: barcode_cloud_auth::Error) -> Error {
        let is_over = self.left(Instant::now()) == Some(Duration::ZERO);
        match error.kind() {
            ErrorKind::WaitTimeout if is_over => self.passed(),
            _ => Error::Auth(error),
        }
    }

    /// The error of work that took longer.
    #[cold]
    pub(super) fn passed(self) -> Error {
        Error::Timeout {
            deadline: self.deadline,
            limit: self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use tokio::time::{Instant, sleep};

    use super::Limit;
    use crate::Error;
    use crate::error::Deadline;

    /// What is told where these two limits, in seconds, end work that never does.
    async fn told(attempt: Duration, call: Duration) -> (Deadline, Duration, Duration) {
        let begin = Instant::now();
        let attempt = Limit::new(Deadline::Attempt, attempt, begin);
        let call = Limit::new(Deadline::Call, call, begin);
        let outcome = attempt.or_sooner(call).wait_for(pending::<()>()).await;
        match outcome {
            Err(Error::Timeout { deadline, limit }) => (deadline, limit, begin.elapsed()),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_sooner_one_ends_the_work_and_is_told() {
        let [short, long] = [1, 2].map(Duration::from_secs);
        assert_eq!(told(short, long).await, (Deadline::Attempt, short, short));
        assert_eq!(told(long, short).await, (Deadline::Call, short, short));
        assert_eq!(told(long, long).await, (Deadline::Attempt, long, long));
        let never = Duration::MAX;
        assert_eq!(told(never, short).await, (Deadline::Call, short, short));
        assert_eq!(told(short, never).await, (Deadline::Attempt, short, short));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_ends_in_time_is_let_through() {
        let now = Instant::now();
        for limit in [Duration::from_secs(2), Duration::MAX] {
            let limit = Limit::new(Deadline::Call, limit, now);
            let work = sleep(Duration::from_secs(1));
            assert!(limit.wait_for(work).await.is_ok());
        }
    }
}
