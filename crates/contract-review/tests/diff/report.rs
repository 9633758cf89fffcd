//! The output formats of a report, and the known changes between the published documents.

use contract_review::diff::{Bump, Class, Ignored, Options, compare};
use contract_review::validate;
use serde_json::{Value, json};

use crate::{changes, shelf, shelf_with};

#[test]
fn text_markdown_and_json_contain_the_same_changes() {
    let new = shelf_with(&[
        ("/components/schemas/Book/properties/title", json!({"type": "string", "minLength": 2})),
        ("/paths/~1books/post/responses/201/description", json!("It is added")),
    ]);
    let report = changes(&shelf("3.0"), &new);
    assert_eq!(
        report.to_text(),
        "Breaking\n  schema `Book`\n    property `title`: minLength 1 -> 2 (requests: breaking, responses: additive)\n\
         Docs\n  POST /books\n    response 201: description reworded\n\
         1 breaking, 0 source-breaking, 0 warning, 0 additive, 1 docs; version bump: major\n"
    );
    assert_eq!(
        report.to_markdown(),
        "**1 breaking, 0 source-breaking, 0 warning, 0 additive, 1 docs; version bump: major**\n\n\
         ## Breaking\n\n- schema `Book`\n  - property `title`: minLength 1 -> 2 (requests: breaking, responses: additive)\n\n\
         ## Docs\n\n- POST /books\n  - response 201: description reworded\n"
    );
    let machine: Value = serde_json::from_str(&report.to_json()).expect("JSON");
    assert_eq!(machine["class"], "breaking");
    assert_eq!(machine["bump"], "major");
    assert_eq!(
        machine["counts"],
        json!({"breaking": 1, "source-breaking": 0, "warning": 0, "additive": 0, "docs": 1})
    );
    assert_eq!(
        machine["changes"][0],
        json!({
            "class": "breaking", "kind": "bound-changed", "part": "schema `Book`", "subject": "property `title`",
            "text": "minLength 1 -> 2", "pointer": "#/components/schemas/Book/properties/title",
            "request": "breaking", "response": "additive",
        })
    );
}

/// The line of a report about the places in `names` whose descriptions were added.
fn line_about(names: &[&str], response: bool) -> String {
    let parameters = |text: Value| -> Vec<(String, Value)> {
        let parameter = |name: &&str| json!({"name": name, "in": "query", "description": text, "schema": {"type": "string"}});
        let list: Vec<Value> = names.iter().map(parameter).collect();
        vec![("/paths/~1books/post/parameters".into(), list.into())]
    };
    let with = |text: &str| {
        let mut edits = parameters(text.into());
        if response {
            edits.push(("/paths/~1books/post/responses/201/description".into(), text.into()));
        }
        let edits: Vec<_> = edits.iter().map(|(at, value)| (at.as_str(), value.clone())).collect();
        shelf_with(&edits)
    };
    let text = changes(&with("old"), &with("new")).to_text();
    let line = text.lines().nth(2).expect("a line").trim();
    line.strip_suffix(": description reworded").expect("its end").to_owned()
}

#[test]
fn changes_of_documentation_with_the_same_text_are_one_line() {
    for (names, response, expected) in [
        (&["a"][..], false, "query parameter `a`"),
        (&["a", "b"], true, "query parameter `a`, `b`; response 201"),
        (&["a,b", "c"], false, "query parameter `a,b`; query parameter `c`"),
        (&["a", "b", "c", "d", "e"], false, "query parameter `a`, `b`, `c`, `d`, `e`"),
        (&["a", "b", "c", "d", "e", "f"], false, "query parameter `a`, `b`, `c`, `d`; and 2 more"),
    ] {
        assert_eq!(line_about(names, response), expected);
    }
    // The description of the part itself.
    let tagged = shelf_with(&[
        ("/paths/~1books/post/description", json!("new")),
        ("/paths/~1books/post/requestBody/description", json!("new")),
    ]);
    let text = changes(&shelf("3.0"), &tagged).to_text();
    assert!(text.contains("\n    request body; itself: description added\n"), "{text}");
}

#[test]
fn markdown_is_escaped_outside_of_code() {
    let new = shelf_with(&[(
        "/paths/~1a_b*",
        json!({"get": {"operationId": "a_b", "responses": {"204": {"description": "d"}}}}),
    )]);
    let text = changes(&shelf("3.0"), &new).to_markdown();
    assert!(text.contains("- GET /a\\_b\\*\n  - operation `a_b` added\n"), "{text}");
}

