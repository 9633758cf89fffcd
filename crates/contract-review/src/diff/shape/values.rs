//! Reads the keywords that limit a value: types, listed values and bounds.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Shape;
use crate::diff::rules::{BOUNDS, Change, bound_change, same_value};

impl<'d> Shape<'d> {
    pub(super) fn allow_null(&mut self) {
        self.infer_type();
        if !self.types.is_empty() {
            self.types.insert("null");
        }
    }

    pub(super) fn merge_types(&mut self, keywords: &'d Map<String, Value>) {
        let types: BTreeSet<&str> = match keywords.get("type") {
            Some(Value::String(kind)) => BTreeSet::from([kind.as_str()]),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        if self.types.is_empty() {
            self.types = types;
        } else {
            self.types.retain(|kind| types.contains(kind));
        }
    }

    pub(super) fn merge_values(&mut self, keywords: &'d Map<String, Value>) {
        let listed = keywords.get("enum").and_then(Value::as_array).cloned();
        let Some(values) =
            listed.or_else(|| keywords.get("const").map(|value| vec![value.clone()]))
        else {
            return;
        };
        let null = values.iter().any(Value::is_null);
        let values: Vec<Value> = values.into_iter().filter(|value| !value.is_null()).collect();
        match &mut self.values {
            Some(old) => old.retain(|value| values.iter().any(|other| same_value(value, other))),
            None => self.values = Some(values),
        }
        self.open |= keywords.get("x-extensible-enum").is_some();
        if null && self.types.is_empty() {
            self.allow_null();
        }
    }

    pub(super) fn merge_bounds(&mut self, keywords: &'d Map<String, Value>) {
        for bound in BOUNDS {
            if let Some(value) = keywords.get(bound) {
                self.tighten(bound, value);
            }
        }
        // In 3.0 the exclusive bounds are flags, in 3.1 they are numbers.
        for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(Value::Bool(exclusive)) = keywords.get(flag) {
                self.bounds.remove(flag);
                if *exclusive && let Some(number) = self.bounds.remove(bound) {
                    self.bounds.insert(flag, number);
                }
            }
        }
    }

    /// Adds a bound. If the shape already has one, the narrower of the two applies.
    fn tighten(&mut self, bound: &'static str, value: &'d Value) {
        let is_trivial = bound.starts_with("min") && bound != "minimum" && *value == 0;
        if is_trivial || bound == "uniqueItems" && *value == false {
            return;
        }
        match bound_change(bound, self.bounds.get(bound), Some(value)) {
            Some(Change::Narrower) => {
                self.bounds.insert(bound, value.clone());
            }
            Some(Change::Other) => {
                self.unknown.insert(format!("second {bound}"), value);
            }
            Some(Change::Wider) | None => {}
        }
    }

    /// Sets the type from the other keywords if the schema does not declare one.
    pub(super) fn infer_type(&mut self) {
        if !self.types.is_empty() {
            return;
        }
        let texts = self
            .values
            .as_ref()
            .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_string));
        if !self.properties.is_empty() {
            self.types.insert("object");
        } else if self.items.is_some() {
            self.types.insert("array");
        } else if texts {
            self.types.insert("string");
        }
    }
}
