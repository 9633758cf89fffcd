//! The time that a read may take.
//!
//! A third-party reader cannot be interrupted. The engine therefore passes it pictures of bounded
//! size, and checks the budget before each of them.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// Limits a read: it ends at its deadline, or when its client disconnects.
#[derive(Debug)]
pub(crate) struct Budget {
    started: Instant,
    /// `None` for a read without a deadline.
    time: Option<Duration>,
    cancelled: CancellationToken,
    /// The number of pixels that were passed to readers so far, and the maximum.
    pixels: Cell<usize>,
    most_pixels: usize,
    exhausted: Cell<bool>,
}

impl Budget {
    /// A budget that is exhausted after `time` from now, or as soon as the token `cancelled` is
    /// cancelled.
    pub(crate) fn new(time: Duration, cancelled: CancellationToken) -> Self {
        Self {
            time: Some(time),
            cancelled,
            ..Self::unlimited()
        }
    }

    fn unlimited() -> Self {
        Self {
            started: Instant::now(),
            time: None,
            cancelled: CancellationToken::new(),
            pixels: Cell::new(0),
            most_pixels: usize::MAX,
            exhausted: Cell::new(false),
        }
    }

    /// Whether the next step of the read, in which a reader processes this many pixels, may begin.
    pub(crate) fn allows(&self, pixels: usize) -> bool {
        let is_late = |time: Duration| self.started.elapsed() >= time;
        let is_over = self.cancelled.is_cancelled()
            || self.time.is_some_and(is_late)
            || self.pixels.get() >= self.most_pixels;
        if is_over {
            self.exhausted.set(true);
            return false;
        }
        self.pixels.set(self.pixels.get().saturating_add(pixels));
        true
    }

    /// Whether a step of the read was skipped.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }
}

#[cfg(test)]
impl Budget {
    /// A budget without a deadline.
    pub(crate) fn none() -> Self {
        Self::unlimited()
    }

    /// A budget that is exhausted when this many pixels have been passed to readers.
    pub(crate) fn of_pixels(most_pixels: usize) -> Self {
        Self {
            most_pixels,
            ..Self::unlimited()
        }
    }

    /// The number of pixels that were passed to readers so far.
    pub(crate) fn pixels(&self) -> usize {
        self.pixels.get()
    }
}