#[test]
fn ignored_changes_are_listed_with_their_reason_and_do_not_count() {
    let new = shelf_with(&[
        ("/paths/~1books/post/operationId", json!("NewBook")),
        ("/paths/~1books/post/deprecated", json!(true)),
    ]);
    let entry = |kind: &str, text: &str| json!({"kind": kind, "part": "POST /books", "text": text, "reason": "No one calls it."});
    let renamed = "renamed from `AddBook` to `NewBook`: generated code uses the name";
    let file = json!([
        entry("operation-id-changed", renamed),
        entry("operation-id-changed", "other"),
        {"kind": "deprecation-changed", "part": "POST /books", "subject": "response 200", "reason": "r"},
    ]);
    let entries = Ignored::list("file", &file).expect("valid");
    let report = changes(&shelf("3.0"), &new).ignoring(&entries);
    assert_eq!(report.class(), Some(Class::Docs));
    assert_eq!(
        report.to_text(),
        format!(
            "Docs\n  POST /books\n    now deprecated\n\
             Ignored\n  POST /books: {renamed} (ignored: No one calls it.)\n\
             Ignore entries that match no change; delete them\n\
             \x20 `operation-id-changed` in POST /books\n  `deprecation-changed` in POST /books\n\
             0 breaking, 0 source-breaking, 0 warning, 0 additive, 1 docs; version bump: patch\n"
        )
    );
    assert!(report.to_markdown().contains(&format!(
        "\n## Ignored\n\n- POST /books: {renamed} (ignored: No one calls it.)\n"
    )));
    let machine: Value = serde_json::from_str(&report.to_json()).expect("JSON");
    assert_eq!(machine["ignored"][0]["reason"], "No one calls it.");
    assert_eq!(machine["ignored"][0]["kind"], "operation-id-changed");
    assert_eq!(machine["unmatched"][0], file[1]);
    // An entry without a subject and a text matches each change of its kind and part.
    let all = json!([{"kind": "operation-id-changed", "part": "POST /books", "reason": "r"}]);
    let report =
        changes(&shelf("3.0"), &new).ignoring(&Ignored::list("file", &all).expect("valid"));
    assert_eq!(report.class(), Some(Class::Docs));
    assert!(!report.to_text().contains("match no change"));
}

#[test]
fn an_ignore_file_must_give_reasons() {
    for (file, expected) in [
        (json!({}), "file: must be a list of ignored changes"),
        (json!([{"kind": "k", "part": "p"}]), "file: entry 0: missing field `reason`"),
        (json!([{"kind": "k", "part": "p", "reason": " "}]), "file: entry 0: `reason` is empty"),
        (
            json!([{"kind": "k", "part": "p", "reason": "r", "x": 1}]),
            "file: entry 0: unknown field `x`",
        ),
    ] {
        let error = Ignored::list("file", &file).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// The vendor's documents are not part of this project. If they are available, this test compares
/// them.
#[test]
fn the_published_documents_have_the_known_changes() {
    let read = |variable: &str| {
        let path = std::env::var(variable).ok()?;
        Some(serde_json::from_str::<Value>(&std::fs::read_to_string(path).ok()?).expect("JSON"))
    };
    let (Some(old), Some(new)) =
        (read("BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD"), read("BARCODE_CLOUD_PUBLISHED_DOCUMENT"))
    else {
        println!(
            "skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT and BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD are not set"
        );
        return;
    };
    for document in [&old, &new] {
        validate("the published document", document).expect("it is valid");
    }
    let report = compare(&old, &new, Options { prose: false });
    let count = |kind: &str| report.lines().iter().filter(|line| line.kind == kind).count();
    assert_eq!(report.class(), Some(Class::Warning));
    assert_eq!(report.bump(), Bump::Minor);
    assert_eq!(count("schema-added"), 13);
    assert_eq!(count("parameter-added"), 19);
    // 19 form fields and three groups of the JSON body.
    assert_eq!(count("property-added"), 19 + 3);
    // Two defaults, each declared in the query, the form and the JSON body.
    assert_eq!(count("default-changed"), 6);
    assert_eq!(report.lines().len(), 13 + 19 + 22 + 6 + 1);
    assert_eq!(compare(&new, &old, Options { prose: false }).bump(), Bump::Major);
}
