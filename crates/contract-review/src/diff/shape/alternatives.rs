//! Reads the alternatives of `oneOf` and `anyOf`. Many of them only express null, an open set of
//! strings or a list of values.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Shape, Visited};
use crate::diff::node::Node;

/// How many levels of depth one level of alternatives counts as. Deeply nested alternatives are
/// rarely lists of values, and each level can multiply the work.
const ALTERNATIVES: usize = 24;

impl<'d> Shape<'d> {
    pub(super) fn merge_alternatives(
        &mut self,
        keyword: &'static str,
        alternatives: Vec<Node<'d>>,
        visited: &mut Visited,
    ) {
        let (nulls, others): (Vec<_>, Vec<_>) =
            alternatives.into_iter().partition(|node| is_null(node.resolved().value));
        if let [only] = others.as_slice() {
            self.merge(only, visited);
        } else if !self.merge_listed(&others, visited) && !others.is_empty() {
            match &self.alternatives {
                None => self.alternatives = Some((keyword, others)),
                // No rule covers a schema with both keywords.
                Some((_, first)) => {
                    let values = first.iter().chain(&others);
                    let rest: Vec<_> =
                        values.map(|node| (node.at.to_string(), node.value)).collect();
                    self.unknown.extend(rest);
                }
            }
        }
        if !nulls.is_empty() {
            self.allow_null();
        }
    }

    /// Merges alternatives that only list values, or that list values and also allow any string.
    fn merge_listed(&mut self, alternatives: &[Node<'d>], visited: &mut Visited) -> bool {
        visited.depth += ALTERNATIVES;
        let listed = Self::listed(alternatives, visited);
        visited.depth -= ALTERNATIVES;
        let Some((values, open)) = listed else {
            return false;
        };
        self.types = BTreeSet::from(["string"]);
        self.values = Some(values);
        self.open = open;
        true
    }

    /// All values that `alternatives` list, and whether one of them allows any string.
    fn listed(alternatives: &[Node<'d>], visited: &mut Visited) -> Option<(Vec<Value>, bool)> {
        let mut values = Vec::new();
        let mut open = false;
        for node in alternatives {
            let mut shape = Self::default();
            shape.merge(node, visited);
            shape.infer_type();
            let text = shape.types == BTreeSet::from(["string"])
                && shape.bounds.is_empty()
                && shape.unmerged.is_empty()
                && shape.unknown.is_empty();
            match shape.values {
                Some(listed) if text => values.extend(listed),
                None if text && shape.format.is_none() => open = true,
                _ => return None,
            }
        }
        (!values.is_empty()).then_some((values, open))
    }
}

/// Whether a schema allows only null.
pub(in crate::diff) fn is_null(schema: &Value) -> bool {
    let listed = schema["enum"].as_array().map(Vec::as_slice);
    schema["type"] == "null" || matches!(listed, Some([Value::Null]))
}
