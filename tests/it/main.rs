//! Whole-system tests over real sockets: one binary, with one module for each topic.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

mod auth;
mod blocking;
mod calls;
mod dependencies;
mod errors;
mod facade;
mod faults;
mod features;
mod fidelity;
mod forms;
mod generated;
mod incomplete;
mod links;
mod manifests;
mod many;
mod middleware;
mod mocks;
mod raw;
mod service;
mod settings;
mod telemetry;
mod tls;
mod transfers;
mod unprocessed;
