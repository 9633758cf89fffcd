#![doc = include_str!("../README.md")]

mod conversion;
mod debug;
mod file_part;
// Written by `cargo xtask generate`. A test fails if the files differ from the generator's output.
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub
)]
#[rustfmt::skip]
mod generated;
mod hooks;
mod operation;

pub use conversion::{NotGeneratable, NotReadable};
pub use file_part::{FilePart, InvalidMediaType};
#[doc(inline)]
pub use generated::*;
pub use hooks::{BoxFuture, Hook, HookError, Hooks, SendError};
pub use operation::Operation;
pub use progenitor_client::OperationInfo;
