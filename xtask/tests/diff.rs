//! `cargo xtask diff`: each rule in both directions on small made-up documents, its printed forms, its exit codes, and
//! the two published documents where they are at hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use xtask::diff::{Bump, Class, Format, Options, Report, compare};
use xtask::meta;

use Class::{Additive, Breaking, Docs};

fn documents() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents")
}

fn shelf(version: &str) -> Value {
    let path = documents().join(format!("shelf-{version}.json"));
    let text = std::fs::read_to_string(path).expect("the document is there");
    serde_json::from_str(&text).expect("the document is JSON")
}

/// The 3.0 document with `value` at `pointer`, whose last token may be new; null takes it out.
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
            (other, _) => panic!("{pointer} leads into {other}"),
        }
    }
    meta::check("the changed document", &document).expect("it is still valid");
    document
}

fn changes(old: &Value, new: &Value) -> Report {
    compare(old, new, Options { prose: true })
}

/// A line as a person reads it.
fn lines(report: &Report) -> Vec<(Class, String)> {
    let told = |line: &xtask::diff::Line| {
        let text = format!("{} | {} | {}", line.part, line.subject, line.text);
        (line.class, text.replace(" |  |", " |"))
    };
    report.lines().iter().map(told).collect()
}

/// Holds one change to its line there and its line back.
#[track_caller]
fn both_ways(change: &[(&str, Value)], there: (Class, &str), back: (Class, &str)) {
    one_way(&shelf("3.0"), &shelf_with(change), there);
    one_way(&shelf_with(change), &shelf("3.0"), back);
}

#[track_caller]
fn one_way(old: &Value, new: &Value, (class, text): (Class, &str)) {
    assert_eq!(lines(&changes(old, new)), [(class, text.to_owned())]);
}

const BOOK: &str = "/components/schemas/Book/properties";
const GET: &str = "/paths/~1books~1{id}/get";

#[test]
fn the_same_said_in_3_0_and_3_1_is_the_same() {
    for (old, new) in [("3.0", "3.1"), ("3.1", "3.0")] {
        let report = changes(&shelf(old), &shelf(new));
        let told = lines(&report);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].1.starts_with("document | OpenAPI"), "{told:?}");
        assert_eq!(report.bump(), Bump::Patch);
    }
    assert_eq!(changes(&shelf("3.0"), &shelf("3.0")).bump(), Bump::None);
}

#[test]
fn operations_come_and_go() {
    both_ways(
        &[(
            "/paths/~1books/delete",
            json!({"operationId": "Clear", "responses": {"204": {"description": "d"}}}),
        )],
        (Additive, "DELETE /books | operation `Clear` added"),
        (Breaking, "DELETE /books | operation `Clear` removed"),
    );
    both_ways(
        &[("/paths/~1books/post/operationId", json!("NewBook"))],
        (
            Breaking,
            "POST /books | renamed from `AddBook` to `NewBook`: generated code names it so",
        ),
        (
            Breaking,
            "POST /books | renamed from `NewBook` to `AddBook`: generated code names it so",
        ),
    );
    both_ways(
        &[("/paths/~1books/post/deprecated", json!(true))],
        (Docs, "POST /books | deprecated now"),
        (Docs, "POST /books | not deprecated any more"),
    );
}

#[test]
fn parameters_come_and_go() {
    let at = format!("{GET}/parameters/-");
    let parameter = |required: bool| json!({"name": "q", "in": "query", "required": required, "schema": {"type": "array", "items": {"type": "string"}}});
    let part = "GET /books/{id} | query parameter `q`";
    both_ways(
        &[(at.as_str(), parameter(false))],
        (
            Additive,
            &format!("{part} | added, optional, array of string"),
        ),
        (Breaking, &format!("{part} | removed")),
    );
    both_ways(
        &[(at.as_str(), parameter(true))],
        (
            Breaking,
            &format!("{part} | added, required, array of string"),
        ),
        (Breaking, &format!("{part} | removed")),
    );
}

