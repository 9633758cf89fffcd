//! Reads an OpenAPI document from disk. Knows files and JSON, nothing of what the document means.

use std::path::Path;

use serde_json::Value;

use crate::Error;

/// Reads `path` as JSON, its keys in the order of the file.
///
/// # Errors
///
/// [`Error::Read`] or [`Error::NotJson`], with the path.
pub fn read(path: &Path) -> Result<Value, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| Error::NotJson {
        path: path.to_owned(),
        source,
    })
}

/// The operations of `document` by their ids, in its order.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let items = paths.filter_map(|(_, item)| item.as_object()).flatten();
    items.filter_map(|(_, operation)| Some((operation["operationId"].as_str()?, operation)))
}
