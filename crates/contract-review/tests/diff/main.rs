//! Compares small documents: each rule in both directions.

mod nesting;
mod operations;
mod report;
mod schemas;

use std::path::{Path, PathBuf};

use contract_review::diff::{Bump, Class, Options, Report, compare};
use contract_review::validate;
use serde_json::Value;

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")
}

fn shelf(version: &str) -> Value {
    let path = documents().join(format!("shelf-{version}.json"));
    let text = std::fs::read_to_string(path).expect("the document is there");
    serde_json::from_str(&text).expect("the document is JSON")
}

/// The 3.0 document with `value` at each `pointer`, whose last token may be new. Null removes the
/// value.
fn shelf_with(changes: &[(&str, Value)]) -> Value {
    let mut document = shelf("3.0");
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let key = key.replace("~1", "/");
        let parent = document.pointer_mut(parent).expect("its parent is there");
        match (parent, value) {
            (Value::Object(map), Value::Null) => {
                map.shift_remove(&key);
            }
            (Value::Object(map), value) => {
                map.insert(key, value.clone());
            }
            (Value::Array(items), value) if key == "-" => items.push(value.clone()),
            (other, _) => panic!("{pointer} is inside {other}"),
        }
    }
    validate("the changed document", &document).expect("it is still valid");
    document
}

fn changes(old: &Value, new: &Value) -> Report {
    compare(old, new, Options { prose: true })
}

/// The lines as text.
fn lines(report: &Report) -> Vec<(Class, String)> {
    let text = |line: &contract_review::diff::Line| {
        let text = format!("{} | {} | {}", line.part, line.subject, line.text);
        (line.class, text.replace(" |  |", " |"))
    };
    report.lines().iter().map(text).collect()
}

/// Asserts the line of a change, and the line of the reverse change.
#[track_caller]
fn both_ways(change: &[(&str, Value)], forward: (Class, &str), backward: (Class, &str)) {
    one_way(&shelf("3.0"), &shelf_with(change), forward);
    one_way(&shelf_with(change), &shelf("3.0"), backward);
}

#[track_caller]
fn one_way(old: &Value, new: &Value, (class, text): (Class, &str)) {
    assert_eq!(lines(&changes(old, new)), [(class, text.to_owned())]);
}

const BOOK: &str = "/components/schemas/Book/properties";

const GET: &str = "/paths/~1books~1{id}/get";

#[test]
fn the_same_contract_in_3_0_and_3_1_has_no_changes() {
    for (old, new) in [("3.0", "3.1"), ("3.1", "3.0")] {
        let report = changes(&shelf(old), &shelf(new));
        let lines = lines(&report);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].1.starts_with("document | OpenAPI"), "{lines:?}");
        assert_eq!(report.bump(), Bump::Patch);
    }
    assert_eq!(changes(&shelf("3.0"), &shelf("3.0")).bump(), Bump::None);
}
