//! The two shared cells the cache is built on. The model check compiles the cache against other
//! ones that a scheduler controls, so the cache names no others.

pub(crate) use std::sync::{Mutex, MutexGuard};

/// A value that is read without a lock and replaced as a whole.
pub(crate) type Slot<T> = arc_swap::ArcSwapOption<T>;
