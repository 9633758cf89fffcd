//! Merges a published document into ours. The facts are the published ones; the descriptions and
//! the order are ours. No published description is copied: a place for which we have no description
//! gets a marker.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::items::{follow_renames, identified};
use super::order::order;
use super::places::{Kind, Object, is_description, is_dropped, required_description, under};
use super::shared::{Shared, SharedObject};
use crate::pointer::Pointer;
use crate::references::resolved;

/// The start of a marker. It is followed by the pointer of the place to describe.
pub const MARKER: &str = "TODO: describe ";

/// Returns our document with the facts of `published`.
pub(super) fn merge(ours: &Value, published: &Value) -> Value {
    let root = Pointer::default();
    let mut published = published.clone();
    publish_tags(&mut published);
    let mut shared = Shared::default();
    loop {
        let merger = Merger {
            ours,
            published: &published,
            siblings_of_references: !published["openapi"]
                .as_str()
                .is_some_and(|v| v.starts_with("3.0.")),
            shared: &shared,
            found: RefCell::default(),
        };
        let merged = merger.object(Object::Root, false, Some(ours), &published, &root);
        // An object that is shared now can contain another one that is shared now.
        let found = merger.found.into_inner();
        if found.is_empty() {
            return merged;
        }
        shared.extend(found);
    }
}

/// The places in `document` that contain a marker.
pub(super) fn undescribed(document: &Value) -> Vec<Pointer> {
    fn walk(node: &Value, at: &Pointer, found: &mut Vec<Pointer>) {
        match node {
            text if is_marker(text) => found.push(at.clone()),
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| walk(value, &at.join(key), found));
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, item)| walk(item, &at.join(index), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(document, &Pointer::default(), &mut found);
    found
}

/// Adds the tags that operations use to the list of tags, because every tag needs a description.
fn publish_tags(published: &mut Value) {
    let mut tags = published["tags"].as_array().cloned().unwrap_or_default();
    let mut known: BTreeSet<String> =
        tags.iter().filter_map(|tag| tag["name"].as_str().map(str::to_owned)).collect();
    let items = published["paths"].as_object().into_iter().flatten();
    for (_, item) in items {
        for (_, operation) in item.as_object().into_iter().flatten() {
            for tag in operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str)
            {
                if known.insert(tag.to_owned()) {
                    tags.push(json!({ "name": tag }));
                }
            }
        }
    }
    if !tags.is_empty() {
        published["tags"] = tags.into();
    }
}

struct Merger<'d> {
    ours: &'d Value,
    published: &'d Value,
    /// Whether a reference may have its own description, which is allowed since 3.1.
    siblings_of_references: bool,
    /// Our objects that are published as shared objects with new names.
    shared: &'d Shared,
    /// More of them, which were found during this merge.
    found: RefCell<Shared>,
}

