//! Whether a failed request is sent again, and after which pause: full jitter, `Retry-After`, and a budget that all
//! clones of a client share. Sends nothing and sleeps nowhere.

use std::time::Duration;

use tower::retry::budget::{Budget as _, TpsBudget};

use crate::error::Deadline;
use crate::{Error, Retry};

/// How far back the budget looks.
const RECENT: Duration = Duration::from_secs(10);

/// Attempts beyond the first that are free, a second.
const FREE_A_SECOND: u32 = 1;

/// The policy of a client with its budget.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: Retry,
    budget: TpsBudget,
}

impl Retries {
    pub(crate) fn new(policy: Retry) -> Self {
        let share = f32::from(policy.budget_percent) / 100.0;
        Self {
            policy,
            budget: TpsBudget::new(RECENT, FREE_A_SECOND, share),
        }
    }

    /// Counts a call, which earns its share of an attempt more.
    pub(crate) fn count_call(&self) {
        self.budget.deposit();
    }

    /// How long to wait before the request is sent again after `made` attempts, the last of which met `error`. `None`
    /// where it is not sent again.
    pub(crate) fn pause(
        &self,
        error: &Error,
        made: u32,
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        if made >= self.policy.attempts.get() || !self.covers(error) {
            return None;
        }
        let asked = error.retry_after().unwrap_or_default();
        if asked > self.policy.max_pause || !self.budget.withdraw() {
            return None;
        }
        Some(self.jitter(made, random).max(asked))
    }

    /// Up to the first pause, then up to twice as long each time.
    fn jitter(&self, made: u32, random: &mut fastrand::Rng) -> Duration {
        let doubled = 1u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX);
        let most = self.policy.first_pause.saturating_mul(doubled);
        most.min(self.policy.max_pause).mul_f64(random.f64())
    }

    fn covers(&self, error: &Error) -> bool {
        match error {
            Error::Api(answer) => match answer.status.as_u16() {
                429 | 502..=504 => true,
                500 => self.policy.server_errors,
                _ => false,
            },
            Error::Transport { source } => source.is_connect() || self.policy.lost_answers,
            Error::Timeout {
                deadline: Deadline::Attempt | Deadline::Idle,
                ..
            } => self.policy.lost_answers,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;

    use super::Retries;
    use crate::error::{ApiError, Deadline};
    use crate::{Error, Retry};

    fn answer(status: u16, retry_after: Option<u64>) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let mut error = ApiError::new(status);
        error.retry_after = retry_after.map(Duration::from_secs);
        error.into()
    }

    fn timeout(deadline: Deadline) -> Error {
        Error::Timeout {
            deadline,
            limit: Duration::from_secs(1),
        }
    }

    #[test]
    fn only_what_may_be_sent_again_is() {
        let mut random = fastrand::Rng::with_seed(2026);
        let plain = Retries::new(Retry::default());
        let bold = Retries::new(Retry::default().server_errors(true).lost_answers(true));
        for (error, by_plain, by_bold) in [
            (answer(429, None), true, true),
            (answer(502, None), true, true),
            (answer(503, None), true, true),
            (answer(504, None), true, true),
            (answer(500, None), false, true),
            (answer(400, None), false, false),
            (answer(401, None), false, false),
            (answer(501, None), false, false),
            (timeout(Deadline::Attempt), false, true),
            (timeout(Deadline::Idle), false, true),
            (timeout(Deadline::Call), false, false),
        ] {
            let told = [&plain, &bold].map(|it| it.pause(&error, 1, &mut random).is_some());
            assert_eq!(told, [by_plain, by_bold], "{error}");
        }
    }

    #[test]
    fn pauses_are_random_and_grow_to_their_limit() {
        let mut random = fastrand::Rng::with_seed(2026);
        let policy = Retry::default()
            .attempts(u32::MAX)
            .pauses(Duration::from_millis(100), Duration::from_secs(1));
        let retries = Retries::new(policy);
        for (made, most) in [
            (1, 100),
            (2, 200),
            (3, 400),
            (4, 800),
            (5, 1000),
            (4_000_000, 1000),
        ] {
            let pauses: Vec<_> = (0..200)
                .map(|_| retries.jitter(made, &mut random))
                .collect();
            let longest = pauses.iter().max().unwrap().as_millis();
            assert!(
                longest <= most && longest > most * 9 / 10,
                "{made}: {longest}"
            );
            assert!(
                pauses.iter().min().unwrap().as_millis() < most / 10,
                "{made}"
            );
        }
    }

    #[test]
    fn retry_after_is_the_least_and_ends_the_call_when_it_is_too_long() {
        let mut random = fastrand::Rng::with_seed(2026);
        let retries = Retries::new(Retry::default());
        let pause = retries.pause(&answer(503, Some(7)), 1, &mut random);
        assert_eq!(pause, Some(Duration::from_secs(7)));
        assert_eq!(retries.pause(&answer(429, Some(600)), 1, &mut random), None);
    }

    #[test]
    fn attempts_end() {
        let mut random = fastrand::Rng::with_seed(2026);
        let retries = Retries::new(Retry::default().attempts(2));
        assert!(retries.pause(&answer(503, None), 1, &mut random).is_some());
        assert!(retries.pause(&answer(503, None), 2, &mut random).is_none());
        let none = Retries::new(Retry::none());
        assert!(none.pause(&answer(503, None), 1, &mut random).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_costs_a_tenth_more_requests_and_one_a_second() {
        let mut random = fastrand::Rng::with_seed(2026);
        let retries = Retries::new(Retry::default());
        let mut again = 0;
        for _ in 0..1_000 {
            retries.count_call();
            again += usize::from(retries.pause(&answer(503, None), 1, &mut random).is_some());
        }
        assert!((100..=110).contains(&again), "{again}");
        // What is used up comes back with time.
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(retries.pause(&answer(503, None), 1, &mut random).is_some());
    }
}
