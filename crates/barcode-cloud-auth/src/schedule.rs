//! Computes when a token is renewed, until when it is served, and how long to pause after a
//! failure.
//!
//! Instants and random numbers from [0, 1), called draws, are arguments.

use std::time::Duration;

use tokio::time::Instant;

/// The settings of the schedule.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// How long before its expiry a token is renewed; at most 20 % of its lifetime.
    pub(crate) renew_before: Duration,
    /// How long before its expiry a token is no longer served; at most 10 % of its lifetime.
    pub(crate) stop_before: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { renew_before: Duration::from_secs(300), stop_before: Duration::from_secs(10) }
    }
}

/// The longest random time by which a renewal is earlier; at most 10 % of the lifetime.
const RENEW_JITTER: Duration = Duration::from_secs(60);

/// The shortest time between two requests that obtained tokens.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The longest `Retry-After` that is respected.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The instants at which the state of a token changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) issued_at: Instant,
    pub(crate) renew_at: Instant,
    pub(crate) serve_until: Instant,
    pub(crate) expires_at: Instant,
}

/// The kind of a failure, which determines the pause after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Transient,
    Permanent,
}

impl Schedule {
    /// Returns the instants of a token that was requested at `requested_at`.
    ///
    /// The lifetime starts before the request was sent, so that a slow response does not prolong
    /// it. There is one `draw` for each token. With one for each call, a busy source would always
    /// renew at the earliest time.
    pub(crate) fn times(&self, requested_at: Instant, lifetime: Duration, draw: f64) -> Times {
        let renew_before = self.renew_before.min(lifetime / 5);
        let jitter = RENEW_JITTER.min(lifetime / 10).mul_f64(draw);
        let stop_before = self.stop_before.min(lifetime / 10);
        let expires_at = requested_at + lifetime;
        Times {
            issued_at: requested_at,
            renew_at: requested_at + lifetime.saturating_sub(renew_before + jitter),
            serve_until: expires_at - stop_before,
            expires_at,
        }
    }
}

/// Returns the pause after the `count`th failure in a row, where the first one is 1.
///
/// | failure | token in memory | pause |
/// |---|---|---|
/// | transient | yes | random, up to 1 s, 2 s, 4 s … 30 s |
/// | transient | no, so callers wait | 0.25 s, 0.5 s, 1 s … 10 s |
/// | permanent | any | 5 s, 10 s, 20 s … 60 s, because servers lock out clients that retry |
///
/// The last two are random between one step and the next, so that the processes of a fleet do not
/// all retry at the same time. A longer `Retry-After` is respected, up to 300 s.
pub(crate) fn pause(
    severity: Severity,
    count: u32,
    has_token: bool,
    retry_after: Option<Duration>,
    draw: f64,
) -> Duration {
    let own = match (severity, has_token) {
        (Severity::Transient, true) => {
            doubled(Duration::from_secs(1), count, Duration::from_secs(30)).mul_f64(draw)
        }
        (Severity::Transient, false) => {
            between_steps(Duration::from_millis(250), count, Duration::from_secs(10), draw)
        }
        (Severity::Permanent, _) => {
            between_steps(Duration::from_secs(5), count, Duration::from_secs(60), draw)
        }
    };
    own.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER))
}

/// Returns `first` doubled for each count above 1, up to `max`.
fn doubled(first: Duration, count: u32, max: Duration) -> Duration {
    let factor = 1_u32.checked_shl(count.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(max)
}

/// Returns a random pause between the doubled one of this count and that of the next.
fn between_steps(first: Duration, count: u32, max: Duration, draw: f64) -> Duration {
    let low = doubled(first, count, max);
    let high = doubled(first, count.saturating_add(1), max);
    low + (high - low).mul_f64(draw)
}
