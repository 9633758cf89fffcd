//! Changes that were reviewed and accepted. They are listed with their reasons, but no longer
//! determine the class of a report.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facts::Line;
use crate::Error;

/// An entry of an ignore file. It matches the changes whose fields are equal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// The rule, such as `operation-id-changed`.
    pub kind: String,
    /// The part of the document, as in the report.
    pub part: String,
    /// The thing inside the part. An entry without it matches every subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The description of the change. An entry without it matches every description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why the change is accepted.
    pub reason: String,
}

impl Ignored {
    /// Reads the entries of an ignore file: a list of objects with the fields of this type. `name`
    /// identifies the file in errors.
    ///
    /// # Errors
    ///
    /// [`Error::Document`] when a field is missing or unknown, or a reason is empty.
    pub fn list(name: &str, file: &Value) -> Result<Vec<Self>, Error> {
        let invalid = |reason: String| Error::document(name, reason);
        let entries =
            file.as_array().ok_or_else(|| invalid("must be a list of ignored changes".into()))?;
        let read = |(index, entry): (usize, &Value)| {
            let entry = Self::deserialize(entry).map_err(|e| e.to_string());
            let entry = entry.and_then(|entry: Self| match entry.reason.trim() {
                "" => Err("`reason` is empty".to_owned()),
                _ => Ok(entry),
            });
            entry.map_err(|problem| invalid(format!("entry {index}: {problem}")))
        };
        entries.iter().enumerate().map(read).collect()
    }

    pub(super) fn matches(&self, line: &Line) -> bool {
        let same = |expected: &Option<String>, found: &str| {
            expected.as_deref().is_none_or(|expected| expected == found)
        };
        self.kind == line.kind
            && self.part == line.part
            && same(&self.subject, &line.subject)
            && same(&self.text, &line.text)
    }
}