#[test]
fn parameters_change_their_flag_place_style_and_name() {
    let parameters = format!("{GET}/parameters");
    let language = json!({"$ref": "#/components/schemas/Language"});
    let with = |parameter: Value| vec![(parameters.as_str(), json!([parameter]))];
    let part = "GET /books/{id} | query parameter `lang`";
    both_ways(
        &with(json!({"name": "lang", "in": "query", "required": true, "schema": language})),
        (Breaking, &format!("{part} | required now")),
        (Additive, &format!("{part} | optional now")),
    );
    both_ways(
        &with(json!({"name": "lang", "in": "query", "explode": false, "schema": language})),
        (Breaking, &format!("{part} | explode true -> false")),
        (Breaking, &format!("{part} | explode false -> true")),
    );
    both_ways(
        &with(json!({"name": "lang", "in": "header", "schema": language})),
        (
            Breaking,
            "GET /books/{id} | header parameter `lang` | moved here from the query",
        ),
        (Breaking, &format!("{part} | moved here from the header")),
    );
    let mut renamed = shelf("3.0");
    let mut item = renamed["paths"]
        .as_object_mut()
        .expect("paths")
        .shift_remove("/books/{id}")
        .expect("the item");
    item["parameters"][0]["name"] = "number".into();
    renamed["paths"]["/books/{number}"] = item;
    one_way(
        &shelf("3.0"),
        &renamed,
        (
            Breaking,
            "GET /books/{number} | path parameter `number` | renamed from `id`: the same on the wire, but generated code names it so",
        ),
    );
}

#[test]
fn a_schema_of_requests_and_responses_is_judged_by_both() {
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
    // What one side gains, the other loses.
    both_ways(
        &[(
            "/components/schemas/Book/required",
            json!(["title", "note"]),
        )],
        (Breaking, "schema `Book` | property `note` | required now"),
        (Breaking, "schema `Book` | property `note` | optional now"),
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
            "schema `Book` | property `note` | may not be null any more",
        ),
        (
            Breaking,
            "schema `Book` | property `note` | may be null now",
        ),
    );
    both_ways(
        &[("/components/schemas/Book/additionalProperties", json!(true))],
        (
            Additive,
            "schema `Book` | fields that are not listed are allowed now",
        ),
        (
            Breaking,
            "schema `Book` | fields that are not listed are refused now",
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
            "schema `Book` | property `title` | is not part of requests any more",
        ),
        (
            Breaking,
            "schema `Book` | property `title` | is part of requests now",
        ),
    );
}

#[test]
fn forms_are_told_by_their_fields() {
    let form = "/paths/~1covers/put/requestBody/content/multipart~1form-data";
    let caption = format!("{form}/schema/properties/caption");
    both_ways(
        &[(
            caption.as_str(),
            json!({"type": "string", "maxLength": 100}),
        )],
        (
            Additive,
            "PUT /covers | form field `caption` | maxLength 80 -> 100",
        ),
        (
            Breaking,
            "PUT /covers | form field `caption` | maxLength 100 -> 80",
        ),
    );
    both_ways(
        &[(
            &format!("{form}/schema/properties/tag"),
            json!({"type": "string"}),
        )],
        (
            Additive,
            "PUT /covers | form field `tag` | added, optional, string",
        ),
        (Breaking, "PUT /covers | form field `tag` | removed"),
    );
    both_ways(
        &[(
            &format!("{form}/encoding"),
            json!({"caption": {"contentType": "text/markdown"}}),
        )],
        (
            Breaking,
            "PUT /covers | form field `caption` | encoding {} -> {\"contentType\":\"text/markdown\"}",
        ),
        (
            Breaking,
            "PUT /covers | form field `caption` | encoding {\"contentType\":\"text/markdown\"} -> {}",
        ),
    );
}

#[test]
fn bodies_and_media_types_come_and_go() {
    both_ways(
        &[("/paths/~1covers/put/requestBody/required", json!(true))],
        (Breaking, "PUT /covers | request body | required now"),
        (Additive, "PUT /covers | request body | optional now"),
    );
    both_ways(
        &[(
            "/paths/~1books/post/requestBody/content/application~1xml",
            json!({"schema": {"$ref": "#/components/schemas/Book"}}),
        )],
        (
            Additive,
            "POST /books | request body | media type application/xml added",
        ),
        (
            Breaking,
            "POST /books | request body | media type application/xml removed",
        ),
    );
    both_ways(
        &[(
            "/paths/~1books~1{id}/get/responses/200/content/application~1xml",
            json!({"schema": {"$ref": "#/components/schemas/Book"}}),
        )],
        (
            Additive,
            "GET /books/{id} | response 200 | media type application/xml added",
        ),
        (
            Breaking,
            "GET /books/{id} | response 200 | media type application/xml removed",
        ),
    );
    both_ways(
        &[(
            "/paths/~1books~1{id}/get/requestBody",
            json!({"content": {}}),
        )],
        (Additive, "GET /books/{id} | request body | added, optional"),
        (Breaking, "GET /books/{id} | request body | removed"),
    );
}

