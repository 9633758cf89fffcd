//! Whatever `cargo xtask generate` accepts must compile. This test generates a client from each
//! seed, each fixture and each edit of a small document, and runs `cargo check --all-features` on
//! all of them. An edit that cannot compile must be refused with a JSON pointer.
//!
//! Each client is a crate of a workspace below the `target` folder, because generated code refers
//! to `crate::Hooks` and others. Its files are only written if they differ, so a second run is
//! fast.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use xtask::sync::{Mode, sync};

#[path = "../fuzz/trial.rs"]
#[allow(dead_code, reason = "the fuzz targets use the rest")]
mod trial;

use trial::Input;

/// The expected result for a document.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Compiles,
    /// The generator fails, and the message starts with this text.
    Refused(&'static str),
}
use Expected::{Compiles, Refused};

struct Case {
    name: String,
    input: Input,
    expected: Expected,
}

const QUERY: &str = "/paths/~1books~1{shelf}/get/parameters/1";
const HEADER: &str = "/paths/~1books~1{shelf}/get/parameters/2";
const PATH: &str = "/paths/~1books~1{shelf}/get/parameters/0";
const QUERY_SCHEMA: &str = "#/paths/~1books~1{shelf}/get/parameters/1/schema: a parameter of type";
const FOUND: &str = "/paths/~1books~1{shelf}/get/responses";
const OPERATION_ID: &str = "#/paths/~1books/post/operationId: the generated code uses the name";
const ADD: &str = "/paths/~1books/post";
const ERROR: &str = "/paths/~1books~1{shelf}/get/responses/404/content";
const FORM: &str = "/paths/~1covers/put/requestBody/content/multipart~1form-data/schema/properties";
const SCHEMAS: &str = "/components/schemas";
const FIELD_NAME: &str =
    "#/paths/~1covers/put/requestBody/content/multipart~1form-data/schema/properties/request: ";
const FILE_BOUND: &str = "#/paths/~1covers/put/requestBody/content/multipart~1form-data/schema/properties/file/maxLength: ";
const QUERY_NAME: &str = "#/paths/~1books~1{shelf}/get/parameters/1/name: ";
const LONG: &str = "#/components/schemas/lll";
const PROBLEM: &str = "/components/schemas/Problem/properties";
const BOOK: &str = "/components/schemas/Book/properties";

/// The documents of other projects in `tests/documents/public`, with the reasons of its table.
const PUBLIC: [(&str, Expected); 14] = [
    ("api-with-examples", Refused("#/paths/~1/get/responses/300: a body of status 300")),
    (
        "json-suffix",
        Refused("#/paths/~1things~1{id}~1annotate/post/requestBody/content/application~1vnd"),
    ),
    ("keeper", Compiles),
    ("museum", Compiles),
    ("non-oauth-scopes", Compiles),
    ("param-collision", Compiles),
    ("petstore", Compiles),
    ("petstore-expanded", Refused("#/components/schemas/Pet/allOf: ")),
    ("query-array", Compiles),
    ("swagger-petstore", Compiles),
    ("tictactoe", Refused("#/components/schemas/mark: progenitor cannot generate code for it")),
    ("train-travel", Compiles),
    ("uspto", Compiles),
    ("webhook-example", Refused("#/paths: the document has no paths")),
];

/// A name, places of the small document with their new values, and the expected result.
type Edit = (String, Vec<(String, Value)>, Expected);

