//! Decides whether a failed request is resent, and after which pause: full jitter, `Retry-After`,
//! and a budget that all clones of a client share. It neither sends nor sleeps.

use std::sync::Arc;
use std::time::Duration;

use super::budget::Budget;
use crate::config::Retry;
use crate::error::{Error, Resend, is_unprocessed};

/// The retry policy of a client, with its budget.
#[derive(Debug)]
pub(crate) struct Retries {
    policy: Retry,
    budget: Arc<Budget>,
}

impl Retries {
    pub(crate) fn new(policy: Retry) -> Self {
        Self { budget: Arc::new(Budget::new(policy.budget_percent)), policy }
    }

    /// Returns another policy with the same budget.
    pub(crate) fn with_policy(&self, policy: &Retry) -> Self {
        Self { policy: policy.clone(), budget: self.budget.clone() }
    }

    /// Counts a call, which adds its share of a retry to the budget.
    pub(crate) fn count_call(&self) {
        self.budget.count_call();
    }

    /// How long to wait before the request is resent, after `made` attempts of which the last
    /// failed with `error`. Returns `None` if it is not resent, or if the pause would take longer
    /// than the time that is `left` of the call.
    pub(crate) fn pause(
        &self,
        error: &Error,
        made: u32,
        left: Option<Duration>,
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        if made >= self.policy.attempts.get() {
            return None;
        }
        if matches!(error, Error::Transport { source } if is_unprocessed(source)) {
            return self.pause_after_unprocessed(made, left, random);
        }
        if !self.covers(error) {
            return None;
        }
        let asked = error.retry_after().unwrap_or_default();
        let pause = asked.saturating_add(self.jitter(made, asked, random));
        let in_time = asked <= self.policy.max_pause && left.is_none_or(|left| pause < left);
        // The budget comes last, so that a request that is not resent takes nothing from it.
        (in_time && self.budget.count_retry()).then_some(pause)
    }

    /// The pause after a request that the server did not process. It is free and immediate the
    /// first time, because GOAWAY rejects every stream on the connection, and backs off if the
    /// request is rejected again.
    fn pause_after_unprocessed(
        &self,
        made: u32,
        left: Option<Duration>,
        random: &mut fastrand::Rng,
    ) -> Option<Duration> {
        let pause = match made {
            1 => Duration::ZERO,
            _ => self.jitter(made - 1, Duration::ZERO, random),
        };
        left.is_none_or(|left| pause < left).then_some(pause)
    }