#[test]
fn responses_and_headers_come_and_go() {
    let responses = format!("{GET}/responses");
    both_ways(
        &[(&format!("{responses}/410"), json!({"description": "Gone"}))],
        (Additive, "GET /books/{id} | response 410 | added"),
        (Additive, "GET /books/{id} | response 410 | removed"),
    );
    both_ways(
        &[(&format!("{responses}/206"), json!({"description": "Part"}))],
        (Additive, "GET /books/{id} | response 206 | added"),
        (Breaking, "GET /books/{id} | response 206 | removed"),
    );
    both_ways(
        &[(
            &format!("{responses}/404/headers"),
            json!({"X-Why": {"schema": {"type": "string"}}}),
        )],
        (
            Additive,
            "GET /books/{id} | response 404, header `X-Why` | added",
        ),
        (
            Breaking,
            "GET /books/{id} | response 404, header `X-Why` | removed",
        ),
    );
}

#[test]
fn enum_values_are_judged_by_who_sends_them() {
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
            &format!("{place} | other texts are allowed beside the listed ones now"),
        ),
    );
}

#[test]
fn a_schema_is_followed_under_its_new_name() {
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
            "schema `Volume` | renamed from `Book`: the same on the wire, but generated code names it so",
        ),
    );
    renamed["components"]["schemas"]["Volume"]["properties"]["isbn"] = json!({"type": "string"});
    let told = lines(&changes(&shelf("3.0"), &renamed));
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        told[1].1,
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
fn alternatives_come_and_go() {
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
fn security_and_servers_are_told_once() {
    both_ways(
        &[("/security/-", json!({}))],
        (
            Additive,
            "security of every operation | calling without authorization added",
        ),
        (
            Breaking,
            "security of every operation | calling without authorization removed",
        ),
    );
    both_ways(
        &[("/security", json!([{"Key": ["read"]}]))],
        (
            Breaking,
            "security of every operation | `Key` needs scope `read` now",
        ),
        (
            Additive,
            "security of every operation | `Key` does not need scope `read` any more",
        ),
    );
    let open = lines(&changes(
        &shelf("3.0"),
        &shelf_with(&[("/paths/~1books/post/security", json!([]))]),
    ));
    assert_eq!(
        open[0],
        (
            Breaking,
            "POST /books | security | `Key` removed".to_owned()
        )
    );
    assert_eq!(
        open[1],
        (
            Additive,
            "POST /books | security | calling without authorization added".to_owned()
        )
    );
    both_ways(
        &[(
            "/components/securitySchemes/Key/flows/clientCredentials/tokenUrl",
            json!("https://other.example/token"),
        )],
        (
            Breaking,
            "security scheme `Key` | flow clientCredentials | tokenUrl `https://shelf.example/token` -> `https://other.example/token`",
        ),
        (
            Breaking,
            "security scheme `Key` | flow clientCredentials | tokenUrl `https://other.example/token` -> `https://shelf.example/token`",
        ),
    );
    both_ways(
        &[("/servers/-", json!({"url": "https://eu.shelf.example/v1"}))],
        (Additive, "servers | `https://eu.shelf.example/v1` added"),
        (Breaking, "servers | `https://eu.shelf.example/v1` removed"),
    );
}

#[test]
fn xml_names_count_where_a_body_can_be_xml() {
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
fn a_keyword_that_no_rule_knows_breaks() {
    let mut old = shelf("3.1");
    let mut new = old.clone();
    new["components"]["schemas"]["Book"]["dependentRequired"] = json!({"note": ["price"]});
    let text =
        "schema `Book` | `dependentRequired` changed; no rule judges it, so it counts as breaking";
    one_way(&old, &new, (Breaking, text));
    one_way(&new, &old, (Breaking, text));
    old["paths"]["/books"]["post"]["callbacks"] =
        json!({"done": {"{$url}": {"post": {"responses": {"200": {"description": "d"}}}}}});
    assert_eq!(changes(&shelf("3.1"), &old).class(), Some(Breaking));
}

#[test]
fn prose_is_docs_and_can_be_left_out() {
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
    // Vendor extensions and examples say nothing of the contract.
    let examples = shelf_with(&[(
        "/components/schemas/Book/properties/note",
        json!({"type": "string", "nullable": true, "example": "n", "x-order": 1}),
    )]);
    assert_eq!(lines(&changes(&shelf("3.0"), &examples)), []);
}

#[test]
fn schemas_that_no_operation_uses_are_docs() {
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

#[test]
fn schemas_that_hold_one_another_end() {
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
    let told = lines(&changes(&tree("string"), &tree("number")));
    let text = |part: &str| {
        (
            Breaking,
            format!("schema `{part}` | property `leaf` | type string -> number"),
        )
    };
    assert_eq!(told, [text("B"), text("A")]);
}

/// Found by changing documents at random: an inline part that leads back to its own schema never came to an end.
#[test]
fn a_property_that_is_its_own_schema_ends() {
    let own = json!({"nullable": true, "allOf": [{"$ref": "#/components/schemas/Book"}]});
    let circle = shelf_with(&[("/components/schemas/Book/properties/note", own)]);
    assert_eq!(lines(&changes(&circle, &circle)), []);
    let report = changes(&shelf("3.0"), &circle);
    assert_eq!(report.class(), Some(Breaking));
}

#[test]
fn a_keyword_in_an_alternative_of_a_list_is_not_lost() {
    let listed = |first: Value| {
        let value = json!({"anyOf": [first, {"type": "string", "enum": ["b"]}]});
        shelf_with(&[("/components/schemas/Book/properties/note", value)])
    };
    let plain = listed(json!({"type": "string", "enum": ["a"]}));
    let odd = listed(json!({"type": "string", "enum": ["a"], "not": {"type": "string"}}));
    assert_eq!(changes(&plain, &odd).class(), Some(Breaking));
    assert_eq!(changes(&odd, &plain).class(), Some(Breaking));
    // Lists in a list are one.
    let nested = listed(
        json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["c"]}]}),
    );
    let flat = listed(json!({"type": "string", "enum": ["a", "c"]}));
    assert_eq!(lines(&changes(&nested, &flat)), []);
}