/// The edits of the small document.
#[rustfmt::skip]
#[allow(clippy::too_many_lines, reason = "it is a table")]
fn edits() -> Vec<Edit> {
    let kinds = json!({"type": "array", "items": {"$ref": "#/components/schemas/Kind"}});
    let file = json!({"type": "string", "format": "binary"});
    let problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let wide = json!(3_000_000_000_u32);
    let integers = json!({"type": "integer", "enum": [1, 2]});
    let nullable = json!({"type": ["string", "null"], "enum": ["a", "b"]});
    let bounded = json!({"type": "string", "enum": ["a", "b"], "minLength": 1});
    let inline = json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["x", "y"]}}});
    let image = json!({"description": "Drawn", "content": {"image/png": {"schema": {"type": "string"}}}});
    let octets = json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}});
    let urlencoded = json!({"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/Book"}}});
    let lists = json!({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}});
    let books = json!({"type": "array", "items": {"$ref": "#/components/schemas/Book"}});
    let odd = json!({"type": "string", "enum": ["", "+1", "-1", "self", "a b", "ab"]});
    let titled = json!({"title": "Problem", "type": "object", "properties": {"b": {"type": "integer"}}});
    let deep = json!({"$ref": "#/components/schemas/Problem/properties/message"});
    let more = json!({"allOf": [{"$ref": "#/components/schemas/Book"}], "properties": {}});
    let nullable_list = json!({"type": ["array", "null"], "items": {"type": ["string", "null"], "enum": ["a", "b", null]}});
    let add = json!({"operationId": "add-book", "responses": {"204": {"description": "Added"}}});
    let long = "l".repeat(201);
    let left = json!({"X-Left": {"schema": {"type": "integer"}}});
    let at = |place: &str, key: &str| format!("{place}/{key}");
    let mut edits = Vec::new();
    for (name, place, value, expected) in [
        ("uuid_property", at(PROBLEM, "requestId/format"), json!("uuid"), Compiles),
        ("date_property", at(BOOK, "title/format"), json!("date"), Compiles),
        ("any_property", at(BOOK, "more"), json!({}), Compiles),
        ("object_property", at(BOOK, "more"), json!({"type": "object"}), Compiles),
        ("bounded_enum", at(BOOK, "level"), bounded, Compiles),
        ("wide_int32_property", at(BOOK, "pages/maximum"), wide.clone(), Compiles),
        ("wide_int32_parameter", at(QUERY, "schema/maximum"), wide, Compiles),
        ("second_file", at(FORM, "back"), file, Compiles),
        ("form_list", at(FORM, "kinds"), kinds.clone(), Compiles),
        ("query_list", at(QUERY, "schema"), kinds.clone(), Compiles),
        ("header_list", at(HEADER, "schema"), kinds.clone(), Compiles),
        ("path_list", at(PATH, "schema"), kinds, Compiles),
        ("integer_enum_in_path", at(PATH, "schema"), integers, Compiles),
        ("nullable_enum_in_path", at(PATH, "schema"), nullable, Compiles),
        ("header_type", at(HEADER, "name"), json!("type"), Compiles),
        ("object_in_query", at(QUERY, "schema"), json!({"type": "object"}), Refused(QUERY_SCHEMA)),
        ("any_in_query", at(QUERY, "schema"), json!({}), Refused(QUERY_SCHEMA)),
        ("book_in_query", at(QUERY, "schema"), json!({"$ref": "#/components/schemas/Book"}), Refused(QUERY_SCHEMA)),
        ("nullable_query", at(QUERY, "schema"), json!({"type": ["integer", "null"], "maximum": 9}), Compiles),
        ("number_in_path", at(PATH, "schema"), json!({"type": "number", "minimum": 0.5}), Compiles),
        ("fraction_of_integer", at(BOOK, "pages/minimum"), json!(0.5), Compiles),
        ("bounded_file", at(FORM, "file/maxLength"), json!(9), Refused(FILE_BOUND)),
        ("read_only", at(BOOK, "title/readOnly"), json!(true), Compiles),
        ("inline_response", at(FOUND, "200/content/application~1json/schema"), inline.clone(), Compiles),
        ("inline_error", at(FOUND, "404/content/application~1json/schema"), inline.clone(), Compiles),
        ("inline_request", at(ADD, "requestBody/content/application~1json/schema"), inline.clone(), Compiles),
        ("inline_property", at(BOOK, "more"), inline.clone(), Compiles),
        ("inline_items", at(BOOK, "more"), json!({"type": "array", "items": inline.clone()}), Compiles),
        ("list_of_lists", at(BOOK, "more"), lists, Compiles),
        ("recursive", at(BOOK, "more"), json!({"$ref": "#/components/schemas/Book"}), Compiles),
        ("list_schema", at(SCHEMAS, "Books"), books, Compiles),
        ("text_schema", at(SCHEMAS, "Title"), json!({"type": "string"}), Compiles),
        ("integer_enum", at(BOOK, "more"), json!({"type": "integer", "enum": [1, 2]}), Compiles),
        ("one_value_enum", at(BOOK, "more"), json!({"type": "string", "enum": ["only"]}), Compiles),
        ("odd_enum", at(BOOK, "more"), odd, Compiles),
        ("default_response", at(FOUND, "default"), json!({"description": "Other"}), Compiles),
        ("only_default_response", at(ADD, "responses"), json!({"default": {"description": "Any"}}), Compiles),
        ("bytes_error", at(ADD, "responses/400"), image, Compiles),
        ("two_successes", at(FOUND, "204"), json!({"description": "Nothing"}), Refused("#/paths/~1books~1{shelf}/get/responses/204: ")),
        ("headers", at(FOUND, "200/headers"), left, Compiles),
        ("octets", at(ADD, "requestBody/content"), octets, Compiles),
        ("urlencoded", at(ADD, "requestBody/content"), urlencoded, Compiles),
        ("server_variable", "/servers/0/url".into(), json!("https://{h}/v1"), Refused("#/servers/0/url: ")),
        ("relative_server", "/servers/0/url".into(), json!("/v1"), Refused("#/servers/0/url: ")),
        ("deep_reference", at(BOOK, "more"), deep, Refused("#/components/schemas/Book/properties/more/$ref: ")),
        ("same_title", at(BOOK, "more"), titled, Compiles),
        ("code_fence", at(BOOK, "title/description"), json!("Like\n```\nlet x = ;\n```"), Compiles),
        ("no_servers", "/servers".into(), json!([]), Refused("#/servers/0/url: ")),
        ("unused_form_schema", at(SCHEMAS, "Bytes"), json!({"type": "string", "format": "binary"}), Compiles),
        ("problem_json", ERROR.into(), problem, Compiles),
        ("own_type_with_more", at(BOOK, "more"), more, Refused("#/components/schemas/Book/properties/more/allOf: ")),
        ("nullable_object", at(SCHEMAS, "Book/nullable"), json!(true), Refused("#/components/schemas/Book/nullable: ")),
        ("path_without_slash", "/paths/books".into(), json!({"get": add.clone()}), Refused("#/paths/books: ")),
        ("path_with_query", "/paths/~1b?a=1".into(), json!({"get": add.clone()}), Refused("#/paths/~1b?a=1: ")),
        ("same_builder", "/paths/~1b".into(), json!({"get": add}), Compiles),
        ("long_schema_name", at(SCHEMAS, &long), json!({"type": "string"}), Refused(LONG)),
        ("nullable_list_in_query", at(QUERY, "schema"), nullable_list, Compiles),
        ("only_null", at(BOOK, "more"), json!({"enum": [null]}), Compiles),
        ("ends_of_i64", at(BOOK, "more"), json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX}), Compiles),
        ("end_of_u64", at(BOOK, "more"), json!({"type": "integer", "format": "uint64", "maximum": u64::MAX}), Compiles),
        ("values_that_differ_in_case", at(BOOK, "more"), json!({"type": "string", "enum": ["a", "A"]}), Refused("#/components/schemas/Book")),
        ("odd_description", at(BOOK, "title/description"), json!("*/ \\ \" \u{202e} \r \u{0} \u{2028} \"#]"), Compiles),
        ("form_list_of_numbers", at(FORM, "sizes"), json!({"type": "array", "maxItems": 2, "items": {"type": "number"}}), Compiles),
        ("header_enum", at(HEADER, "schema"), json!({"type": "string", "enum": ["x", "y"], "default": "y"}), Compiles),
    ] {
        edits.push((name.to_owned(), vec![(place, value)], expected));
    }
    for (name, expected) in [
        ("Error", Compiles),
        ("Builder", Compiles),
        ("FilePart", Refused("#/components/schemas/FilePart: the name of this schema is reserved")),
        ("Default", Refused("#/components/schemas/Default: the generated code uses the name")),
        ("String", Refused("#/components/schemas/String: the generated code uses the name")),
        ("Result", Refused("#/components/schemas/Result: the generated code uses the name")),
        ("Client", Compiles),
        ("BookInner", Refused("#/components/schemas/BookInner: an inline schema becomes a type with the same name")),
        ("FindBook", Compiles),
        ("PutCoverBody", Compiles),
    ] {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string", "maxLength": 2}}});
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        let edit = vec![(at(SCHEMAS, name), schema), (at(BOOK, "more"), reference), (at(BOOK, "inner"), inline.clone())];
        edits.push((format!("schema_{}", name.to_lowercase()), edit, expected));
    }
    for (name, expected) in [
        ("new", Refused(OPERATION_ID)),
        ("self", Refused(OPERATION_ID)),
        ("client", Refused(OPERATION_ID)),
        ("post", Refused(OPERATION_ID)),
        ("clone", Compiles),
        ("error", Refused(OPERATION_ID)),
        ("default", Compiles),
        ("result", Refused(OPERATION_ID)),
        ("client_info", Refused(OPERATION_ID)),
        ("type", Compiles),
        ("book", Compiles),
        ("find", Compiles),
        ("operation", Compiles),
        ("string", Refused(OPERATION_ID)),
        ("option", Refused(OPERATION_ID)),
    ] {
        edits.push((format!("operation_{name}"), vec![(at(ADD, "operationId"), json!(name))], expected));
    }
    for (name, in_form, in_query) in [
        ("info", Compiles, Compiles),
        ("form", Compiles, Compiles),
        ("url", Compiles, Compiles),
        ("client", Compiles, Compiles),
        ("response", Compiles, Compiles),
        ("result", Compiles, Compiles),
        ("body", Compiles, Compiles),
        ("value", Compiles, Compiles),
        ("request", Refused(FIELD_NAME), Refused(QUERY_NAME)),
        ("type", Compiles, Compiles),
        ("in", Compiles, Compiles),
        ("gen", Compiles, Compiles),
        ("ref", Compiles, Compiles),
        ("self", Compiles, Compiles),
    ] {
        let text = json!({"type": "string", "maxLength": 3});
        for (place, edit, expected) in [
            ("property", (at(BOOK, name), text.clone()), Compiles),
            ("field", (at(FORM, name), text), in_form),
            ("query", (at(QUERY, "name"), json!(name)), in_query),
        ] {
            edits.push((format!("{place}_{name}"), vec![edit], expected));
        }
    }
    edits
}

