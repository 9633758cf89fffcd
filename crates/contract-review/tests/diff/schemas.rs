//! Changes that are not in the table: they rename a shared schema or depend on the options.

use contract_review::diff::Class::{Additive, Breaking, SourceBreaking};
use contract_review::diff::{Options, compare};
use serde_json::{Value, json};

use crate::{changes, lines, shelf, shelf_with};

#[test]
fn a_schema_of_requests_and_responses_has_the_more_severe_class() {
    let report = changes(
        &shelf("3.0"),
        &shelf_with(&[
            ("/components/schemas/Book/properties/isbn", json!({"type": "string"})),
            ("/components/schemas/Book/required", json!(["title", "isbn"])),
        ]),
    );
    let [line] = report.lines() else { panic!("{report:?}") };
    assert_eq!((line.request, line.response), (Some(Breaking), Some(Additive)));
    assert_eq!(line.class, Breaking);
}

#[test]
fn a_renamed_schema_is_compared_under_its_new_name() {
    let mut renamed: Value =
        serde_json::from_str(&shelf("3.0").to_string().replace("schemas/Book", "schemas/Volume"))
            .expect("JSON");
    let schemas = renamed["components"]["schemas"].as_object_mut().expect("schemas");
    let book = schemas.shift_remove("Book").expect("the schema");
    schemas.insert("Volume".into(), book);
    let text = "schema `Volume` | renamed from `Book`: the same on the wire, but generated code uses the name";
    let renaming = (SourceBreaking, text.to_owned());
    let found = lines(&changes(&shelf("3.0"), &renamed));
    assert_eq!(found, std::slice::from_ref(&renaming));
    renamed["components"]["schemas"]["Volume"]["properties"]["isbn"] = json!({"type": "string"});
    let text = "schema `Volume` | property `isbn` | added, optional, string";
    assert_eq!(lines(&changes(&shelf("3.0"), &renamed)), [renaming, (Additive, text.to_owned())]);
}

#[test]
fn descriptions_can_be_excluded() {
    let reworded =
        shelf_with(&[("/paths/~1books/post/responses/201/description", json!("It is added"))]);
    let report = compare(&shelf("3.0"), &reworded, Options { prose: false });
    assert_eq!(report.class(), None);
}
