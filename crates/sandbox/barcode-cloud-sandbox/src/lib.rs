#![doc = include_str!("../README.md")]

mod accept;
mod admin;
mod answer;
mod builder;
#[cfg(test)]
mod busy;
mod clock;
mod connection;
mod document;
mod engine;
mod error;
mod fault;
mod files;
mod form;
mod guard;
mod journal;
mod json;
mod keys;
mod operations;
mod page;
mod picture;
mod query;
mod random;
mod request;
mod revocation;
mod sandbox;
mod server;
mod token;
#[cfg(any(test, fuzzing))]
pub mod trial;
mod validate;
mod workers;
mod xml;

pub use builder::Builder;
pub use error::Error;
pub use fault::{Fault, Script};
pub use files::UrlFile;
pub use journal::{LoggedBody, LoggedRequest};
pub use sandbox::Sandbox;