impl Merger<'_> {
    fn value(&self, kind: Kind, ours: Option<&Value>, published: &Value, at: &Pointer) -> Value {
        match kind {
            Kind::One(object) => {
                let named = !matches!(object, Object::Schema);
                self.object(object, named, ours, published, at)
            }
            Kind::Map(object) => self.map(object, |_| true, ours, published, at),
            Kind::ExtensibleMap(object) => {
                self.map(object, |key| !key.starts_with("x-"), ours, published, at)
            }
            Kind::List(object) => self.list(object, ours, published, at),
            Kind::OrderedList(object) => self.ordered_list(object, ours, published, at),
            Kind::Set => set(ours, published),
            Kind::Scopes => scopes(ours, published, at),
            Kind::Fact => match ours {
                // Equal except for the order of the keys.
                Some(ours) if ours == published => ours.clone(),
                _ => published.clone(),
            },
        }
    }

    /// `named`: whether the object has its own name or place, so that it needs a description.
    fn object(
        &self,
        object: Object,
        named: bool,
        ours: Option<&Value>,
        published: &Value,
        at: &Pointer,
    ) -> Value {
        let Some(facts) = published.as_object() else {
            return published.clone();
        };
        let before = ours.and_then(|ours| self.ours_of(object, ours, facts));
        let before = before.as_deref();
        let kept = |key: &str| is_description(object, key);
        let names: Vec<String> =
            facts.keys().filter(|key| !is_dropped(object, key)).cloned().collect();
        let mut merged = Map::new();
        for key in order(&keys(before), &names, kept) {
            let (old, new) = (before.and_then(|map| map.get(&key)), facts.get(&key));
            let value = match (old, new) {
                (Some(old), _) if kept(&key) && !is_marker(old) => old.clone(),
                _ if kept(&key) => marker(at),
                (_, Some(new)) => self.value(under(object, &key), old, new, &at.join(&key)),
                (_, None) => continue,
            };
            merged.insert(key, value);
        }
        if named && before.is_none() {
            self.require_description(object, &mut merged, at);
        }
        Value::Object(merged)
    }

    /// Our object for the published object `facts`, when only one of the two is a reference or they
    /// are references to different places.
    fn ours_of<'a>(
        &self,
        object: Object,
        ours: &'a Value,
        facts: &Map<String, Value>,
    ) -> Option<Cow<'a, Map<String, Value>>> {
        let own = ours.as_object()?;
        let refers = own.contains_key("$ref");
        let Some(target) = facts.get("$ref").and_then(Value::as_str) else {
            if !refers {
                return Some(Cow::Borrowed(own));
            }
            // The object is no longer shared. A description next to the reference is more specific.
            let mut inline = resolved(self.ours, ours).as_object()?.clone();
            let siblings = own.iter().filter(|(key, _)| *key != "$ref");
            inline.extend(siblings.map(|(key, value)| (key.clone(), value.clone())));
            return Some(Cow::Owned(inline));
        };
        self.share(ours, target);
        // A reference has no room for the description of the object that was here.
        let keeps = refers || object == Object::Schema && self.siblings_of_references;
        Some(match keeps {
            true => Cow::Borrowed(own),
            false => Cow::Owned(Map::new()),
        })
    }

    /// Remembers that our object `ours` is now published at the place `target`, if we have no
    /// object at that place.
    fn share(&self, ours: &Value, target: &str) {
        let Some(place) = target.strip_prefix('#') else {
            return;
        };
        let is_new = self.ours.pointer(place).is_none() && !self.shared.contains_key(place);
        let old_place = ours["$ref"].as_str().and_then(|old| old.strip_prefix('#'));
        // A shared object that is still published keeps its descriptions.
        let is_free = old_place.is_none_or(|old| self.published.pointer(old).is_none());
        if is_new && is_free {
            let object = SharedObject {
                ours: resolved(self.ours, ours).clone(),
                old_place: old_place.map(str::to_owned),
            };
            self.found.borrow_mut().entry(place.to_owned()).or_insert(object);
        }
    }

    fn require_description(&self, object: Object, merged: &mut Map<String, Value>, at: &Pointer) {
        let refers = merged.contains_key("$ref");
        if refers && !(object == Object::Schema && self.siblings_of_references) {
            return;
        }
        if let Some((keyword, after)) = required_description(object)
            && !merged.contains_key(keyword)
        {
            let places = merged.keys().enumerate().filter(|(_, key)| after.contains(&key.as_str()));
            let place = places.map(|(index, _)| index + 1).max().unwrap_or(0);
            merged.shift_insert(place, keyword.into(), marker(at));
        }
    }

    fn map(
        &self,
        object: Object,
        is_name: impl Fn(&str) -> bool,
        ours: Option<&Value>,
        published: &Value,
        at: &Pointer,
    ) -> Value {
        let Some(facts) = published.as_object() else {
            return published.clone();
        };
        let before = ours.and_then(Value::as_object);
        let names: Vec<String> = facts.keys().filter(|key| is_name(key)).cloned().collect();
        let known = keys(before).into_iter();
        let known: Vec<String> = known.map(|name| self.new_name(at, name, &names)).collect();
        let mut merged = Map::new();
        for name in order(&known, &names, |_| false) {
            let old = before.and_then(|map| map.get(&name));
            let at = at.join(&name);
            let shared = self.shared.get(at.as_str()).map(|object| &object.ours);
            let old = old.or(shared);
            merged.insert(name.clone(), self.object(object, true, old, &facts[&name], &at));
        }
        Value::Object(merged)
    }

    /// The name under which our object `name` in the map at `at` is published.
    fn new_name(&self, at: &Pointer, name: String, published: &[String]) -> String {
        let place = at.join(&name);
        let is_new = |new: &&String| {
            let object = self.shared.get(at.join(new).as_str());
            object.is_some_and(|object| object.old_place.as_deref() == Some(place.as_str()))
        };
        published.iter().find(is_new).cloned().unwrap_or(name)
    }

    fn list(&self, object: Object, ours: Option<&Value>, published: &Value, at: &Pointer) -> Value {
        let mut before = identified(self.ours, ours);
        let after = identified(self.published, Some(published));
        follow_renames(&mut before, &after);
        let names = |items: &[(String, &Value)]| {
            items.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let find = |items: &[(String, &Value)], name: &str| -> Option<Value> {
            let found = items.iter().find(|(known, _)| known == name);
            found.map(|(_, item)| (*item).clone())
        };
        let named = object != Object::Schema;
        let merged = order(&names(&before), &names(&after), |_| false)
            .iter()
            .enumerate()
            .filter_map(|(index, name)| {
                let new = find(&after, name)?;
                let old = find(&before, name);
                Some(self.object(object, named, old.as_ref(), &new, &at.join(index)))
            })
            .collect();
        Value::Array(merged)
    }

    fn ordered_list(
        &self,
        object: Object,
        ours: Option<&Value>,
        published: &Value,
        at: &Pointer,
    ) -> Value {
        let items = published.as_array().into_iter().flatten().enumerate();
        let merged = items.map(|(index, item)| {
            let old = ours.and_then(|list| list.get(index));
            self.object(object, false, old, item, &at.join(index))
        });
        Value::Array(merged.collect())
    }
}

