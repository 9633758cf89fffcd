#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![allow(clippy::result_large_err, reason = "the error of all calls is that of progenitor-client")]

#[allow(dead_code, reason = "the document determines which checks are used")]
mod checks;
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
#[cfg(feature = "mock")]
#[allow(dead_code, reason = "the document determines which parameters there are")]
mod matching;
mod operation;
#[allow(dead_code, reason = "the document determines which parameters there are")]
mod request;

pub use conversion::{NotGeneratable, NotReadable};
pub use file_part::{FilePart, InvalidMediaType};
#[doc(inline)]
pub use generated::*;
pub use hooks::{BoxFuture, Hook, HookError, Hooks, SendError};
pub use operation::Operation;
pub use progenitor_client::OperationInfo;
