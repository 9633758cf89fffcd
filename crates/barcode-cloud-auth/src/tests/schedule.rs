//! The functions of the schedule.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::script::{millis, secs};
use crate::schedule::{Schedule, Severity, pause};

/// Returns the time from the request of a token to its renewal.
fn renewal(lifetime: Duration, draw: f64) -> Duration {
    let asked = Instant::now();
    Schedule::default().times(asked, lifetime, draw).renew_at - asked
}

fn served(lifetime: Duration) -> Duration {
    let asked = Instant::now();
    Schedule::default().times(asked, lifetime, 0.5).serve_until - asked
}

#[test]
fn tokens_are_renewed_and_no_longer_served_on_time() {
    for (lifetime, latest, earliest, end) in [
        (secs(86_400), secs(86_100), secs(86_040), secs(86_390)),
        (secs(3_600), secs(3_300), secs(3_240), secs(3_590)),
        (secs(1_000), secs(800), secs(740), secs(990)),
        (secs(100), secs(80), secs(70), secs(90)),
        (secs(2), millis(1_600), millis(1_400), millis(1_800)),
        (secs(0), secs(0), secs(0), secs(0)),
    ] {
        assert_eq!(renewal(lifetime, 0.0), latest, "{lifetime:?}");
        let early = renewal(lifetime, 1.0 - f64::EPSILON);
        assert!(early.abs_diff(earliest) < millis(1), "{lifetime:?}: {early:?}");
        assert_eq!(served(lifetime), end, "{lifetime:?}");
    }
}

#[test]
fn renewal_jitter_is_uniform_over_a_minute_and_earlier_only() {
    let (latest, width) = (secs(3_300), secs(60));
    let mut quarters = [0; 4];
    for seed in 0..1_000 {
        let due = renewal(secs(3_600), fastrand::Rng::with_seed(seed).f64());
        assert!(due <= latest && due > latest - width, "seed {seed}: {due:?}");
        quarters[((latest - due).as_secs_f64() / 15.0) as usize] += 1;
    }
    // 250 are expected in each quarter; five standard deviations are 68.
    assert!(quarters.iter().all(|count| (180..320).contains(count)), "{quarters:?}");
}

#[test]
fn pauses_follow_the_schedule() {
    use Severity::{Permanent, Transient};
    for (severity, has_token, lows, highs) in [
        (
            Transient,
            true,
            [0, 0, 0, 0, 0, 0, 0],
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
        ),
        (
            Transient,
            false,
            [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000],
            [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
        ),
        (
            Permanent,
            false,
            [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000],
            [10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000],
        ),
    ] {
        for (count, (low, high)) in (1..).zip(lows.into_iter().zip(highs)) {
            let at = |draw| pause(severity, count, has_token, None, draw);
            assert_eq!(at(0.0), millis(low), "{severity:?} {count}");
            assert!(at(0.999_999_9).abs_diff(millis(high)) <= millis(1), "{severity:?} {count}");
        }
    }
}

#[test]
fn retry_after_lengthens_a_pause_up_to_five_minutes() {
    let paused = |wait| pause(Severity::Transient, 1, true, Some(wait), 0.5);
    assert_eq!(paused(secs(0)), millis(500));
    assert_eq!(paused(secs(17)), secs(17));
    assert_eq!(paused(secs(600)), secs(300));
    assert_eq!(paused(Duration::MAX), secs(300));
}

proptest! {
    #[test]
    fn a_token_is_renewed_before_it_is_retired_before_it_expires(
        lifetime in 0..=86_400_000_u64, draw in 0.0..1.0,
    ) {
        let times = Schedule::default().times(Instant::now(), millis(lifetime), draw);
        prop_assert!(times.issued_at <= times.renew_at);
        prop_assert!(times.renew_at <= times.serve_until);
        prop_assert!(times.serve_until <= times.expires_at);
    }

    #[test]
    fn a_pause_is_bounded_and_is_not_forgotten(
        count: u32, has_token: bool, draw in 0.0..1.0, wait in proptest::option::of(any::<u64>()),
    ) {
        for severity in [Severity::Transient, Severity::Permanent] {
            let pause = pause(severity, count, has_token, wait.map(secs), draw);
            prop_assert!(pause <= secs(300));
            prop_assert!(has_token && severity == Severity::Transient || pause >= millis(250));
        }
    }
}
