//! The time limits of a call and of an attempt. One timer serves both, since only the sooner one
//! can fire.

use std::time::Duration;

use barcode_cloud_auth::ErrorKind;
use tokio::time::{Instant, timeout_at};

use crate::error::{Deadline, Error};

/// A time limit that has started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    deadline: Deadline,
    limit: Duration,
    /// `None` if the limit is beyond the range of the clock.
    end: Option<Instant>,
}

impl Limit {
    /// A limit that never passes.
    pub(super) const NEVER: Self =
        Self { deadline: Deadline::Call, limit: Duration::MAX, end: None };

    /// Starts a limit at `begin`.
    pub(super) fn new(deadline: Deadline, limit: Duration, begin: Instant) -> Self {
        Self { deadline, limit, end: begin.checked_add(limit) }
    }

    /// Returns the limit that ends sooner; `self` if both end at the same time.
    pub(super) fn or_sooner(self, other: Self) -> Self {
        match (self.end, other.end) {
            (Some(end), Some(sooner)) if end <= sooner => self,
            (_, Some(_)) => other,
            (_, None) => self,
        }
    }

    /// When the limit ends; `None` if it is beyond the range of the clock.
    pub(super) fn end(self) -> Option<Instant> {
        self.end
    }

    /// The time that is left at `now`.
    pub(super) fn left(self, now: Instant) -> Option<Duration> {
        self.end.map(|end| end.duration_since(now))
    }

    /// Waits for `work`, or returns an error when the limit ends. Callers pin large futures, which
    /// would be copied if they were moved here.
    pub(super) async fn wait_for<T>(self, work: impl Future<Output = T>) -> Result<T, Error> {
        let Some(end) = self.end else {
            return Ok(work.await);
        };
        let done = timeout_at(end, work).await;
        done.map_err(|_| self.passed())
    }

    /// The error of a token that did not arrive within this limit: the error of the token source,
    /// unless that only says that its caller's time has ended.
    #[cold]
    pub(super) fn token_error(self, error: barcode_cloud_auth::Error) -> Error {
        let is_over = self.left(Instant::now()) == Some(Duration::ZERO);
        match error.kind() {
            ErrorKind::WaitTimeout if is_over => self.passed(),
            _ => Error::Auth(error),
        }
    }

    /// The error of work that took longer than the limit.
    #[cold]
    pub(super) fn passed(self) -> Error {
        Error::Timeout { deadline: self.deadline, limit: self.limit }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use barcode_cloud_auth::{
        ClientCredentials, CredentialsFuture, CredentialsProvider, TokenSource,
    };
    use tokio::time::{Instant, sleep};

    use super::Limit;
    use crate::Error;
    use crate::error::Deadline;

    /// The error of work that never ends, under these two limits, and the time that it took.
    async fn timeout_under(attempt: Duration, call: Duration) -> (Deadline, Duration, Duration) {
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
    async fn the_sooner_limit_ends_the_work_and_is_reported() {
        let [short, long] = [1, 2].map(Duration::from_secs);
        assert_eq!(timeout_under(short, long).await, (Deadline::Attempt, short, short));
        assert_eq!(timeout_under(long, short).await, (Deadline::Call, short, short));
        assert_eq!(timeout_under(long, long).await, (Deadline::Attempt, long, long));
        let never = Duration::MAX;
        assert_eq!(timeout_under(never, short).await, (Deadline::Call, short, short));
        assert_eq!(timeout_under(short, never).await, (Deadline::Attempt, short, short));
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_ends_in_time_is_not_interrupted() {
        let now = Instant::now();
        for limit in [Duration::from_secs(2), Duration::MAX] {
            let limit = Limit::new(Deadline::Call, limit, now);
            let work = sleep(Duration::from_secs(1));
            assert!(limit.wait_for(work).await.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_is_left_counts_down_to_zero() {
        let begin = Instant::now();
        let [one, two, three] = [1, 2, 3].map(Duration::from_secs);
        let limit = Limit::new(Deadline::Call, two, begin);
        assert_eq!(limit.end(), Some(begin + two));
        assert_eq!(limit.left(begin), Some(two));
        assert_eq!(limit.left(begin + one), Some(one));
        assert_eq!(limit.left(begin + three), Some(Duration::ZERO));
        let never = Limit::new(Deadline::Call, Duration::MAX, begin);
        assert_eq!((never.end(), never.left(begin)), (None, None));
    }

    /// Credentials that never arrive.
    #[derive(Debug)]
    struct Hanging;

    impl CredentialsProvider for Hanging {
        fn credentials(&self) -> CredentialsFuture<'_> {
            Box::pin(pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_of_the_token_source_is_kept_unless_this_limit_ended_the_wait() {
        let tokens = TokenSource::builder("https://login.example/token", Hanging);
        let tokens = tokens.build().unwrap();
        let [one, two] = [1, 2].map(Duration::from_secs);
        let limit = Limit::new(Deadline::Call, two, Instant::now());
        let early = tokens.token_within(one).await.unwrap_err();
        assert!(matches!(limit.token_error(early), Error::Auth(_)));
        let late = tokens.token_within(one).await.unwrap_err();
        let late = limit.token_error(late);
        assert!(
            matches!(late, Error::Timeout { deadline: Deadline::Call, limit } if limit == two),
            "{late:?}"
        );
        // Any other error is kept, even after the end.
        let other = ClientCredentials::new("", "secret").unwrap_err();
        assert!(matches!(limit.token_error(other), Error::Auth(_)));
    }
}
