//! `barcode types`.

use barcode_engine::Symbology;
use serde_json::Value;

use crate::fixture::{barcode, stdout};

#[test]
fn all_types_are_listed_with_their_rules() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| barcode(folder.path(), arguments).output().unwrap();

    let table = stdout(&run(&["types"]));
    assert_eq!(table.lines().count() > 80, table.contains("\nEAN13 "), "{table}");
    let ean = stdout(&run(&["types", "ean-13"]));
    let expected =
        "EAN13  write read    write read      12 or 13 digits, of which number 13 is a check digit";
    assert_eq!(ean.lines().nth(1), Some(expected));

    let json = stdout(&run(&["types", "--json", "maxi", "hibc"]));
    let json: Vec<Value> = serde_json::from_str(&json).unwrap();
    let maxi = json.iter().find(|entry| entry["type"] == "MaxiCode").unwrap();
    // Cargo may enable the feature for the sandbox without enabling it for this crate.
    let expected: Value = match Symbology::named("MaxiCode").is_some_and(Symbology::can_write) {
        true => true.into(),
        false => "all-symbologies".into(),
    };
    assert_eq!(maxi["sandbox"]["write"], expected);
    assert!(json.iter().any(|entry| entry["service"]["write"] == false));

    assert_eq!(run(&["types", "nothing"]).status.code(), Some(1));
}
