//! Reads an OpenAPI document from a file, and lists its operations by id.

use std::path::Path;

use contract_review::Source;
use serde_json::Value;

use crate::Error;

/// Reads the file at `path` as JSON or YAML and keeps the order of its keys.
///
/// # Errors
///
/// [`Error::Document`] when the file cannot be read or is neither.
pub fn read(path: &Path) -> Result<Value, Error> {
    Ok(Source::File(path.to_owned()).read(Path::new("."))?)
}

/// The operations of `document` with their ids, in the order of the document.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let items = paths.filter_map(|(_, item)| item.as_object()).flatten();
    items.filter_map(|(_, operation)| Some((operation["operationId"].as_str()?, operation)))
}