/// `count` shared schemas, each made of the next by `link`; the last one is `end`.
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
    let changes: Vec<_> = changes
        .iter()
        .map(|(at, value)| (at.as_str(), value.clone()))
        .collect();
    shelf_with(&changes)
}

#[test]
fn a_change_behind_hundreds_of_parts_is_not_hidden() {
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
fn the_last_of_a_thousand_parts_side_by_side_is_compared() {
    let wide = |last: Value| {
        let mut parts: Vec<Value> = (0..1000)
            .map(|index| json!({"properties": {format!("p{index}"): {"type": "string"}}}))
            .collect();
        parts.push(json!({"properties": {"last": last}}));
        shelf_with(&[(
            "/components/schemas/Book/properties/note",
            json!({"allOf": parts}),
        )])
    };
    let told = lines(&changes(
        &wide(json!({"type": "string"})),
        &wide(json!({"type": "number"})),
    ));
    let line = "schema `Book` | property `note`, property `last` | type string -> number";
    assert_eq!(told, [(Breaking, line.to_owned())]);
}

/// Each pair of alternatives was looked at: 400 of them took half a minute.
#[test]
fn many_alternatives_are_compared_in_no_time() {
    let many = |last: &str| {
        let kind = |name: String| json!({"type": "object", "properties": {name: {"anyOf": [{"type": "string"}, {"type": "object"}]}}});
        let mut all: Vec<Value> = (0..2000).map(|index| kind(format!("f{index}"))).collect();
        all.push(kind(last.to_owned()));
        shelf_with(&[(
            "/components/schemas/Book/properties/note",
            json!({"anyOf": all}),
        )])
    };
    let start = std::time::Instant::now();
    let told = lines(&changes(&many("before"), &many("after")));
    let line = |class, what| {
        let note = "schema `Book` | property `note`";
        (class, format!("{note} | alternative object with {what}"))
    };
    assert_eq!(
        told,
        [
            line(Breaking, "`after` added"),
            line(Breaking, "`before` removed")
        ]
    );
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn a_change_met_at_several_places_is_told_at_each() {
    let side = |name: &str| {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        shelf_with(&[
            ("/components/schemas/A", json!({"type": "string"})),
            ("/components/schemas/B", json!({"type": "number"})),
            (
                "/components/schemas/Book/properties/left",
                reference.clone(),
            ),
            ("/components/schemas/Book/properties/right", reference),
        ])
    };
    let told = lines(&changes(&side("A"), &side("B")));
    let line = |place: &str, text: &str| {
        (
            Breaking,
            format!("schema `Book` | property `{place}` | {text}"),
        )
    };
    assert_eq!(
        told,
        [
            line("left", "type string -> number"),
            line("right", "changed in the same way as property `left`"),
        ]
    );
}

#[test]
fn the_three_forms_say_the_same() {
    let new = shelf_with(&[
        (
            "/components/schemas/Book/properties/title",
            json!({"type": "string", "minLength": 2}),
        ),
        (
            "/paths/~1books/post/responses/201/description",
            json!("It is added"),
        ),
    ]);
    let report = changes(&shelf("3.0"), &new);
    assert_eq!(
        report.print(Format::Text),
        "Breaking\n  schema `Book`\n    property `title`: minLength 1 -> 2 (requests: breaking, responses: additive)\n\
         Docs\n  POST /books\n    response 201: description reworded\n\
         1 breaking, 0 additive, 1 docs; version bump: major\n"
    );
    assert_eq!(
        report.print(Format::Markdown),
        "**1 breaking, 0 additive, 1 docs; version bump: major**\n\n\
         ## Breaking\n\n- schema `Book`\n  - property `title`: minLength 1 -> 2 (requests: breaking, responses: additive)\n\n\
         ## Docs\n\n- POST /books\n  - response 201: description reworded\n"
    );
    let machine: Value = serde_json::from_str(&report.print(Format::Json)).expect("JSON");
    assert_eq!(machine["class"], "breaking");
    assert_eq!(machine["bump"], "major");
    assert_eq!(
        machine["counts"],
        json!({"breaking": 1, "additive": 0, "docs": 1})
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

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("diff")
        .args(arguments)
        .output()
        .expect("the binary runs")
}

#[test]
fn the_exit_code_tells_the_class() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, document: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, document.to_string()).expect("written");
        path.display().to_string()
    };
    let plain = write("plain.json", &shelf("3.0"));
    let other = write("other.json", &shelf("3.1"));
    let more = write(
        "more.json",
        &shelf_with(&[(
            "/components/schemas/Book/properties/x",
            json!({"type": "string"}),
        )]),
    );
    for (old, new, code) in [
        (&plain, &plain, 0),
        (&plain, &other, 0),
        (&plain, &more, 10),
        (&more, &plain, 20),
    ] {
        assert_eq!(run(&[old, new]).status.code(), Some(code), "{old} {new}");
    }
    assert_eq!(run(&[&plain, "--format", "yaml"]).status.code(), Some(2));
    assert_eq!(run(&[]).status.code(), Some(2));
    let help = String::from_utf8(run(&["--help"]).stdout).expect("text");
    for code in [
        "0  no change, or docs",
        "10  additive",
        "20  breaking",
        "1  error",
        "2  wrong usage",
    ] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn a_revision_of_git_is_read_and_new_is_ours_by_default() {
    let inside = Command::new("git")
        .args([
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "rev-parse",
            "--verify",
            "HEAD",
        ])
        .output();
    if !inside.is_ok_and(|output| output.status.success()) {
        println!("skipped: this is not a git repository");
        return;
    }
    let output = run(&[
        "git:HEAD:openapi/barcode-v4.json",
        "git:HEAD:openapi/barcode-v4.json",
    ]);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "no change; version bump: none\n"
    );
    let output = run(&["git:HEAD:openapi/barcode-v4.json", "--no-prose"]);
    assert_ne!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = run(&["git:no-such-revision:openapi/barcode-v4.json"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("error: git:no-such-revision:openapi/barcode-v4.json: git show failed"),
        "{said}"
    );
}

/// Bad documents, and what is said of each. `update` is held to the same.
#[test]
fn bad_documents_are_one_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let with_schemas = |schemas: Value| {
        let mut document = shelf("3.0");
        document["components"]["schemas"]["Book"]["properties"]["x"] = schemas;
        document
    };
    let mut cyclic = with_schemas(reference("C"));
    cyclic["components"]["schemas"]["C"] = reference("D");
    cyclic["components"]["schemas"]["D"] = reference("C");
    let mut no_parameter = shelf("3.0");
    no_parameter["paths"]["/books/{id}"]["parameters"] = json!([]);
    let mut no_responses = shelf("3.0");
    no_responses["paths"]["/books"]["post"]["responses"] = Value::Null;
    for (name, text, said) in [
        (
            "text",
            "hello".to_owned(),
            "is not a JSON document: expected value at line 1 column 1",
        ),
        (
            "yaml",
            "openapi: 3.1.0\ninfo: {}\n".to_owned(),
            "is YAML; turn it into JSON first",
        ),
        ("empty", String::new(), "is not a JSON document: EOF"),
        ("list", "[]".to_owned(), "has no `openapi` version"),
        (
            "swagger",
            json!({"openapi": "2.0"}).to_string(),
            "is OpenAPI 2.0; 3.0.x and 3.1.x are read",
        ),
        (
            "no paths",
            json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}).to_string(),
            "has no `paths`",
        ),
        (
            "cyclic",
            cyclic.to_string(),
            "`#/components/schemas/C` refers to itself",
        ),
        (
            "dangling",
            with_schemas(reference("Nowhere")).to_string(),
            "`#/components/schemas/Nowhere` points at nothing",
        ),
        (
            "no responses",
            no_responses.to_string(),
            "#/paths/~1books/post/responses: it is not of type \"object\"",
        ),
        (
            "no path parameter",
            no_parameter.to_string(),
            "#/paths/~1books~1{id}/get: {id} in /books/{id} is no parameter",
        ),
        (
            "nested",
            "[".repeat(1_000_000),
            "is nested deeper than 128 levels",
        ),
        (
            "huge",
            "[1],".repeat(50 * 1024 * 1024 / 4),
            "is larger than 20 MiB",
        ),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let output = run(&[&path.display().to_string()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert!(
            error.starts_with(&format!("error: {}", path.display())),
            "{name}: {error}"
        );
        assert!(error.contains(said), "{name}: {error}");
        assert!(output.stdout.is_empty(), "{name}");
    }
}

