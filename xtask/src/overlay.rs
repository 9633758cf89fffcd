//! Applies an OpenAPI Overlay 1.0 to a document. The overlay contains our corrections of the
//! published facts.
//!
//! Unlike in the specification, a target that matches nothing is an error, so that an action that
//! no longer has an effect is noticed and deleted.

use std::cmp::Reverse;
use std::path::Path;

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::{Error, document};

/// The maximum length of a target in bytes. Deeply nested brackets would overflow the stack of the
/// parser.
const MAX_TARGET: usize = 500;

/// One action of an overlay.
#[derive(Debug)]
pub struct Action {
    target: String,
    path: JsonPath,
    change: Change,
}

#[derive(Debug)]
enum Change {
    Update(Value),
    Remove,
}

/// Reads and checks the overlay at `path`.
///
/// # Errors
///
/// The error names the invalid action.
pub fn read(path: &Path) -> Result<Vec<Action>, Error> {
    parse(&document::read(path)?)
}

/// Parses and checks an overlay.
///
/// # Errors
///
/// [`Error::Overlay`] names the invalid action.
pub fn parse(overlay: &Value) -> Result<Vec<Action>, Error> {
    let invalid = |reason: String| Error::Overlay { place: "document".into(), reason };
    check_keys(overlay, &["overlay", "info", "extends", "actions"]).map_err(invalid)?;
    check_keys(&overlay["info"], &["title", "version"])
        .map_err(|reason| invalid(format!("`info`: {reason}")))?;
    if !overlay["overlay"].as_str().is_some_and(|v| v.starts_with("1.0.")) {
        return Err(invalid("`overlay` must be a 1.0.x version".into()));
    }
    let actions =
        overlay["actions"].as_array().ok_or_else(|| invalid("`actions` must be a list".into()))?;
    actions.iter().enumerate().map(|(index, action)| parse_action(index, action)).collect()
}

fn parse_action(index: usize, action: &Value) -> Result<Action, Error> {
    let target = action["target"].as_str().unwrap_or_default().to_owned();
    let invalid = |reason: String| Error::overlay(index, &target, reason);
    if target.len() > MAX_TARGET {
        let start: String = target.chars().take(40).chain(['…']).collect();
        let reason = format!("a target must have at most {MAX_TARGET} bytes");
        return Err(Error::overlay(index, &start, reason));
    }
    let path = JsonPath::parse(&target)
        .map_err(|e| invalid(format!("is not a JSONPath expression: {e}")))?;
    check_keys(action, &["target", "description", "update", "remove"]).map_err(invalid)?;
    // Overlay 1.0, section 4.4.3: `update` has no impact if `remove` is true.
    let change = match (&action["remove"], &action["update"]) {
        (Value::Bool(true), _) => Change::Remove,
        (Value::Null | Value::Bool(false), Value::Null) => {
            return Err(invalid("has neither `update` nor `remove: true`".into()));
        }
        (Value::Null | Value::Bool(false), update) => Change::Update(update.clone()),
        (other, _) => {
            return Err(invalid(format!("`remove` must be true or false, not {other}")));
        }
    };
    Ok(Action { target, path, change })
}

/// Checks that `node` has no keys but the `known` ones and extensions, so that a misspelled key is
/// not ignored.
fn check_keys(node: &Value, known: &[&str]) -> Result<(), String> {
    let mut keys = node.as_object().into_iter().flatten().map(|(key, _)| key);
    match keys.find(|key| !key.starts_with("x-") && !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key `{key}`; use one of {}", known.join(", "))),
        None => Ok(()),
    }
}

/// Applies `actions` to `document`, in order.
///
/// # Errors
///
/// [`Error::Overlay`] when a target matches nothing.
pub fn apply(document: &mut Value, actions: &[Action]) -> Result<(), Error> {
    for (index, action) in actions.iter().enumerate() {
        if !apply_one(document, index, action)? {
            return Err(action.error(index, NO_MATCH));
        }
    }
    Ok(())
}

const NO_MATCH: &str = "matches nothing in the document; correct or delete the action";

