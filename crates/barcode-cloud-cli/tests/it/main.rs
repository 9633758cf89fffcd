//! Runs the `barcode` binary as users and scripts do.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod batch;
mod conformance;
mod faults;
mod fixture;
mod help;
#[cfg(unix)]
mod kill;
#[cfg(target_os = "linux")]
mod login;
mod reading;
#[cfg(target_os = "linux")]
mod robustness;
mod server;
mod settings;
mod single;
#[cfg(target_os = "linux")]
mod terminal;
mod tools;
mod types;
