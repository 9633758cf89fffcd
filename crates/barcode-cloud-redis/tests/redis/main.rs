//! Tests against a real `redis-server`. They are skipped where it is not installed.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod connection;
mod faults;
mod fleet;
mod images;
mod process;
mod rate;
mod server;
mod service;
mod token;
