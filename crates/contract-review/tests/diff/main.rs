//! Compares small documents: each rule in both directions.

mod nesting;
mod report;
mod schemas;

use std::path::{Path, PathBuf};

use contract_review::diff::{Bump, Class, Options, Report, compare};
use contract_review::{Source, validate};
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
    let document = shelf_edited("3.0", changes);
    validate("the changed document", &document).expect("it is still valid");
    document
}

fn shelf_edited(version: &str, changes: &[(&str, Value)]) -> Value {
    let mut document = shelf(version);
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

/// Returns the entries of `edits` as arguments of [`shelf_with`].
fn edits(edits: &Value) -> Vec<(&str, Value)> {
    let edits = edits.as_object().into_iter().flatten();
    edits.map(|(at, value)| (at.as_str(), value.clone())).collect()
}

#[test]
fn the_changes_in_the_table_have_the_expected_lines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff/cases.yaml");
    let cases = Source::File(path).read(Path::new(".")).expect("the table is there");
    let cases = cases.as_array().expect("a list");
    assert!(cases.len() > 80);
    let mut wrong = String::new();
    for case in cases {
        let version = case["version"].as_str().unwrap_or("3.0");
        let side = |name: &str| {
            shelf_edited(version, &[edits(&case["both"]), edits(&case[name])].concat())
        };
        let (old, new) = (side("old"), side("new"));
        for (way, old, new) in [("forward", &old, &new), ("backward", &new, &old)] {
            let found = lines(&changes(old, new));
            let found: Vec<String> =
                found.iter().map(|(class, text)| format!("{}: {text}", class.name())).collect();
            let expected = &case[way];
            if !expected.is_null() && *expected != Value::from(found.clone()) {
                wrong.push_str(&format!("{case}\n  {way}: {found:#?}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

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