/// The vendor's documents are not part of this project; where they are at hand, the diff is held to what is known.
#[test]
fn the_published_documents_give_what_is_known_of_them() {
    let read = |variable: &str| {
        let path = std::env::var(variable).ok()?;
        Some(serde_json::from_str::<Value>(&std::fs::read_to_string(path).ok()?).expect("JSON"))
    };
    let (Some(old), Some(new)) = (
        read("BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD"),
        read("BARCODE_CLOUD_PUBLISHED_DOCUMENT"),
    ) else {
        println!(
            "skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT and BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD name no documents"
        );
        return;
    };
    for document in [&old, &new] {
        meta::check("the published document", document).expect("it is valid");
    }
    let report = compare(&old, &new, Options { prose: false });
    let count = |kind: &str| {
        report
            .lines()
            .iter()
            .filter(|line| line.kind == kind)
            .count()
    };
    assert_eq!(report.class(), Some(Additive));
    assert_eq!(report.bump(), Bump::Minor);
    assert_eq!(count("schema-added"), 13);
    assert_eq!(count("parameter-added"), 19);
    // 19 form fields and three groups of the JSON body.
    assert_eq!(count("property-added"), 19 + 3);
    // Two defaults, stated in the query, the form and the JSON body.
    assert_eq!(count("default-changed"), 6);
    assert_eq!(report.lines().len(), 13 + 19 + 22 + 6 + 1);
    assert_eq!(
        compare(&new, &old, Options { prose: false }).bump(),
        Bump::Major
    );
}
