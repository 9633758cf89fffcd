//! Decides whether Redis may be asked. It knows neither a network nor a clock.

use std::time::Duration;

use tokio::time::Instant;

/// How long Redis is not asked after the first failure. The pause doubles with each failed probe.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause, and therefore about the longest time until a repaired Redis is used again.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Whether Redis works. If it does not, one probe at a time is made.
#[derive(Debug, Default)]
pub(crate) struct Health {
    outage: Option<Outage>,
}

#[derive(Debug)]
struct Outage {
    probe_at: Instant,
    pause: Duration,
}

/// Permission to ask Redis once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Redis worked when it was last asked.
    Regular,
    /// Redis failed when it was last asked.
    Probe,
}

impl Health {
    /// Returns `None` during the pause after a failure.
    pub(crate) fn begin(&mut self, now: Instant) -> Option<Attempt> {
        let Some(outage) = &mut self.outage else {
            return Some(Attempt::Regular);
        };
        if now < outage.probe_at {
            return None;
        }
        // If this probe is dropped before it ends, the next one is made after this time.
        outage.probe_at = now + outage.pause;
        Some(Attempt::Probe)
    }

    /// Returns whether an outage ended.
    pub(crate) fn succeed(&mut self, attempt: Attempt) -> bool {
        // A regular attempt that began before the outage does not end it.
        attempt == Attempt::Probe && self.outage.take().is_some()
    }

    /// Returns whether an outage began.
    pub(crate) fn fail(&mut self, attempt: Attempt, now: Instant) -> bool {
        match &mut self.outage {
            None => {
                self.outage = Some(Outage { probe_at: now + FIRST_PAUSE, pause: FIRST_PAUSE });
                true
            }
            Some(outage) => {
                if attempt == Attempt::Probe {
                    outage.pause = (outage.pause * 2).min(MAX_PAUSE);
                    outage.probe_at = now + outage.pause;
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Attempt, Health};

    #[test]
    fn a_failure_pauses_and_each_failed_probe_doubles_the_pause() {
        let (mut health, mut now) = (Health::default(), Instant::now());
        assert!(health.fail(Attempt::Regular, now));
        for milliseconds in [100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let pause = Duration::from_millis(milliseconds);
            assert_eq!(health.begin(now + pause - Duration::from_millis(1)), None);
            now += pause;
            assert_eq!(health.begin(now), Some(Attempt::Probe));
            assert!(!health.fail(Attempt::Probe, now), "the outage is not reported twice");
        }
    }

    #[test]
    fn one_probe_is_made_at_a_time_and_its_success_ends_the_outage() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.fail(Attempt::Regular, now);
        let now = now + Duration::from_millis(100);
        assert_eq!(health.begin(now), Some(Attempt::Probe));
        assert_eq!(health.begin(now), None);
        assert!(!health.succeed(Attempt::Regular));
        assert!(health.succeed(Attempt::Probe));
        assert_eq!(health.begin(now), Some(Attempt::Regular));
    }

    #[test]
    fn failures_of_regular_attempts_in_flight_do_not_lengthen_the_pause() {
        let (mut health, now) = (Health::default(), Instant::now());
        assert!(health.fail(Attempt::Regular, now));
        assert!(!health.fail(Attempt::Regular, now + Duration::from_millis(50)));
        assert_eq!(health.begin(now + Duration::from_millis(100)), Some(Attempt::Probe));
    }

    #[test]
    fn an_abandoned_probe_is_followed_by_another_one() {
        let (mut health, now) = (Health::default(), Instant::now());
        health.fail(Attempt::Regular, now);
        assert_eq!(health.begin(now + Duration::from_millis(100)), Some(Attempt::Probe));
        assert_eq!(health.begin(now + Duration::from_millis(200)), Some(Attempt::Probe));
    }
}
