//! Finds the rate that a service accepts. It knows neither a clock nor a network: the time is an
//! argument.

use std::time::Duration;

/// The outcomes of this time are judged together, or those of a longer time, if there are fewer
/// than [`ENOUGH`] outcomes: one rejected request out of two says little.
const TICK: f64 = 0.05;
const ENOUGH: f64 = 8.0;
const LONG_TICK: f64 = 0.5;

/// Reservations are made for at most this time ahead, so that a lower rate takes effect soon.
const HORIZON: f64 = 0.05;

/// One reservation has at most the permits of this time, so that others get their share.
const BATCH: f64 = 0.02;

/// A caller that is at most this late keeps its permit, because timers are imprecise.
const SLACK: f64 = 0.005;

/// The rate is lowered at least by this factor, and at most to a half, in one step.
const LOWERED: f64 = 0.97;

/// How much the rate grows per second while requests are accepted. After [`SETTLED`] seconds
/// without a rejection, the growth itself grows by [`ACCELERATION`] with each tick, up to
/// [`MAX_GROWTH`].
const GROWTH: f64 = 0.01;
const SETTLED: f64 = 0.8;
const ACCELERATION: f64 = 1.3;
const MAX_GROWTH: f64 = 0.3;

/// Finds the number of requests per second that a service accepts, which may change at any time.
///
/// The rate falls when the service rejects requests with 429: by the share of rejected requests,
/// but at least by 3 % and at most by a half, every 100 ms. It rises slowly while requests are
/// accepted, because the limit is only found by exceeding it, and faster if nothing has been
/// rejected for some time. Unlike with equal steps (AIMD), the time to find a limit does not depend
/// on its size.
///
/// The time is an argument, measured from any point in the past.
#[derive(Debug, Clone, PartialEq)]
pub struct RateController {
    max: f64,
    rate: f64,
    /// When the next permit is due, in seconds.
    next: f64,
    /// When the outcomes were last judged.
    judged: f64,
    accepted: f64,
    rejected: f64,
    /// The time since the last rejection during which requests were accepted.
    quiet: f64,
    /// Whether the rate was lowered in the last tick. The outcomes in this one still belong to the
    /// higher rate.
    lowered: bool,
}

/// Permits for the near future.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Reservation {
    /// The number of permits. If it is 0, another reservation may succeed after `delay`.
    pub permits: u32,
    /// The time until the first permit.
    pub delay: Duration,
    /// The time between the permits.
    pub interval: Duration,
}

impl RateController {
    /// Begins with `max` requests per second, which is never exceeded. It must not be 0.
    pub fn new(max: u32) -> Self {
        let max = f64::from(max.max(1));
        Self {
            max,
            rate: max,
            next: 0.0,
            judged: 0.0,
            accepted: 0.0,
            rejected: 0.0,
            quiet: 0.0,
            lowered: false,
        }
    }

    /// Returns the current number of requests per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Counts outcomes.
    pub fn report(&mut self, now: Duration, accepted: u32, rejected: u32) {
        self.accepted += f64::from(accepted);
        self.rejected += f64::from(rejected);
        self.judge(now.as_secs_f64());
    }

    /// Reserves up to `wanted` permits.
    pub fn reserve(&mut self, now: Duration, wanted: u32) -> Reservation {
        let now = now.as_secs_f64();
        self.judge(now);
        let start = self.next.max(now - SLACK);
        let ahead = (start - now).max(0.0);
        let interval = Duration::from_secs_f64(1.0 / self.rate);
        if ahead > HORIZON {
            // Timers have a resolution of milliseconds.
            let delay = Duration::from_secs_f64(ahead - HORIZON + 0.001);
            return Reservation { permits: 0, delay, interval };
        }
        let permits = f64::from(wanted).min((self.rate * BATCH).floor().max(1.0));
        self.next = start + permits / self.rate;
        Reservation { permits: permits as u32, delay: Duration::from_secs_f64(ahead), interval }
    }

