//! Schemas that contain each other, themselves, or very many parts.

use contract_review::diff::Class::Breaking;
use serde_json::{Value, json};

use crate::{changes, lines, shelf, shelf_with};

#[test]
fn schemas_that_contain_each_other_are_compared_once() {
    let tree = |leaf: &str| {
        shelf_with(&[
            (
                "/components/schemas/A",
                json!({"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}, "leaf": {"type": leaf}}}),
            ),
            (
                "/components/schemas/B",
                json!({"allOf": [{"$ref": "#/components/schemas/A"}], "properties": {"a": {"$ref": "#/components/schemas/A"}}}),
            ),
            (
                "/components/schemas/Book/properties/sequel",
                json!({"$ref": "#/components/schemas/B"}),
            ),
        ])
    };
    let found = lines(&changes(&tree("string"), &tree("number")));
    let text = |part: &str| {
        (Breaking, format!("schema `{part}` | property `leaf` | type string -> number"))
    };
    assert_eq!(found, [text("B"), text("A")]);
}

/// Found with random documents: comparing an inline part that refers to its own schema did not
/// terminate.
#[test]
fn a_property_that_refers_to_its_own_schema_is_compared_once() {
    let own = json!({"nullable": true, "allOf": [{"$ref": "#/components/schemas/Book"}]});
    let circle = shelf_with(&[("/components/schemas/Book/properties/note", own)]);
    assert_eq!(lines(&changes(&circle, &circle)), []);
    let report = changes(&shelf("3.0"), &circle);
    assert_eq!(report.class(), Some(Breaking));
}

#[test]
fn a_keyword_in_an_alternative_of_a_list_is_compared() {
    let listed = |first: Value| {
        let value = json!({"anyOf": [first, {"type": "string", "enum": ["b"]}]});
        shelf_with(&[("/components/schemas/Book/properties/note", value)])
    };
    let plain = listed(json!({"type": "string", "enum": ["a"]}));
    let odd = listed(json!({"type": "string", "enum": ["a"], "not": {"type": "string"}}));
    assert_eq!(changes(&plain, &odd).class(), Some(Breaking));
    assert_eq!(changes(&odd, &plain).class(), Some(Breaking));
    // Nested lists are merged into one.
    let nested = listed(
        json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["c"]}]}),
    );
    let flat = listed(json!({"type": "string", "enum": ["a", "c"]}));
    assert_eq!(lines(&changes(&nested, &flat)), []);
}

/// `count` shared schemas, each of which refers to the next through `link`. The last one is `end`.
fn chain(count: usize, link: impl Fn(Value) -> Value, end: Value) -> Value {
    let mut changes: Vec<(String, Value)> = vec![(
        "/components/schemas/Book/properties/note".into(),
        json!({"$ref": "#/components/schemas/Part0"}),
    )];
    for index in 1..count {
        let next = json!({"$ref": format!("#/components/schemas/Part{index}")});
        changes.push((format!("/components/schemas/Part{}", index - 1), link(next)));
    }
    changes.push((format!("/components/schemas/Part{}", count - 1), end));
    let changes: Vec<_> = changes.iter().map(|(at, value)| (at.as_str(), value.clone())).collect();
    shelf_with(&changes)
}

#[test]
fn a_change_behind_hundreds_of_parts_is_reported() {
    let part = |next: Value| json!({"allOf": [next], "description": "A part."});
    let listed = |next: Value| json!({"anyOf": [next, {"type": "string", "enum": ["x"]}]});
    for link in [&part as &dyn Fn(Value) -> Value, &listed] {
        let text = chain(300, link, json!({"type": "string", "maxLength": 5}));
        let number = chain(300, link, json!({"type": "number"}));
        assert_eq!(lines(&changes(&text, &text)), []);
        assert_eq!(changes(&text, &number).class(), Some(Breaking));
        assert_eq!(changes(&number, &text).class(), Some(Breaking));
    }
}

#[test]
fn the_last_of_a_thousand_sibling_parts_is_compared() {
    let wide = |last: Value| {
        let mut parts: Vec<Value> = (0..1000)
            .map(|index| json!({"properties": {format!("p{index}"): {"type": "string"}}}))
            .collect();
        parts.push(json!({"properties": {"last": last}}));
        shelf_with(&[("/components/schemas/Book/properties/note", json!({"allOf": parts}))])
    };
    let found = lines(&changes(&wide(json!({"type": "string"})), &wide(json!({"type": "number"}))));
    let line = "schema `Book` | property `note`, property `last` | type string -> number";
    assert_eq!(found, [(Breaking, line.to_owned())]);
}

/// Every pair of alternatives used to be compared, and 400 of them took half a minute.
#[test]
fn many_alternatives_are_matched_by_name() {
    let many = |last: &str| {
        let kind = |name: String| json!({"type": "object", "properties": {name: {"anyOf": [{"type": "string"}, {"type": "object"}]}}});
        let mut all: Vec<Value> = (0..2000).map(|index| kind(format!("f{index}"))).collect();
        all.push(kind(last.to_owned()));
        shelf_with(&[("/components/schemas/Book/properties/note", json!({"anyOf": all}))])
    };
    let found = lines(&changes(&many("before"), &many("after")));
    let line = |class, what| {
        let note = "schema `Book` | property `note`";
        (class, format!("{note} | alternative object with {what}"))
    };
    assert_eq!(found, [line(Breaking, "`after` added"), line(Breaking, "`before` removed")]);
}

#[test]
fn a_change_at_several_places_is_reported_at_each() {
    let side = |name: &str| {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        shelf_with(&[
            ("/components/schemas/A", json!({"type": "string"})),
            ("/components/schemas/B", json!({"type": "number"})),
            ("/components/schemas/Book/properties/left", reference.clone()),
            ("/components/schemas/Book/properties/right", reference),
        ])
    };
    let found = lines(&changes(&side("A"), &side("B")));
    let line = |place: &str, text: &str| {
        (Breaking, format!("schema `Book` | property `{place}` | {text}"))
    };
    assert_eq!(
        found,
        [
            line("left", "type string -> number"),
            line("right", "changed in the same way as property `left`"),
        ]
    );
}
