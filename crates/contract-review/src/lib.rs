#![doc = include_str!("../README.md")]

pub mod diff;
mod error;
mod operations;
pub mod path_parameters;
mod pointer;
pub mod references;
mod responses;
mod source;
pub mod update;
mod validate;

pub use error::Error;
pub use operations::{METHODS, Operation, operations};
pub use pointer::Pointer;
pub use source::{Source, parse};
pub use validate::validate;
