//! The time that a read may take.
//!
//! The readers cannot be interrupted. Each gets images of bounded size, and the budget is checked
//! before each of them.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

/// Limits a read: it ends at its deadline, or when it is cancelled.
pub struct Budget {
    started: Instant,
    /// `None` for a read without a deadline.
    time: Option<Duration>,
    is_cancelled: Box<dyn Fn() -> bool>,
    /// The number of pixels that were passed to readers so far, and the maximum.
    pixels: Cell<usize>,
    max_pixels: usize,
    exhausted: Cell<bool>,
}

impl Budget {
    /// Returns a budget that is exhausted after `time` from now, or as soon as `is_cancelled`
    /// returns `true`.
    ///
    /// A read checks its budget between steps of about a second each, in an optimized build.
    pub fn new(time: Duration, is_cancelled: impl Fn() -> bool + 'static) -> Self {
        Self { time: Some(time), is_cancelled: Box::new(is_cancelled), ..Self::unlimited() }
    }

    /// Returns a budget that is never exhausted.
    pub fn unlimited() -> Self {
        Self {
            started: Instant::now(),
            time: None,
            is_cancelled: Box::new(|| false),
            pixels: Cell::new(0),
            max_pixels: usize::MAX,
            exhausted: Cell::new(false),
        }
    }

    /// Returns whether a step of the read was skipped because the budget was exhausted.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted.get()
    }

    /// Whether the next step of the read, in which a reader processes this many pixels, may begin.
    pub(super) fn allows(&self, pixels: usize) -> bool {
        let is_late = |time: Duration| self.started.elapsed() >= time;
        let is_over = (self.is_cancelled)()
            || self.time.is_some_and(is_late)
            || self.pixels.get() >= self.max_pixels;
        if is_over {
            self.exhausted.set(true);
            return false;
        }
        self.pixels.set(self.pixels.get().saturating_add(pixels));
        true
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("time", &self.time)
            .field("exhausted", &self.exhausted.get())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Budget {
    /// A budget that is exhausted when this many pixels have been passed to readers.
    pub(crate) fn of_pixels(max_pixels: usize) -> Self {
        Self { max_pixels, ..Self::unlimited() }
    }

    /// The number of pixels that were passed to readers so far.
    pub(crate) fn pixels(&self) -> usize {
        self.pixels.get()
    }
}
