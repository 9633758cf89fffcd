//! Tests over real sockets: what is on the wire, what a hostile server can do, what a log shows.

#![allow(
    clippy::unwrap_used,
    reason = "what the tests need and cannot have is their failure"
)]

mod endpoint;
mod hot_path;
mod limits;
mod secrets;
mod soak;
mod spans;
mod tls;
mod wire;
