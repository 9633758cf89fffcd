//! The sandbox over real sockets, by a plain HTTP client that knows nothing of it.

// A test that cannot go on may panic; clippy sees tests only in functions that are marked so.
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
