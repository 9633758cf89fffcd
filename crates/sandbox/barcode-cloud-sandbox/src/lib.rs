#![doc = include_str!("../README.md")]

mod admin;
mod auth;
mod builder;
#[cfg(test)]
mod cancellation;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
mod contract;
mod error;
mod facts;
mod fault;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod http;
mod journal;
mod matcher;
mod operations;
mod page;
mod randomness;
mod router;
mod sandbox;
mod state;
mod url_files;
mod workers;

pub use builder::Builder;
pub use error::Error;
pub use facts::FACTS;
pub use fault::{Fault, Script};
pub use journal::{LoggedBody, LoggedRequest};
pub use matcher::RequestMatcher;
pub use sandbox::Sandbox;
pub use url_files::UrlFile;
