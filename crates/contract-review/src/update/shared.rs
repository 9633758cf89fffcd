//! Our objects that the publisher moved into `components`, or renamed there.

use std::collections::BTreeMap;

use serde_json::Value;

/// The moved objects by the JSON pointer of their published place.
pub(super) type Shared = BTreeMap<String, SharedObject>;

/// An object that is published at a new place.
#[derive(Clone, Debug)]
pub(super) struct SharedObject {
    /// Our object, with our descriptions.
    pub(super) ours: Value,
    /// The JSON pointer of our object, if it was shared before.
    pub(super) old_place: Option<String>,
}
