//! Changes of schemas in requests and in responses.

use contract_review::diff::Class::{Additive, Breaking, Docs};
use contract_review::diff::{Options, compare};
use serde_json::{Value, json};

use crate::{BOOK, both_ways, changes, lines, one_way, shelf, shelf_with};

#[test]
fn a_schema_of_requests_and_responses_has_the_more_severe_class() {
    let at = |name: &str| format!("{BOOK}/{name}");
    let report = changes(
        &shelf("3.0"),
        &shelf_with(&[
            (&at("isbn"), json!({"type": "string"})),
            (
                "/components/schemas/Book/required",
                json!(["title", "isbn"]),
            ),
        ]),
    );
    let [line] = report.lines() else {
        panic!("{report:?}")
    };
    assert_eq!(
        (line.request, line.response),
        (Some(Breaking), Some(Additive))
    );
    assert_eq!(line.class, Breaking);

    both_ways(
        &[(&at("isbn"), json!({"type": "string"}))],
        (
            Additive,
            "schema `Book` | property `isbn` | added, optional, string",
        ),
        (Breaking, "schema `Book` | property `isbn` | removed"),
    );
    // A change that helps one direction breaks the other.
    both_ways(
        &[(
            "/components/schemas/Book/required",
            json!(["title", "note"]),
        )],
        (Breaking, "schema `Book` | property `note` | now required"),
        (Breaking, "schema `Book` | property `note` | now optional"),
    );
    both_ways(
        &[(&at("title"), json!({"type": "string", "minLength": 2}))],
        (
            Breaking,
            "schema `Book` | property `title` | minLength 1 -> 2",
        ),
        (
            Breaking,
            "schema `Book` | property `title` | minLength 2 -> 1",
        ),
    );
    both_ways(
        &[(&at("note"), json!({"type": "string"}))],
        (
            Breaking,
            "schema `Book` | property `note` | may no longer be null",
        ),
        (
            Breaking,
            "schema `Book` | property `note` | may now be null",
        ),
    );
    both_ways(
        &[("/components/schemas/Book/additionalProperties", json!(true))],
        (
            Additive,
            "schema `Book` | undeclared fields are now allowed",
        ),
        (
            Breaking,
            "schema `Book` | undeclared fields are now rejected",
        ),
    );
    both_ways(
        &[(&at("title"), json!({"type": "integer"}))],
        (
            Breaking,
            "schema `Book` | property `title` | type string -> integer",
        ),
        (
            Breaking,
            "schema `Book` | property `title` | type integer -> string",
        ),
    );
    both_ways(
        &[(
            &at("title"),
            json!({"type": "string", "minLength": 1, "default": "x"}),
        )],
        (
            Additive,
            "schema `Book` | property `title` | default \"x\" added",
        ),
        (
            Breaking,
            "schema `Book` | property `title` | default \"x\" removed",
        ),
    );
    both_ways(
        &[(
            &at("title"),
            json!({"type": "string", "minLength": 1, "readOnly": true}),
        )],
        (
            Breaking,
            "schema `Book` | property `title` | is no longer part of requests",
        ),
        (
            Breaking,
            "schema `Book` | property `title` | is now part of requests",
        ),
    );
}

#[test]
fn enum_values_are_classified_by_direction() {
    let request_only = |values: Value| {
        shelf_with(&[
            (
                "/components/schemas/Book/properties/language",
                json!({"type": "string"}),
            ),
            ("/components/schemas/Language/enum", values),
        ])
    };
    let (two, three) = (
        request_only(json!(["De", "En"])),
        request_only(json!(["De", "En", "Fr"])),
    );
    one_way(
        &two,
        &three,
        (Additive, "schema `Language` | enum `Fr` added"),
    );
    one_way(
        &three,
        &two,
        (Breaking, "schema `Language` | enum `Fr` removed"),
    );

    let response_only = |schema: Value| {
        shelf_with(&[
            ("/paths/~1books/post/requestBody", Value::Null),
            ("/components/schemas/Book/properties/language", schema),
        ])
    };
    let closed = |values: Value| response_only(json!({"type": "string", "enum": values}));
    let place = "schema `Book` | property `language`";
    one_way(
        &closed(json!(["A"])),
        &closed(json!(["A", "B"])),
        (Breaking, &format!("{place} | enum `B` added")),
    );
    one_way(
        &closed(json!(["A", "B"])),
        &closed(json!(["A"])),
        (Additive, &format!("{place} | enum `B` removed")),
    );

    let open = |values: Value| {
        response_only(json!({"anyOf": [{"type": "string", "enum": values}, {"type": "string"}]}))
    };
    one_way(
        &open(json!(["A"])),
        &open(json!(["A", "B"])),
        (Additive, &format!("{place} | enum `B` added")),
    );
    one_way(
        &open(json!(["A", "B"])),
        &open(json!(["A"])),
        (Docs, &format!("{place} | enum `B` removed")),
    );
    one_way(
        &closed(json!(["A"])),
        &open(json!(["A"])),
        (
            Breaking,
            &format!("{place} | values other than the listed ones are now allowed"),
        ),
    );
}

