//! Tests against a real `redis-server`. They are skipped where it is not installed.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod connection;
mod images;
mod rate;
mod server;
mod service;
mod token;