    fn judge(&mut self, now: f64) {
        let elapsed = now - self.judged;
        let outcomes = self.accepted + self.rejected;
        if elapsed < TICK || outcomes < ENOUGH && elapsed < LONG_TICK {
            return;
        }
        if self.rejected > 0.0 {
            let share = self.rejected / outcomes;
            if !self.lowered {
                self.rate = (self.rate * (1.0 - share).clamp(0.5, LOWERED)).max(1.0);
            }
            self.lowered = !self.lowered;
            self.quiet = 0.0;
        } else if self.accepted > 0.0 {
            let elapsed = elapsed.min(1.0);
            self.quiet += elapsed;
            let ticks = ((self.quiet - SETTLED) / TICK).clamp(0.0, 50.0);
            let growth = (GROWTH * ACCELERATION.powf(ticks)).min(MAX_GROWTH);
            self.rate = (self.rate * (1.0 + growth * elapsed)).min(self.max);
            self.lowered = false;
        }
        (self.judged, self.accepted, self.rejected) = (now, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use super::RateController;

    /// A service with a limit that changes every five seconds, and callers that always have a
    /// request to send. Returns the used share of the limit and the share of rejected requests.
    fn simulate(limits: &[f64]) -> (f64, f64) {
        const PERIOD: f64 = 5.0;
        let max = limits.iter().copied().fold(0.0, f64::max) * 1.5;
        let mut controller = RateController::new(max as u32);
        let (mut tokens, mut refilled, mut now) = (1.0, 0.0, 0.0);
        let (mut accepted, mut rejected) = (0.0, 0.0);
        // Responses that are on their way: when they arrive, and whether they are successful.
        let mut responses: VecDeque<(f64, bool)> = VecDeque::new();
        let at = Duration::from_secs_f64;
        while now < PERIOD * limits.len() as f64 {
            while let Some((arrival, success)) = responses.front().copied()
                && arrival <= now
            {
                controller.report(at(arrival), u32::from(success), u32::from(!success));
                responses.pop_front();
            }
            let reservation = controller.reserve(at(now), 1);
            now += reservation.delay.as_secs_f64().max(0.0001);
            if reservation.permits == 0 {
                continue;
            }
            let limit = limits[((now / PERIOD) as usize).min(limits.len() - 1)];
            tokens = f64::min(f64::max(limit * 0.05, 2.0), tokens + (now - refilled) * limit);
            refilled = now;
            let success = tokens >= 1.0;
            tokens -= f64::from(u8::from(success));
            *if success { &mut accepted } else { &mut rejected } += 1.0;
            responses.push_back((now + 0.02, success));
        }
        let capacity = limits.iter().sum::<f64>() * PERIOD;
        (accepted / capacity, rejected / (accepted + rejected))
    }

    #[test]
    fn a_limit_that_moves_is_used_and_seldom_exceeded() {
        let rows: &[(&[f64], f64, f64)] = &[
            (&[200.0, 250.0, 200.0, 160.0, 200.0, 250.0, 180.0, 220.0], 0.95, 0.01),
            (&[200.0; 6], 0.95, 0.01),
            (&[800.0, 1000.0, 700.0, 900.0], 0.95, 0.01),
            (&[200.0, 100.0, 200.0, 100.0], 0.85, 0.02),
            (&[20.0, 25.0, 20.0, 16.0], 0.95, 0.06),
        ];
        for (limits, used, exceeded) in rows {
            let (share, rejected) = simulate(limits);
            println!("{limits:?}: used {share:.3}, rejected {rejected:.4}");
            assert!(share >= *used && rejected <= *exceeded, "{limits:?}: {share} {rejected}");
        }
    }

    #[test]
    fn the_rate_falls_to_one_and_recovers() {
        let (mut controller, mut now) = (RateController::new(100), Duration::ZERO);
        for _ in 0..200 {
            now += Duration::from_millis(50);
            controller.report(now, 0, 1);
        }
        assert_eq!(controller.rate(), 1.0);
        let mut seconds = 0;
        while controller.rate() < 100.0 {
            now += Duration::from_secs(1);
            controller.report(now, 1, 0);
            seconds += 1;
            assert!(seconds < 60, "{}", controller.rate());
        }
    }

    #[test]
    fn without_requests_the_rate_stays() {
        let mut controller = RateController::new(100);
        controller.report(Duration::from_secs(1), 0, 1);
        let rate = controller.rate();
        controller.reserve(Duration::from_secs(1000), 1);
        assert_eq!(controller.rate(), rate);
    }

    #[test]
    fn a_reservation_has_a_share_of_the_near_future_only() {
        let mut controller = RateController::new(1000);
        let now = Duration::from_secs(1);
        let first = controller.reserve(now, 1000);
        assert_eq!((first.permits, first.delay), (20, Duration::ZERO));
        assert_eq!(first.interval, Duration::from_millis(1));
        let mut permits = first.permits;
        let refused = loop {
            let reservation = controller.reserve(now, 1000);
            if reservation.permits == 0 {
                break reservation;
            }
            permits += reservation.permits;
        };
        assert!((55..=80).contains(&permits), "{permits}");
        let later = controller.reserve(now + refused.delay + Duration::from_micros(1), 1);
        assert_eq!(later.permits, 1);
    }
}
