//! Reads an OpenAPI document from a file.

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
