//! Identifies the items of a list across revisions.

use serde_json::Value;

use crate::references::resolved;

/// An item with its identity.
pub(super) type Item<'d> = (String, &'d Value);

/// The items of a list of `document`, each with an identity that is stable across revisions. Equal
/// identities are numbered.
pub(super) fn identified<'d>(document: &'d Value, list: Option<&'d Value>) -> Vec<Item<'d>> {
    let mut named: Vec<Item<'d>> = Vec::new();
    for item in list.and_then(Value::as_array).into_iter().flatten() {
        // A reference to a parameter has the identity of the parameter.
        let target = resolved(document, item);
        let target = if target["in"].is_string() { target } else { item };
        let text = |key: &str| target[key].as_str().unwrap_or_default();
        let name = ["$ref", "in", "name", "url"].map(text).join(" ");
        let mut repeated = 0;
        while named.iter().any(|(known, _)| *known == format!("{name} {repeated}")) {
            repeated += 1;
        }
        named.push((format!("{name} {repeated}"), item));
    }
    named
}

/// Gives the renamed items of `before` their identities in `after`. An item was renamed if it is
/// the only one that is missing in `after` and is like a new one, and that one is the only such
/// one.
pub(super) fn follow_renames(before: &mut [Item<'_>], after: &[Item<'_>]) {
    let alone = |of: &[Item<'_>], others: &[Item<'_>]| -> Vec<usize> {
        let known = |name: &str| others.iter().any(|(other, _)| other == name);
        (0..of.len()).filter(|index| !known(&of[*index].0)).collect()
    };
    let (removed, added) = (alone(before, after), alone(after, before));
    let mut renames = Vec::new();
    for new in &added {
        let item = after[*new].1;
        let alike = |index: &&usize| is_alike(before[**index].1, item);
        let old: Vec<_> = removed.iter().filter(alike).collect();
        let rivals = added.iter().filter(|rival| is_alike(after[**rival].1, item));
        let nth = rivals.clone().position(|rival| rival == new);
        match old.as_slice() {
            [only] if rivals.count() == 1 => renames.push((**only, *new)),
            // The order of path parameters is that of the path.
            several if item["in"] == "path" => {
                let same = nth.and_then(|nth| several.get(nth));
                renames.extend(same.map(|old| (**old, *new)));
            }
            _ => {}
        }
    }
    for (old, new) in renames {
        before[old].0.clone_from(&after[new].0);
    }
}

/// Whether two items with different identities can be the same item: two references, or parameters
/// that differ only in their names and descriptions.
fn is_alike(old: &Value, new: &Value) -> bool {
    let is_reference = |item: &Value| item["$ref"].is_string();
    let is_parameter = |item: &Value| item["in"].is_string();
    is_reference(old) && is_reference(new)
        || is_parameter(old) && is_parameter(new) && facts(old) == facts(new)
}

/// A parameter without its name, and without descriptions and examples at any depth.
fn facts(parameter: &Value) -> Value {
    fn strip(node: &mut Value) {
        match node {
            Value::Object(map) => {
                map.retain(|key, _| {
                    let is_text =
                        ["description", "title", "example", "examples"].contains(&key.as_str());
                    !is_text && !key.starts_with("x-")
                });
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut facts = parameter.clone();
    strip(&mut facts);
    facts["name"].take();
    facts
}
