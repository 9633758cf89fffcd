//! Tests against a real `redis-server`. They are skipped where it is not installed.

mod connection;
mod server;