/// Describes the actions that have no effect on `document`, one line each: the target matches
/// nothing, or the document already has the corrected values.
///
/// # Errors
///
/// [`Error::Overlay`] when an action cannot be applied.
pub fn idle(document: &Value, actions: &[Action]) -> Result<Vec<String>, Error> {
    let mut document = document.clone();
    let mut idle = Vec::new();
    for (index, action) in actions.iter().enumerate() {
        let before = document.clone();
        if !apply_one(&mut document, index, action)? {
            idle.push(action.error(index, "matches nothing").to_string());
        } else if document == before {
            let reason = "changes nothing, because the document is already correct";
            idle.push(action.error(index, reason).to_string());
        }
    }
    Ok(idle)
}

impl Action {
    fn error(&self, index: usize, reason: &str) -> Error {
        Error::overlay(index, &self.target, reason)
    }
}

/// Applies one action. Returns whether its target matched anything.
fn apply_one(document: &mut Value, index: usize, action: &Action) -> Result<bool, Error> {
    let mut places: Vec<String> = action
        .path
        .query_located(document)
        .locations()
        .map(|location| location.to_json_pointer())
        .collect();
    // From the end, so that the indices of earlier list items stay valid. `$.a[1, 0, 0]` matches in
    // another order, and twice.
    places.sort_by_cached_key(|place| Reverse(position(place)));
    places.dedup();
    for place in &places {
        match &action.change {
            Change::Update(update) => {
                let node = document.pointer_mut(place).ok_or_else(|| {
                    action.error(index, "no longer matches after an earlier match was changed")
                })?;
                merge(node, update);
            }
            Change::Remove => remove(document, place)
                .ok_or_else(|| action.error(index, "cannot remove the document itself"))?,
        }
    }
    Ok(!places.is_empty())
}

/// A key that sorts places by their position: indices as numbers, and parents before children.
fn position(place: &str) -> Vec<(Option<usize>, String)> {
    let steps = place.split('/');
    steps.map(|step| (step.parse().ok(), step.to_owned())).collect()
}

