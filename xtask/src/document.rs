//! Reads an OpenAPI document from disk, and lists its operations.

use std::path::Path;

use contract_review::Source;
use serde_json::Value;

use crate::Error;

/// Reads `path` as JSON, its keys in the order of the file.
///
/// # Errors
///
/// [`Error::Document`] with the path and what is wrong there.
pub fn read(path: &Path) -> Result<Value, Error> {
    Ok(Source::File(path.to_owned()).read(Path::new("."))?)
}

/// The operations of `document` by their ids, in its order.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let items = paths.filter_map(|(_, item)| item.as_object()).flatten();
    items.filter_map(|(_, operation)| Some((operation["operationId"].as_str()?, operation)))
}