fn cases() -> Vec<Case> {
    let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    let shelf = Input::parse(&fs::read(documents.join("shelf.json")).unwrap()).unwrap();
    let mut cases = vec![
        Case { name: "ours".into(), input: trial::ours().unwrap(), expected: Compiles },
        Case { name: "shelf".into(), input: shelf.clone(), expected: Compiles },
    ];
    for (path, expected) in [
        ("xtask/fuzz/seeds/every-rule.json", Compiles),
        ("xtask/fuzz/seeds/no-types.json", Compiles),
        ("xtask/fuzz/seeds/version-3.0.json", Compiles),
        ("xtask/fuzz/seeds/found-deep-overlay-target.json", Refused("overlay action")),
        ("xtask/fuzz/seeds/found-name-without-identifier.json", Refused("#/")),
        ("xtask/fuzz/seeds/found-schemas-that-are-a-list.json", Refused("#/components/schemas")),
        (
            "crates/contract-review/tests/documents/shelf-3.0.json",
            Refused("#/components/schemas/Book/properties/price/exclusiveMinimum: "),
        ),
        (
            "crates/contract-review/tests/documents/shelf-3.1.json",
            Refused("#/paths/~1books~1{id}/get/parameters/0/schema/oneOf: "),
        ),
    ] {
        let input = Input::parse(&fs::read(root().join(path)).unwrap()).unwrap();
        let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
        cases.push(Case { name: name.replace(['-', '.'], "_"), input, expected });
    }
    for (name, expected) in PUBLIC {
        let path = documents.join(format!("public/{name}.json"));
        let input = Input::parse(&fs::read(path).unwrap()).unwrap();
        cases.push(Case { name: name.replace('-', "_"), input, expected });
    }
    cases.extend(edits().into_iter().map(|(name, places, expected)| {
        let mut input = shelf.clone();
        for (place, value) in places {
            set(&mut input.document, &place, value);
        }
        Case { name, input, expected }
    }));
    cases
}

