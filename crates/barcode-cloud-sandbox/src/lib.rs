#![doc = include_str!("../README.md")]

mod answer;
mod document;
mod engine;
mod error;
mod files;
mod operations;
mod picture;
mod query;
mod random;
mod request;
mod sandbox;
mod server;
mod token;
mod validate;
mod workers;

pub use error::Error;
pub use files::UrlFile;
pub use sandbox::{Builder, Sandbox};
