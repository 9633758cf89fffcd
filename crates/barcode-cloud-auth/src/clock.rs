//! The clock that the code for fleets uses. The model check compiles that code with another one.

pub(crate) use tokio::time::{sleep, timeout};

use tokio::time::Instant;

pub(crate) fn now() -> Instant {
    Instant::now()
}
