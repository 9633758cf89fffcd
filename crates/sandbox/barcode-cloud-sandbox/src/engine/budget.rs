//! The time that a read may take.
//!
//! A reader of a third party cannot be interrupted. The engine therefore gives it pictures of bounded size,
//! and asks the budget before each of them whether the read may go on.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How long a read may go on: until its deadline, or until nobody waits for its result.
#[derive(Debug)]
pub(crate) struct Budget {
    started: Instant,
    /// `None` for a read without a deadline.
    time: Option<Duration>,
    cancelled: CancellationToken,
    /// The pixels that were given to readers so far, and the most that may be.
    pixels: Cell<usize>,
    most_pixels: usize,
    exhausted: Cell<bool>,
}

impl Budget {
    /// A budget that is exhausted after `time`, counted from now, or as soon as `cancelled` is.
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

    /// Whether the next step of the read may begin, in which a reader looks at this many pixels.
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

    /// Whether the read left out a step.
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

    /// A budget that is exhausted when readers have been given this many pixels.
    pub(crate) fn of_pixels(most_pixels: usize) -> Self {
        Self {
            most_pixels,
            ..Self::unlimited()
        }
    }

    /// The pixels that were given to readers so far.
    pub(crate) fn pixels(&self) -> usize {
        self.pixels.get()
    }
}
