//! The two kinds of shared cells that the cache uses. The model check compiles the cache with other
//! ones, which a scheduler controls.

pub(crate) use std::sync::{Mutex, MutexGuard};

/// A value that is read without a lock and replaced as a whole.
pub(crate) type Slot<T> = arc_swap::ArcSwapOption<T>;
