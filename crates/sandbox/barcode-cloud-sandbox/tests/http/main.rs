//! Tests over real sockets, with a plain HTTP client.

// Helper functions of tests may panic. Clippy recognizes only functions with a test attribute as
// tests.
#![allow(clippy::unwrap_used)]

mod bombs;
mod caller;
mod control;
mod cross_origin;
mod encodings;
mod faults;
mod hostile;
mod hosts;
mod image_headers;
mod journal;
mod lifetime;
mod limits;
#[cfg(feature = "all-symbologies")]
mod native_parameters;
mod operations;
mod page;
mod raw;
mod refusals;
mod render_parameters;
mod repeatable;
mod tls;
mod tokens;
mod vendor_clients;
mod xml;
