//! Whole-system tests over real sockets: one binary, a module a topic.

mod auth;
mod errors;
mod facade;
mod forms;
mod generated;
mod service;
