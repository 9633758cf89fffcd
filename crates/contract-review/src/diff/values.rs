//! Compares the values that a schema lists. An open set allows other values too; a closed set does
//! not.

use serde_json::Value;

use super::Comparison;
use super::rules::{self, Change, Class};
use super::schemas::Pair;
use super::wording::listed;

impl<'d> Comparison<'d> {
    pub(super) fn values(&mut self, pair: &Pair<'_, 'd>) {
        match (&pair.old.values, &pair.new.values) {
            (None, None) => {}
            (Some(before), Some(after)) => {
                self.openness(pair);
                self.listed_values(pair, before, after);
            }
            (None, Some(after)) => {
                let text = format!("limited to {}", listed(after));
                let change = (!pair.new.open).then_some(Change::Narrower);
                self.whole_list(pair, change, "enum-added", text);
            }
            (Some(before), None) => {
                let text = format!("any value, no longer limited to {}", listed(before));
                let change = (!pair.old.open).then_some(Change::Wider);
                self.whole_list(pair, change, "enum-removed", text);
            }
        }
    }

    /// Reports that a whole list was added or removed. An open list restricts nothing. In generated
    /// code, an enumeration replaces a `String` or the reverse.
    fn whole_list(
        &mut self,
        pair: &Pair<'_, 'd>,
        change: Option<Change>,
        kind: &'static str,
        text: String,
    ) {
        let wire =
            change.map_or(Class::Docs, |change| rules::allowed_values(change, pair.direction));
        self.report(pair, rules::new_type(wire), kind, text);
    }

    fn openness(&mut self, pair: &Pair<'_, 'd>) {
        let (change, text) = match (pair.old.open, pair.new.open) {
            (false, true) => (Change::Wider, "values other than the listed ones are now allowed"),
            (true, false) => (Change::Narrower, "only the listed values are now allowed"),
            _ => return,
        };
        self.report_change(pair, change, "enum-openness-changed", text);
    }

    fn listed_values(&mut self, pair: &Pair<'_, 'd>, before: &[Value], after: &[Value]) {
        let open = pair.old.open && pair.new.open;
        let (added, removed) = (missing(after, before), missing(before, after));
        if !added.is_empty() {
            let class = rules::enum_values_added(open, pair.direction);
            let text = format!("enum {} added", listed(&added));
            self.report(pair, class, "enum-values-added", text);
        }
        if !removed.is_empty() {
            let class = rules::enum_values_removed(open, pair.direction);
            let text = format!("enum {} removed", listed(&removed));
            self.report(pair, class, "enum-values-removed", text);
        }
    }
}

/// The values that are not in `other`.
fn missing(values: &[Value], other: &[Value]) -> Vec<Value> {
    let known = |value: &Value| other.iter().any(|o| rules::same_value(o, value));
    let missing = values.iter().filter(|value| !known(value));
    missing.cloned().collect()
}
