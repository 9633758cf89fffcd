//! Checks that each operation declares a response. OpenAPI 3.1 allows an operation without
//! responses, but no client can be generated from one.

use serde_json::Value;

use crate::Error;
use crate::operations::operations;

/// Returns an error for the first operation of `document` that declares no response.
pub(crate) fn check(document: &Value) -> Result<(), Error> {
    let declared = |responses: &Value| responses.as_object().is_some_and(|map| !map.is_empty());
    match operations(document).find(|operation| !declared(&operation.node["responses"])) {
        None => Ok(()),
        Some(operation) => Err(Error::invalid(
            &operation.at.join("responses"),
            "the operation has no responses",
            "declare them with an overlay action",
        )),
    }
}
