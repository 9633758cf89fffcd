//! When to renew, when to stop serving, how long to pause: pure functions of time.
//!
//! Knows no clock, no randomness and no network: instants and draws from [0, 1) come in.

use std::time::Duration;

use tokio::time::Instant;

/// The numbers a source works by.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// Renew this long before expiry, or 20 % of the lifetime, whichever is less.
    pub(crate) renew_before: Duration,
    /// Stop serving this long before expiry, or 10 % of the lifetime, whichever is less.
    pub(crate) stop_before: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            renew_before: Duration::from_secs(300),
            stop_before: Duration::from_secs(10),
        }
    }
}

/// A renewal is at most this much earlier than planned, or 10 % of the lifetime, whichever is less.
const RENEW_JITTER: Duration = Duration::from_secs(60);

/// Between two requests to the token endpoint that brought tokens.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The longest `Retry-After` that is obeyed.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The instants of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) issued_at: Instant,
    pub(crate) renew_at: Instant,
    pub(crate) serve_until: Instant,
    pub(crate) expires_at: Instant,
}

/// What kind of failure a pause follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Transient,
    Permanent,
}

impl Schedule {
    /// The instants of a token that was asked for at `asked` and lives for `lifetime`.
    ///
    /// Counted from before the request was sent, so that a slow answer never makes a token seem
    /// younger than it is. `draw` is made once a token: a draw on each look would let a busy
    /// source always renew at the earliest moment.
    pub(crate) fn times(&self, asked: Instant, lifetime: Duration, draw: f64) -> Times {
        let renew_before = self.renew_before.min(lifetime / 5);
        let jitter = RENEW_JITTER.min(lifetime / 10).mul_f64(draw);
        let stop_before = self.stop_before.min(lifetime / 10);
        let expires_at = asked + lifetime;
        Times {
            issued_at: asked,
            renew_at: asked + lifetime.saturating_sub(renew_before + jitter),
            serve_until: expires_at - stop_before,
            expires_at,
        }
    }
}

/// The pause after the `count`th failure in a row (from 1), with a valid token or without one.
///
/// With a token, a transient failure hurts nobody: full jitter under a ceiling of 1 s, 2 s, 4 s ...
/// 30 s. Without one, callers are waiting: 0.25 s, 0.5 s ... 10 s. A permanent failure pauses for
/// 5 s, 10 s ... 60 s, for all callers, because servers lock out clients that insist. The last two
/// are drawn from between a step and the next, so that the processes of a fleet do not all retry at
/// once.
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
        (Severity::Transient, false) => between_steps(
            Duration::from_millis(250),
            count,
            Duration::from_secs(10),
            draw,
        ),
        (Severity::Permanent, _) => {
            between_steps(Duration::from_secs(5), count, Duration::from_secs(60), draw)
        }
    };
    own.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER))
}

/// `first`, twice that, four times that and so on, up to `max`.
fn doubled(first: Duration, count: u32, max: Duration) -> Duration {
    let factor = 1_u32
        .checked_shl(count.saturating_sub(1))
        .unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(max)
}

fn between_steps(first: Duration, count: u32, max: Duration, draw: f64) -> Duration {
    let low = doubled(first, count, max);
    let high = doubled(first, count.saturating_add(1), max);
    low + (high - low).mul_f64(draw)
}
