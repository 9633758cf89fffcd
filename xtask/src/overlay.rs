//! Applies an OpenAPI Overlay 1.0 to a document. The overlay contains our corrections of the
//! published facts.
//!
//! Unlike in the specification, a target that matches nothing is an error, so that an action that
//! no longer has an effect is noticed and deleted.

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
    let invalid = |reason: &str| Error::Overlay {
        action: 0,
        target: "the overlay".into(),
        reason: reason.into(),
    };
    if !overlay["overlay"]
        .as_str()
        .is_some_and(|v| v.starts_with("1.0."))
    {
        return Err(invalid("`overlay` must be a 1.0.x version"));
    }
    let actions = overlay["actions"]
        .as_array()
        .ok_or_else(|| invalid("`actions` must be a list"))?;
    actions
        .iter()
        .enumerate()
        .map(|(index, action)| parse_action(index, action))
        .collect()
}

fn parse_action(index: usize, action: &Value) -> Result<Action, Error> {
    let target = action["target"].as_str().unwrap_or_default().to_owned();
    let invalid = |reason: String| Error::Overlay {
        action: index,
        target: target.clone(),
        reason,
    };
    if target.len() > MAX_TARGET {
        let error = Error::Overlay {
            action: index,
            target: target.chars().take(40).chain(['…']).collect(),
            reason: format!("a target must have at most {MAX_TARGET} bytes"),
        };
        return Err(error);
    }
    let path = JsonPath::parse(&target)
        .map_err(|e| invalid(format!("is not a JSONPath expression: {e}")))?;
    let change = match (&action["update"], &action["remove"]) {
        (Value::Null, Value::Bool(true)) => Change::Remove,
        (Value::Null, _) => return Err(invalid("has neither `update` nor `remove: true`".into())),
        (update, _) => Change::Update(update.clone()),
    };
    Ok(Action {
        target,
        path,
        change,
    })
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
        Error::Overlay {
            action: index,
            target: self.target.clone(),
            reason: reason.into(),
        }
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
    // Removing from the end keeps the indices of earlier list items valid.
    places.reverse();
    for place in &places {
        match &action.change {
            Change::Update(update) => {
                let node = document.pointer_mut(place).ok_or_else(|| {
                    action.error(
                        index,
                        "no longer matches after an earlier match was changed",
                    )
                })?;
                merge(node, update);
            }
            Change::Remove => remove(document, place)
                .ok_or_else(|| action.error(index, "cannot remove the document itself"))?,
        }
    }
    Ok(!places.is_empty())
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
            let index = last
                .parse()
                .ok()
                .filter(|&index: &usize| index < items.len())?;
            items.remove(index);
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
        assert_eq!(
            document,
            json!({"a": {"b": 2, "c": [1, 2], "d": {"e": 1, "f": 2}}})
        );
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
            (
                json!([{"target": "$.a"}]),
                "neither `update` nor `remove: true`",
            ),
            (
                json!([{"target": format!("$[?{}@.a{}]", "(".repeat(9000), ")".repeat(9000)), "update": {}}]),
                "((…): a target must have at most 500 bytes",
            ),
            (json!({}), "`actions` must be a list"),
        ] {
            let error = parse(&overlay(actions)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = parse(&json!({"overlay": "2.0.0", "actions": []}))
            .unwrap_err()
            .to_string();
        assert!(error.contains("1.0.x"), "{error}");
    }
}