#[test]
fn a_renamed_schema_is_compared_under_its_new_name() {
    let mut renamed: Value = serde_json::from_str(
        &shelf("3.0")
            .to_string()
            .replace("schemas/Book", "schemas/Volume"),
    )
    .expect("JSON");
    let schemas = renamed["components"]["schemas"]
        .as_object_mut()
        .expect("schemas");
    let book = schemas.shift_remove("Book").expect("the schema");
    schemas.insert("Volume".into(), book);
    one_way(
        &shelf("3.0"),
        &renamed,
        (
            Breaking,
            "schema `Volume` | renamed from `Book`: the same on the wire, but generated code uses the name",
        ),
    );
    renamed["components"]["schemas"]["Volume"]["properties"]["isbn"] = json!({"type": "string"});
    let found = lines(&changes(&shelf("3.0"), &renamed));
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        found[1].1,
        "schema `Volume` | property `isbn` | added, optional, string"
    );
}

#[test]
fn inline_and_shared_shapes_are_compared_by_meaning() {
    let inline = shelf_with(&[(
        "/components/schemas/Book/properties/language",
        json!({"type": "string", "enum": ["En", "De"]}),
    )]);
    assert_eq!(lines(&changes(&shelf("3.0"), &inline)), []);
    let narrower = shelf_with(&[(
        "/components/schemas/Book/properties/language",
        json!({"type": "string", "enum": ["En"]}),
    )]);
    one_way(
        &shelf("3.0"),
        &narrower,
        (
            Breaking,
            "schema `Book` | property `language` | enum `De` removed",
        ),
    );
}

#[test]
fn added_and_removed_alternatives_are_reported() {
    let response = |parts: Value| {
        shelf_with(&[
            (
                "/components/schemas/Cat",
                json!({"type": "object", "properties": {"mew": {"type": "string"}}}),
            ),
            (
                "/components/schemas/Dog",
                json!({"type": "object", "properties": {"bark": {"type": "string"}}}),
            ),
            (
                "/components/schemas/Fox",
                json!({"type": "object", "properties": {"say": {"type": "string"}}}),
            ),
            (
                "/paths/~1books/post/responses/201/content",
                json!({"application/json": {"schema": {"oneOf": parts}}}),
            ),
        ])
    };
    let name = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let two = response(json!([name("Cat"), name("Dog")]));
    let three = response(json!([name("Fox"), name("Dog"), name("Cat")]));
    one_way(
        &two,
        &three,
        (
            Breaking,
            "POST /books | response 201 | alternative `Fox` added",
        ),
    );
    one_way(
        &three,
        &two,
        (
            Additive,
            "POST /books | response 201 | alternative `Fox` removed",
        ),
    );
}

#[test]
fn xml_names_are_compared_if_a_body_can_be_xml() {
    let named = |name: &str| {
        (
            "/components/schemas/Book/properties/note",
            json!({"type": "string", "nullable": true, "xml": {"name": name}}),
        )
    };
    assert_eq!(
        lines(&changes(&shelf("3.0"), &shelf_with(&[named("Note")]))),
        []
    );
    let media = (
        "/paths/~1books/post/requestBody/content/application~1xml",
        json!({"schema": {"$ref": "#/components/schemas/Book"}}),
    );
    let (plain, other) = (
        shelf_with(&[media.clone(), named("note")]),
        shelf_with(&[media, named("Note")]),
    );
    one_way(
        &plain,
        &other,
        (
            Breaking,
            "schema `Book` | property `note` | XML form {} -> {\"name\":\"Note\"}",
        ),
    );
}

#[test]
fn a_change_of_an_unknown_keyword_is_breaking() {
    let mut old = shelf("3.1");
    let mut new = old.clone();
    new["components"]["schemas"]["Book"]["dependentRequired"] = json!({"note": ["price"]});
    let text =
        "schema `Book` | `dependentRequired` changed; no rule covers it, so it counts as breaking";
    one_way(&old, &new, (Breaking, text));
    one_way(&new, &old, (Breaking, text));
    old["paths"]["/books"]["post"]["callbacks"] =
        json!({"done": {"{$url}": {"post": {"responses": {"200": {"description": "d"}}}}}});
    assert_eq!(changes(&shelf("3.1"), &old).class(), Some(Breaking));
}

#[test]
fn descriptions_are_docs_and_can_be_excluded() {
    let reworded = shelf_with(&[(
        "/paths/~1books/post/responses/201/description",
        json!("It is added"),
    )]);
    one_way(
        &shelf("3.0"),
        &reworded,
        (Docs, "POST /books | response 201 | description reworded"),
    );
    assert_eq!(
        compare(&shelf("3.0"), &reworded, Options { prose: false }).class(),
        None
    );
    // Vendor extensions and examples are not part of the contract.
    let examples = shelf_with(&[(
        "/components/schemas/Book/properties/note",
        json!({"type": "string", "nullable": true, "example": "n", "x-order": 1}),
    )]);
    assert_eq!(lines(&changes(&shelf("3.0"), &examples)), []);
}

#[test]
fn changes_of_unused_schemas_are_docs() {
    let extra = |schema: Value| shelf_with(&[("/components/schemas/Extra", schema)]);
    let (text, number) = (
        extra(json!({"type": "string"})),
        extra(json!({"type": "number"})),
    );
    one_way(
        &text,
        &number,
        (
            Docs,
            "schema `Extra` | type string -> number; no operation uses the schema",
        ),
    );
    one_way(
        &text,
        &shelf("3.0"),
        (
            Docs,
            "schema `Extra` | schema removed; no operation used it",
        ),
    );
    one_way(
        &shelf("3.0"),
        &text,
        (Additive, "schema `Extra` | schema added, string"),
    );
}