/// Objects are merged recursively, lists are extended, anything else is replaced (Overlay 1.0,
/// section 4.4.3).
fn merge(node: &mut Value, update: &Value) {
    match (node, update) {
        (Value::Object(node), Value::Object(update)) => {
            for (key, value) in update {
                match node.get_mut(key) {
                    Some(old) => merge(old, value),
                    None => {
                        node.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(node), update) => match update {
            Value::Array(items) => node.extend(items.iter().cloned()),
            item => node.push(item.clone()),
        },
        (node, update) => *node = update.clone(),
    }
}

fn remove(document: &mut Value, place: &str) -> Option<()> {
    let (parent, last) = place.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Value::Object(map) => {
            map.shift_remove(&last.replace("~1", "/").replace("~0", "~"))?;
        }
        Value::Array(items) => {
            items.remove(last.parse().ok()?);
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{apply, idle, parse};

    fn overlay(actions: serde_json::Value) -> serde_json::Value {
        json!({"overlay": "1.0.0", "info": {"title": "t", "version": "1"}, "actions": actions})
    }

    #[test]
    fn update_merges_objects_extends_lists_and_replaces_scalars() {
        let mut document = json!({"a": {"b": 1, "c": [1], "d": {"e": 1}}});
        let actions = parse(&overlay(
            json!([{"target": "$.a", "update": {"b": 2, "c": [2], "d": {"f": 2}}}]),
        ))
        .unwrap();
        apply(&mut document, &actions).unwrap();
        assert_eq!(document, json!({"a": {"b": 2, "c": [1, 2], "d": {"e": 1, "f": 2}}}));
    }

    #[test]
    fn remove_removes_every_match() {
        let mut document = json!({"a": [{"x": 1}, {"x": 2}, {"y": 3}], "b/c": 1});
        let actions = parse(&overlay(json!([
            {"target": "$.a[?@.x]", "remove": true},
            {"target": "$['b/c']", "remove": true}
        ])))
        .unwrap();
        apply(&mut document, &actions).unwrap();
        assert_eq!(document, json!({"a": [{"y": 3}]}));
    }

    #[test]
    fn remove_wins_over_update() {
        for (remove, expected) in [(true, json!({})), (false, json!({"a": {"b": 1}}))] {
            let mut document = json!({"a": {}});
            let action = json!({"target": "$.a", "update": {"b": 1}, "remove": remove});
            apply(&mut document, &parse(&overlay(json!([action]))).unwrap()).unwrap();
            assert_eq!(document, expected);
        }
    }

    #[test]
    fn items_are_removed_once_and_whatever_the_order_of_the_matches() {
        for target in ["$.a[1, 0, 11]", "$.a[0, 1, 11, 1]", "$.a[11, 0, 1]"] {
            let mut document = json!({"a": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]});
            let action = json!({"target": target, "remove": true});
            apply(&mut document, &parse(&overlay(json!([action]))).unwrap()).unwrap();
            assert_eq!(document, json!({"a": [2, 3, 4, 5, 6, 7, 8, 9, 10]}), "{target}");
        }
    }

    #[test]
    fn nested_matches_are_removed_from_the_inside() {
        let mut document = json!({"x": {"y": {"x": 1}}, "z": 1});
        let action = json!({"target": "$..x", "remove": true});
        apply(&mut document, &parse(&overlay(json!([action]))).unwrap()).unwrap();
        assert_eq!(document, json!({"z": 1}));
    }

    #[test]
    fn a_target_has_at_most_500_bytes() {
        for (length, valid) in [(500, true), (501, false)] {
            let target = format!("$.{}", "a".repeat(length - 2));
            let actions = json!([{"target": target, "remove": true}]);
            assert_eq!(parse(&overlay(actions)).is_ok(), valid, "{length}");
        }
    }

    #[test]
    fn a_target_that_matches_nothing_is_an_error() {
        let actions = parse(&overlay(json!([{"target": "$.nowhere", "update": {}}]))).unwrap();
        let error = apply(&mut json!({}), &actions).unwrap_err().to_string();
        assert_eq!(
            error,
            "overlay action 0 ($.nowhere): matches nothing in the document; correct or delete the action"
        );
    }

    #[test]
    fn idle_actions_are_listed_with_the_reason() {
        let actions = parse(&overlay(json!([
            {"target": "$.a", "update": {"b": 1}},
            {"target": "$.nowhere", "update": {"b": 1}},
            {"target": "$.a", "update": {"c": 1}},
            {"target": "$.a.c", "remove": true}
        ])))
        .unwrap();
        let idle = idle(&json!({"a": {"b": 1}}), &actions).unwrap();
        assert_eq!(
            idle,
            [
                "overlay action 0 ($.a): changes nothing, because the document is already correct",
                "overlay action 1 ($.nowhere): matches nothing",
            ]
        );
    }

    #[test]
    fn malformed_overlays_are_rejected_with_the_action() {
        for (actions, expected) in [
            (json!([{"target": "$$", "update": {}}]), "is not a JSONPath"),
            (json!([{"target": "$.a"}]), "neither `update` nor `remove: true`"),
            (
                json!([{"target": format!("$[?{}@.a{}]", "(".repeat(9000), ")".repeat(9000)), "update": {}}]),
                "((…): a target must have at most 500 bytes",
            ),
            (json!({}), "`actions` must be a list"),
            (
                json!([{"target": "$.a", "updates": {}}]),
                "overlay action 0 ($.a): unknown key `updates`; use one of target, description,",
            ),
            (json!([{"target": "$.a", "remove": "yes"}]), "`remove` must be true or false"),
            (json!([{"target": "$.a", "remove": false}]), "neither `update` nor"),
        ] {
            let error = parse(&overlay(actions)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = parse(&json!({"overlay": "2.0.0", "actions": []})).unwrap_err().to_string();
        assert!(error.contains("1.0.x"), "{error}");
        for (key, expected) in [
            ("action", "overlay document: unknown key `action`"),
            ("info", "`info`: unknown key `a`"),
        ] {
            let mut overlay = overlay(json!([]));
            overlay[key] = json!({"a": 1});
            let error = parse(&overlay).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let mut extended = overlay(json!([{"target": "$", "update": {}, "x-reason": "r"}]));
        extended["x-a"] = json!(1);
        extended["info"]["x-a"] = json!(1);
        parse(&extended).unwrap();
    }
}