    /// A random pause whose upper limit is the first pause, then doubles each time. The limit is at
    /// least a tenth of the pause that the server asked for, so that clients that wait do not all
    /// return at once.
    fn jitter(&self, made: u32, asked: Duration, random: &mut fastrand::Rng) -> Duration {
        let doubled = 1u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX);
        let most = self.policy.first_pause.saturating_mul(doubled);
        most.max(asked / 10).min(self.policy.max_pause).mul_f64(random.f64())
    }

    /// Whether the policy allows a request to be resent that failed with `error`.
    fn covers(&self, error: &Error) -> bool {
        match error.resend() {
            Resend::Safe => true,
            Resend::AfterLostResponse => self.policy.lost_responses,
            Resend::AfterServerError => self.policy.server_errors,
            Resend::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::StatusCode;

    use super::Retries;
    use crate::config::Retry;
    use crate::error::{ApiError, Deadline, Error};

    fn api_error(status: u16, retry_after: Option<u64>) -> Error {
        let status = StatusCode::from_u16(status).unwrap();
        let mut error = ApiError::new(status);
        error.retry_after = retry_after.map(Duration::from_secs);
        error.into()
    }

    fn seeded() -> fastrand::Rng {
        fastrand::Rng::with_seed(2026)
    }

    /// Whether the request is resent after `made` attempts, of which the last failed with `error`.
    fn is_resent(retries: &Retries, error: &Error, made: u32) -> bool {
        let pause = retries.pause(error, made, None, &mut seeded());
        pause.is_some()
    }

    fn timeout(deadline: Deadline) -> Error {
        Error::Timeout { deadline, limit: Duration::from_secs(1) }
    }

    #[test]
    fn a_request_that_may_have_been_billed_is_resent_only_on_request() {
        let default = Retries::new(Retry::default());
        let opt_in = Retries::new(Retry::default().server_errors(true).lost_responses(true));
        for (error, by_default, by_opt_in) in [
            (api_error(429, None), true, true),
            (api_error(503, None), true, true),
            (api_error(408, None), false, true),
            (api_error(502, None), false, true),
            (api_error(504, None), false, true),
            (api_error(500, None), false, true),
            (api_error(400, None), false, false),
            (api_error(401, None), false, false),
            (api_error(501, None), false, false),
            (timeout(Deadline::Attempt), false, true),
            (timeout(Deadline::Idle), false, true),
            (timeout(Deadline::Call), false, false),
        ] {
            let resent = [&default, &opt_in].map(|retries| is_resent(retries, &error, 1));
            assert_eq!(resent, [by_default, by_opt_in], "{error}");
        }
    }

    #[test]
    fn pauses_are_random_and_grow_to_their_limit() {
        let mut random = seeded();
        let policy = Retry::default()
            .attempts(u32::MAX)
            .pauses(Duration::from_millis(100), Duration::from_secs(1));
        let retries = Retries::new(policy);
        for (made, most) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (4_000_000, 1000)] {
            let pauses: Vec<_> =
                (0..200).map(|_| retries.jitter(made, Duration::ZERO, &mut random)).collect();
            let longest = pauses.iter().max().unwrap().as_millis();
            assert!(longest <= most && longest > most * 9 / 10, "{made}: {longest}");
            assert!(pauses.iter().min().unwrap().as_millis() < most / 10, "{made}");
        }
    }

    #[test]
    fn retry_after_is_the_shortest_pause_and_ends_the_call_if_it_is_too_long() {
        let mut random = seeded();
        let retries = Retries::new(Retry::default());
        let pauses: Vec<_> = (0..10)
            .map(|_| retries.pause(&api_error(503, Some(7)), 1, None, &mut random))
            .map(|pause| pause.unwrap().as_millis())
            .collect();
        let (first, last) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        // No pause is shorter than the server asked for, and they differ.
        assert!(*first >= 7_000 && *last <= 7_700, "{pauses:?}");
        assert!(last - first > 200, "{pauses:?}");
        let endless = api_error(503, Some(u64::MAX));
        assert_eq!(retries.pause(&endless, 1, None, &mut random), None);
        let long = api_error(429, Some(600));
        assert_eq!(retries.pause(&long, 1, None, &mut random), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_time_for_another_attempt_takes_nothing_from_the_budget() {
        let mut random = seeded();
        let retries = Retries::new(Retry::default());
        let busy = api_error(503, Some(7));
        let left = Some(Duration::from_secs(7));
        for _ in 0..1_000 {
            assert_eq!(retries.pause(&busy, 1, left, &mut random), None);
        }
        assert!(is_resent(&retries, &busy, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_is_the_configured_percentage() {
        for percent in 0..=u8::MAX {
            let retries = Retries::new(Retry::default().budget_percent(percent));
            let mut retries_made = 0;
            for _ in 0..100 {
                retries.count_call();
            }
            while is_resent(&retries, &api_error(503, None), 1) {
                retries_made += 1;
            }
            assert_eq!(retries_made, u32::from(percent) + 10, "{percent} %");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_counts_towards_the_budget_for_ten_seconds() {
        for (outage, calls_left) in [(0, 100), (2, 80), (5, 50), (8, 20), (10, 0), (1_000, 0)] {
            let retries = Retries::new(Retry::default().budget_percent(100));
            for _ in 0..200 {
                tokio::time::advance(Duration::from_millis(100)).await;
                retries.count_call();
            }
            tokio::time::advance(Duration::from_secs(outage)).await;
            let mut retries_made = 0;
            while is_resent(&retries, &api_error(503, None), 1) {
                retries_made += 1;
            }
            // Ten retries are always allowed. The last second may not count completely.
            let expected = calls_left + 10;
            assert!((expected - 10..=expected).contains(&retries_made), "{outage}: {retries_made}");
        }
    }

    #[test]
    fn a_pause_must_be_shorter_than_the_time_that_is_left() {
        let retries = Retries::new(Retry::default());
        // The same seed gives the same pause.
        let pause = |left| {
            let mut random = seeded();
            retries.pause(&api_error(503, Some(7)), 1, left, &mut random)
        };
        let free = pause(None).unwrap();
        assert_eq!(pause(Some(free)), None);
        assert_eq!(pause(Some(free + Duration::from_nanos(1))), Some(free));
    }

    #[test]
    fn an_unprocessed_request_is_resent_at_once_and_then_after_growing_pauses() {
        let mut random = seeded();
        let first = Duration::from_millis(100);
        let policy = Retry::default().pauses(first, Duration::from_secs(60));
        let retries = Retries::new(policy);
        let mut longest = |made| {
            let pauses = (0..200).map(|_| retries.pause_after_unprocessed(made, None, &mut random));
            pauses.map(Option::unwrap).max().unwrap()
        };
        assert_eq!(longest(1), Duration::ZERO);
        assert!(longest(2) > first * 9 / 10 && longest(2) <= first);
        assert!(longest(3) > first * 18 / 10 && longest(3) <= first * 2);
        let mut random = seeded();
        let mut within = |left| retries.pause_after_unprocessed(1, Some(left), &mut random);
        assert_eq!(within(Duration::from_nanos(1)), Some(Duration::ZERO));
        assert_eq!(within(Duration::ZERO), None);
    }

    #[test]
    fn the_number_of_attempts_is_limited() {
        let retries = Retries::new(Retry::default().attempts(2));
        let busy = api_error(503, None);
        assert!(is_resent(&retries, &busy, 1) && !is_resent(&retries, &busy, 2));
        assert!(!is_resent(&Retries::new(Retry::none()), &busy, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn retries_in_an_outage_stay_within_the_budget_which_recovers() {
        let retries = Retries::new(Retry::default());
        let mut retries_made = 0;
        for _ in 0..1_000 {
            retries.count_call();
            retries_made += usize::from(is_resent(&retries, &api_error(503, None), 1));
        }
        assert!((100..=110).contains(&retries_made), "{retries_made}");
        // The budget recovers over time.
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(is_resent(&retries, &api_error(503, None), 1));
    }
}
