//! Moves our operations to the paths where they are now published. They are matched by
//! `operationId`, so that our descriptions move with them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::places::is_method;

/// A path and a method.
type Place = (String, String);

/// Returns our document with each operation at the path and method that it has in `published`.
pub(super) fn follow(ours: &Value, published: &Value) -> Value {
    let mut moved = ours.clone();
    let (before, after) = (places(ours), places(published));
    let moves: Vec<(Place, Place)> = before
        .into_iter()
        .filter_map(|(id, from)| Some((from, after.get(&id)?.clone())))
        .filter(|(from, to)| from != to)
        .collect();
    if let Some(paths) = moved.get_mut("paths").and_then(Value::as_object_mut) {
        apply_moves(paths, &moves);
    }
    moved
}

/// The place of each operation by its id. An id that several operations share is ignored.
fn places(document: &Value) -> BTreeMap<String, Place> {
    let mut found: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let operations = item.as_object().into_iter().flatten();
        for (method, operation) in operations.filter(|(key, _)| is_method(key)) {
            if let Some(id) = operation["operationId"].as_str() {
                let place = (path.clone(), method.clone());
                found.entry(id.to_owned()).or_default().push(place);
            }
        }
    }
    let once = found.into_iter().filter(|(_, places)| places.len() == 1);
    once.filter_map(|(id, mut places)| Some((id, places.pop()?))).collect()
}

/// Moves the operations. All are removed before any is inserted, because two operations can swap
/// places.
fn apply_moves(paths: &mut Map<String, Value>, moves: &[(Place, Place)]) {
    let mut taken = Vec::new();
    for (from, to) in moves {
        let item = paths.get_mut(&from.0).and_then(Value::as_object_mut);
        if let Some(operation) = item.and_then(|item| item.shift_remove(&from.1)) {
            taken.push((&from.0, to, operation));
        }
    }
    for (old_path, (path, method), operation) in taken {
        if !paths.contains_key(path) {
            make_path(paths, old_path, path);
        }
        if let Some(item) = paths.get_mut(path).and_then(Value::as_object_mut) {
            item.insert(method.clone(), operation);
        }
    }
}

/// Inserts `path` after `old`, with everything in the old path item except its operations, such as
/// shared parameters.
fn make_path(paths: &mut Map<String, Value>, old: &str, path: &str) {
    let mut item = paths.get(old).cloned().unwrap_or_else(|| json!({}));
    if let Some(item) = item.as_object_mut() {
        item.retain(|key, _| !is_method(key));
    }
    let place = paths.keys().position(|known| known == old);
    let place = place.map_or(paths.len(), |index| index + 1);
    paths.shift_insert(place, path.to_owned(), item);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::follow;

    fn document(paths: Value) -> Value {
        json!({ "paths": paths })
    }

    fn operation(id: &str, text: &str) -> Value {
        json!({"operationId": id, "summary": text})
    }

    #[test]
    fn an_operation_moves_to_its_new_path_with_the_fields_of_the_old_path_item() {
        let ours = document(json!({
            "/old": {"description": "Path.", "get": operation("X", "our X")},
            "/z": {"get": operation("Z", "our Z")}
        }));
        let published = document(json!({
            "/new": {"post": operation("X", "")},
            "/z": {"get": operation("Z", "")}
        }));
        let expected = document(json!({
            "/old": {"description": "Path."},
            "/new": {"description": "Path.", "post": operation("X", "our X")},
            "/z": {"get": operation("Z", "our Z")}
        }));
        assert_eq!(follow(&ours, &published).to_string(), expected.to_string());
    }

    #[test]
    fn two_operations_can_swap_places() {
        let ours = document(
            json!({"/a": {"get": operation("X", "our X"), "put": operation("Y", "our Y")}}),
        );
        let published =
            document(json!({"/a": {"get": operation("Y", ""), "put": operation("X", "")}}));
        let followed = follow(&ours, &published);
        assert_eq!(followed["paths"]["/a"]["get"]["summary"], "our Y");
        assert_eq!(followed["paths"]["/a"]["put"]["summary"], "our X");
    }

    #[test]
    fn a_duplicate_id_moves_no_operation() {
        let ours =
            document(json!({"/a": {"get": operation("X", "1"), "put": operation("X", "2")}}));
        let published = document(json!({"/b": {"get": operation("X", "")}}));
        assert_eq!(follow(&ours, &published), ours);
        let unnamed = document(json!({"/a": {"get": {"summary": "1"}}}));
        assert_eq!(follow(&unnamed, &published), unnamed);
    }
}