/// Sets the value at the JSON pointer `place`, whose parent must exist.
fn set(document: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    match document.pointer_mut(parent) {
        Some(parent) => parent[key.replace("~1", "/")] = value,
        None => panic!("{parent} does not exist"),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Creates the scratch workspace with the generated clients.
struct Scratch {
    folder: PathBuf,
    crates: BTreeSet<String>,
}

impl Scratch {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiles");
        fs::create_dir_all(folder.join("crates")).unwrap();
        Self { folder, crates: BTreeSet::new() }
    }

    /// Adds a crate that consists of the hand-written files of the client and the generated
    /// `files`.
    fn add(&mut self, name: &str, files: &xtask::Files) {
        let client = root().join("crates/barcode-cloud-client");
        let package = self.folder.join("crates").join(name);
        let manifest = fs::read_to_string(client.join("Cargo.toml")).unwrap();
        write(&package.join("Cargo.toml"), &manifest.replacen("barcode-cloud-client", name, 1));
        write(&package.join("README.md"), "");
        for entry in fs::read_dir(client.join("src")).unwrap() {
            let path = entry.unwrap().path();
            // Only this module refers to types of our document.
            if path.is_file() && !path.ends_with("conversion.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| !line.contains("conversion"));
                let text: String = lines.map(|line| format!("{line}\n")).collect();
                write(&package.join("src").join(path.file_name().unwrap()), &text);
            }
        }
        sync(&package.join("src/generated"), files, Mode::Write).unwrap();
        self.crates.insert(name.to_owned());
    }

    /// Runs `cargo check`. Returns the first compiler error of each crate that does not compile.
    fn check(&self) -> BTreeMap<String, String> {
        for entry in fs::read_dir(self.folder.join("crates")).unwrap() {
            let entry = entry.unwrap();
            if !self.crates.contains(entry.file_name().to_str().unwrap()) {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
        let (_, settings) = manifest.split_once("[workspace.package]").unwrap();
        // Without TLS, there is no C library to compile.
        let settings = settings.replace("\"rustls\", ", "");
        let members =
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.package]";
        write(&self.folder.join("Cargo.toml"), &format!("{members}{settings}"));
        // Cargo removes what the clients do not need from the copy.
        let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
        if write(&self.folder.join("original.lock"), &lock) {
            fs::write(self.folder.join("Cargo.lock"), lock).unwrap();
        }
        let output = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--all-features", "--keep-going", "--message-format=json"])
            .args(["--target-dir", "target"])
            .env("CARGO_INCREMENTAL", "0")
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let messages = String::from_utf8(output.stdout).unwrap();
        let mut errors = BTreeMap::new();
        for message in messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            if message["message"]["level"] == "error" {
                let name = message["target"]["name"].as_str().unwrap().to_owned();
                let text = message["message"]["rendered"].as_str().unwrap().to_owned();
                errors.entry(name).or_insert(text);
            }
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), errors.is_empty(), "{stderr}");
        errors
    }
}

/// Writes the file at `path` unless it already contains `text`, so that cargo does not check the
/// crate again. Returns whether it was written.
fn write(path: &Path, text: &str) -> bool {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return false;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    true
}

#[test]
fn every_accepted_document_gives_code_that_compiles() {
    let mut scratch = Scratch::new();
    let mut refusals = BTreeMap::new();
    let cases = cases();
    for case in &cases {
        match case.input.clone().run() {
            Ok(generated) => scratch.add(&case.name, &generated.files),
            Err(error) => drop(refusals.insert(&case.name, error.to_string())),
        }
    }
    let errors = scratch.check();
    let mut wrong = Vec::new();
    for Case { name, expected, .. } in &cases {
        let outcome = match (refusals.get(name), errors.get(name)) {
            (Some(refusal), _) => format!("is refused: {refusal}"),
            (None, Some(error)) => format!("does not compile:\n{error}"),
            (None, None) => "compiles".to_owned(),
        };
        let right = match expected {
            Compiles => outcome == "compiles",
            Refused(start) => outcome.starts_with(&format!("is refused: {start}")),
        };
        if !right {
            wrong.push(format!("{name}, expected {expected:?}: {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
