//! Tests over real sockets, with a plain HTTP client.

// Helper functions of tests may panic. Clippy recognizes only functions with a test attribute as
// tests.
#![allow(clippy::unwrap_used)]

mod bombs;
mod caller;
mod encodings;
mod faults;
mod hostile;
mod hosts;
mod journal;
mod lifetime;
mod limits;
mod operations;
mod page;
mod patched;
mod pictures;
mod raw;
mod refusals;
#[cfg(feature = "all-symbologies")]
mod second;
mod tokens;
mod vendor_clients;
mod xml;