fn keys(map: Option<&Map<String, Value>>) -> Vec<String> {
    map.into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

/// The marker for a missing description.
fn marker(at: &Pointer) -> Value {
    format!("{MARKER}`{at}`").into()
}

/// Whether a description is a marker of an earlier update. Markers are replaced, because their
/// place may have moved.
fn is_marker(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.starts_with(MARKER))
}

/// Merges a list of plain values whose order has no meaning, in our order.
fn set(ours: Option<&Value>, published: &Value) -> Value {
    let (Some(ours), Some(items)) = (ours.and_then(Value::as_array), published.as_array()) else {
        return published.clone();
    };
    let texts = |items: &[Value]| items.iter().map(Value::to_string).collect::<Vec<_>>();
    let ordered = order(&texts(ours), &texts(items), |_| false);
    let found =
        ordered.iter().filter_map(|text| items.iter().find(|item| item.to_string() == *text));
    Value::Array(found.cloned().collect())
}

/// Merges scopes, whose values are descriptions.
fn scopes(ours: Option<&Value>, published: &Value, at: &Pointer) -> Value {
    let Some(facts) = published.as_object() else {
        return published.clone();
    };
    let before = ours.and_then(Value::as_object);
    let names: Vec<String> = facts.keys().filter(|key| !key.starts_with("x-")).cloned().collect();
    let merged = order(&keys(before), &names, |_| false).into_iter().map(|name| {
        let text = before.and_then(|map| map.get(&name)).cloned();
        let text = text.filter(|text| !is_marker(text));
        let text = text.unwrap_or_else(|| marker(&at.join(&name)));
        (name, text)
    });
    Value::Object(merged.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{merge, undescribed};

    fn document(schemas: Value) -> Value {
        json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}, "components": {"schemas": schemas}})
    }

    #[test]
    fn facts_are_published_and_descriptions_and_order_are_ours() {
        let ours = document(json!({
            "B": {"description": "our B", "type": "string", "enum": ["y", "x"]},
            "A": {"description": "our A", "type": "object", "required": ["b", "a"], "properties": {"description": {"description": "ours", "type": "string"}}},
        }));
        let theirs = document(json!({
            "A": {"type": "object", "x-vendor": 1, "example": {}, "properties": {"description": {"type": "integer", "description": "theirs"}}, "required": ["a", "b"], "description": "their A"},
            "B": {"enum": ["x", "n", "y"], "type": "string"},
        }));
        let merged = merge(&ours, &theirs);
        let expected = document(json!({
            "B": {"description": "our B", "type": "string", "enum": ["y", "x", "n"]},
            "A": {"description": "our A", "type": "object", "required": ["b", "a"], "properties": {"description": {"description": "ours", "type": "integer"}}},
        }));
        assert_eq!(merged.to_string(), expected.to_string());
    }

    #[test]
    fn new_places_get_a_marker_instead_of_the_published_description() {
        let theirs = document(json!({
            "New": {"type": "object", "title": "their words", "properties": {
                "a": {"type": "string", "description": "their words"},
                "r": {"$ref": "#/components/schemas/New"},
            }},
        }));
        let merged = merge(&document(json!({})), &theirs);
        assert!(!merged.to_string().contains("their words"), "{merged}");
        let places: Vec<String> = undescribed(&merged).iter().map(ToString::to_string).collect();
        assert_eq!(
            places,
            [
                "#/components/schemas/New/description",
                "#/components/schemas/New/title",
                "#/components/schemas/New/properties/a/description",
                "#/components/schemas/New/properties/r/description",
            ]
        );
        assert_eq!(
            merged["components"]["schemas"]["New"]["properties"]["a"]["description"],
            "TODO: describe `#/components/schemas/New/properties/a`"
        );
    }

    #[test]
    fn in_3_0_a_reference_stays_alone() {
        let mut theirs =
            document(json!({"New": {"properties": {"r": {"$ref": "#/components/schemas/New"}}}}));
        theirs["openapi"] = "3.0.3".into();
        let merged = merge(&document(json!({})), &theirs);
        assert_eq!(
            merged["components"]["schemas"]["New"]["properties"]["r"],
            json!({"$ref": "#/components/schemas/New"})
        );
    }

    #[test]
    fn tags_of_operations_are_kept_and_new_tags_are_marked() {
        let mut ours = document(json!({}));
        ours["tags"] =
            json!([{"name": "Old", "description": "o"}, {"name": "Kept", "description": "k"}]);
        let mut theirs = document(json!({}));
        theirs["paths"] = json!({"/a": {"get": {"tags": ["Kept", "New"], "responses": {}}}});
        let merged = merge(&ours, &theirs);
        assert_eq!(
            merged["tags"],
            json!([{"name": "Kept", "description": "k"}, {"name": "New", "description": "TODO: describe `#/tags/1`"}])
        );
    }

    /// Merges, and returns the descriptions of the result in its order.
    fn descriptions(ours: &Value, theirs: &Value) -> Vec<String> {
        fn walk(node: &Value, found: &mut Vec<String>) {
            match node {
                Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                    Value::String(text) if key == "description" => found.push(text.clone()),
                    value => walk(value, found),
                }),
                Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        walk(&merge(ours, theirs), &mut found);
        found
    }

    /// A document with an operation that has `parameters` and a response with `schema`.
    fn with_operation(parameters: Value, schema: Value, components: Value) -> Value {
        json!({
            "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
            "paths": {"/a": {"get": {"parameters": parameters, "responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}},
            "components": components,
        })
    }

    fn parameter(place: &str, name: &str, kind: &str, description: &str) -> Value {
        json!({"name": name, "in": place, "description": description, "schema": {"type": kind}})
    }

    fn reference(place: &str) -> Value {
        json!({"$ref": format!("#/components/{place}")})
    }

    #[test]
    fn the_descriptions_of_a_renamed_schema_are_kept() {
        let schema = |name: &str, inner: &str, text: &str| {
            json!({
                "First": {"type": "string", "description": text},
                name: {"description": text, "type": "object", "properties": {"p": {"description": text, "allOf": [reference(&format!("schemas/{inner}"))]}}},
                inner: {"type": "string", "description": text},
            })
        };
        let with = |name: &str, inner: &str, text: &str| {
            let schemas = schema(name, inner, text);
            with_operation(
                json!([]),
                reference(&format!("schemas/{name}")),
                json!({"schemas": schemas}),
            )
        };
        let (ours, theirs) = (with("A", "B", "ours"), with("New", "Inner", "theirs"));
        assert_eq!(descriptions(&ours, &theirs), ["ours"; 4]);
        let merged = merge(&ours, &theirs);
        let schemas = merged["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.keys().collect::<Vec<_>>(), ["First", "New", "Inner"]);
        // The old schema is still published, so the other one is a new schema.
        let mut both = theirs.clone();
        both["components"]["schemas"]["A"] = ours["components"]["schemas"]["A"].clone();
        both["components"]["schemas"]["B"] = ours["components"]["schemas"]["B"].clone();
        let merged = merge(&ours, &both);
        assert_eq!(
            merged["components"]["schemas"]["New"]["description"],
            "TODO: describe `#/components/schemas/New`"
        );
    }

    #[test]
    fn the_descriptions_of_a_renamed_parameter_are_kept() {
        let with = |parameters: Value| with_operation(parameters, json!({}), json!({}));
        let ours = with(json!([
            parameter("query", "a", "string", "our a"),
            parameter("query", "b", "integer", "our b"),
            parameter("header", "c", "integer", "our c"),
        ]));
        for (theirs, expected) in [
            // Only `b` is an integer in the query.
            (
                json!([
                    parameter("query", "x", "integer", "theirs"),
                    parameter("query", "a", "string", "theirs")
                ]),
                ["our a", "our b"],
            ),
            // The same name in another place is another parameter.
            (
                json!([
                    parameter("query", "c", "string", "theirs"),
                    parameter("header", "c", "integer", "theirs")
                ]),
                ["our a", "our c"],
            ),
            // A parameter with another type is a new one.
            (
                json!([
                    parameter("query", "a", "string", "theirs"),
                    parameter("query", "x", "boolean", "theirs")
                ]),
                ["our a", "TODO: describe `#/paths/~1a/get/parameters/1`"],
            ),
            // It cannot be decided which of the two is `b`.
            (
                json!([
                    parameter("query", "x", "integer", "theirs"),
                    parameter("query", "y", "integer", "theirs")
                ]),
                [
                    "TODO: describe `#/paths/~1a/get/parameters/0`",
                    "TODO: describe `#/paths/~1a/get/parameters/1`",
                ],
            ),
        ] {
            assert_eq!(descriptions(&ours, &with(theirs.clone())), expected, "{theirs}");
        }
        // The order identifies path parameters.
        let path = |names: [&str; 2]| {
            with(json!(names.map(|name| parameter("path", name, "string", &format!("our {name}")))))
        };
        assert_eq!(descriptions(&path(["a", "b"]), &path(["x", "y"])), ["our a", "our b"]);
    }

    #[test]
    fn the_descriptions_of_an_object_that_is_now_shared_are_kept() {
        let schema = |text: &str, inner: Value| json!({"type": "object", "description": text, "properties": {"p": inner}});
        let inner = |text: &str| json!({"type": "string", "description": text});
        let inline = |text: &str| {
            with_operation(
                json!([parameter("query", "a", "string", text)]),
                schema(text, inner(text)),
                json!({}),
            )
        };
        let shared = |text: &str| {
            with_operation(
                json!([reference("parameters/A")]),
                reference("schemas/S"),
                json!({
                    "schemas": {"I": inner(text), "S": schema(text, reference("schemas/I"))},
                    "parameters": {"A": parameter("query", "a", "string", text)},
                }),
            )
        };
        let moved = merge(&inline("ours"), &shared("theirs"));
        let text = moved.to_string();
        assert!(!text.contains("theirs"), "{text}");
        // Only the response itself has no description of ours.
        assert_eq!(undescribed(&moved).len(), 0, "{text}");
        assert_eq!(moved["paths"]["/a"]["get"]["parameters"], json!([reference("parameters/A")]));
        assert_eq!(moved["components"]["parameters"]["A"]["description"], "ours");
        assert_eq!(moved["components"]["schemas"]["I"]["description"], "ours");
        let back = merge(&shared("ours"), &inline("theirs"));
        assert_eq!(back["paths"], inline("ours")["paths"]);
    }

    #[test]
    fn parameters_keep_their_descriptions_when_others_are_inserted() {
        let parameter = |name: &str, text: &str| json!({"name": name, "in": "query", "description": text, "schema": {}});
        let with = |list: Value| {
            let mut document = document(json!({}));
            document["paths"] = json!({"/a": {"get": {"parameters": list, "responses": {}}}});
            document
        };
        let ours = with(json!([parameter("a", "our a"), parameter("b", "our b")]));
        let theirs = with(json!([parameter("a", "x"), parameter("n", "x"), parameter("b", "x")]));
        let merged = merge(&ours, &theirs);
        let texts: Vec<&str> = merged["paths"]["/a"]["get"]["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["description"].as_str().unwrap())
            .collect();
        assert_eq!(texts, ["our a", "TODO: describe `#/paths/~1a/get/parameters/1`", "our b"]);
    }
}
