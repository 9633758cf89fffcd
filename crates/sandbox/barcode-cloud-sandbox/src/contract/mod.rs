//! The contract: the operations that the OpenAPI document defines, and the validation of requests
//! against it.

mod document;
mod names;
pub(crate) mod validate;

pub(crate) use document::{Document, Field, Input, Object, Operation, Schema, Task};
pub(crate) use names::{OperationNames, TOKEN};
