//! The version that changes of the API and of the document require.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::path::Path;
use std::process::{Command, Output};

use contract_review::diff::Bump::{self, Major, Minor, None, Patch};
use contract_review::diff::{Options, compare};
use serde_json::{Value, json};
use xtask::release::api;

/// A list of public items, to which the rows of the table add lines or from which they remove some.
const API: &str = "\
pub mod c
pub enum c::Color
pub c::Color::Red
pub c::Color::Blue(u8)
pub c::Color::Mixed
pub c::Color::Mixed::red: u8
#[non_exhaustive] pub enum c::Shape
pub c::Shape::Round
pub struct c::Point
pub c::Point::x: f64
pub c::Point::y: f64
#[non_exhaustive] pub struct c::Size
pub c::Size::width: f64
pub struct c::Client
impl c::Client
pub fn c::Client::new(&str) -> c::Client
pub async fn c::Client::send(&self) -> core::result::Result<(), c::Error>
pub const fn c::Client::id(&self) -> u64
impl core::clone::Clone for c::Client
pub fn c::Client::clone(&self) -> c::Client
pub trait c::Store: core::fmt::Debug
pub fn c::Store::read(&self, &str) -> core::option::Option<alloc::string::String>
pub type c::Store::Key
pub trait c::Marker
pub const c::LIMIT: usize
pub type c::Result<T> = core::result::Result<T, c::Error>
pub struct c::Error
";

/// The removed line, the added line, and the bump that the change and its reversal require.
const API_CHANGES: &[(&str, &str, Bump, Bump)] = &[
    // Nothing.
    ("", "", None, None),
    // Items of modules.
    ("", "pub mod c::other", Minor, Major),
    ("", "pub fn c::free()", Minor, Major),
    ("", "pub struct c::Other", Minor, Major),
    ("", "pub enum c::Other", Minor, Major),
    ("", "pub trait c::Other", Minor, Major),
    ("", "pub const c::OTHER: u8", Minor, Major),
    ("", "pub use c::other::Name", Minor, Major),
    ("", "pub macro c::check!", Minor, Major),
    ("pub const c::LIMIT: usize", "pub const c::LIMIT: u64", Major, Major),
    (
        "pub type c::Result<T> = core::result::Result<T, c::Error>",
        "pub type c::Result<T> = core::result::Result<T, c::Failure>",
        Major,
        Major,
    ),
    // Enumerations.
    ("", "pub c::Color::Green", Major, Major),
    ("", "pub c::Color::Green(u8)", Major, Major),
    ("", "pub c::Color::Mixed::green: u8", Major, Major),
    ("pub c::Color::Blue(u8)", "pub c::Color::Blue(u16)", Major, Major),
    ("", "pub c::Shape::Square", Minor, Major),
    ("pub enum c::Color", "#[non_exhaustive] pub enum c::Color", Major, Minor),
    // Structs.
    ("", "pub c::Point::z: f64", Major, Major),
    ("pub c::Point::x: f64", "pub c::Point::x: f32", Major, Major),
    ("", "pub c::Size::height: f64", Minor, Major),
    ("", "pub c::Client::timeout: u64", Minor, Major),
    ("pub struct c::Point", "#[non_exhaustive] pub struct c::Point", Major, Minor),
    // Methods.
    ("", "pub fn c::Client::close(self)", Minor, Major),
    ("", "pub async fn c::Client::close(self)", Minor, Major),
    ("", "pub const fn c::Client::close(self)", Minor, Major),
    (
        "pub fn c::Client::new(&str) -> c::Client",
        "pub const fn c::Client::new(&str) -> c::Client",
        Minor,
        Major,
    ),
    (
        "pub fn c::Client::new(&str) -> c::Client",
        "pub fn c::Client::new(&str, u8) -> c::Client",
        Major,
        Major,
    ),
    (
        "pub async fn c::Client::send(&self) -> core::result::Result<(), c::Error>",
        "pub fn c::Client::send(&self) -> core::result::Result<(), c::Error>",
        Major,
        Major,
    ),
    // Implementations.
    ("", "impl core::default::Default for c::Client", Minor, Major),
    ("impl core::clone::Clone for c::Client", "", Major, Minor),
    // Traits.
    ("", "pub fn c::Store::write(&self, &str)", Major, Major),
    ("", "pub async fn c::Store::write(&self, &str)", Major, Major),
    ("", "pub type c::Store::Value", Major, Major),
    ("", "pub const c::Store::LIMIT: usize", Major, Major),
    ("", "pub fn c::Marker::mark(&self)", Major, Major),
    ("pub trait c::Store: core::fmt::Debug", "pub trait c::Store", Major, Major),
];

#[test]
fn changes_of_the_api_are_classified_in_both_directions() {
    for (removed, added, forward, backward) in API_CHANGES {
        assert!(removed.is_empty() || API.contains(&format!("{removed}\n")), "{removed}");
        let changed = match removed.is_empty() {
            true => format!("{API}{added}\n"),
            false => API.replacen(&format!("{removed}\n"), &format!("{added}\n"), 1),
        };
        for (old, new, expected) in [(API, &*changed, forward), (&*changed, API, backward)] {
            let bump = api::changes(old, new).iter().map(|change| change.bump).max();
            assert_eq!(bump.unwrap_or(None), *expected, "-{removed} +{added}");
        }
    }
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/codes/{id}": {"get": {
            "operationId": "getCode",
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 9}},
            ],
            "responses": {"200": {"description": "ok", "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Code"}},
            }}},
        }}},
        "components": {"schemas": {"Code": {
            "type": "object",
            "required": ["value"],
            "properties": {
                "value": {"type": "string"},
                "kind": {"type": "string", "enum": ["qr", "ean"]},
            },
        }}},
    })
}

const GET: &str = "/paths/~1codes~1{id}/get";
const CODE: &str = "/components/schemas/Code";

/// The place, its new value, and the bump that the change and its reversal require. `null` removes
/// the value.
fn document_changes() -> Vec<(String, Value, Bump, Bump)> {
    let text = json!({"type": "string"});
    let get = |rest: &str| format!("{GET}{rest}");
    let code = |rest: &str| format!("{CODE}{rest}");
    vec![
        ("/info/description".into(), json!("A text."), Patch, Patch),
        (get("/summary"), json!("Gets a code."), Patch, Patch),
        (get("/responses/200/description"), json!("fine"), Patch, Patch),
        (code("/description"), json!("A code."), Patch, Patch),
        (get("/operationId"), json!("fetchCode"), Major, Major),
        (
            "/paths/~1codes".into(),
            json!({"get": {"operationId": "list", "responses": {"200": {"description": "ok"}}}}),
            Minor,
            Major,
        ),
        (
            "/paths/~1codes~1{id}/delete".into(),
            json!({"operationId": "remove", "parameters": [{"name": "id", "in": "path", "required": true, "schema": text}], "responses": {"200": {"description": "ok"}}}),
            Minor,
            Major,
        ),
        (get("/parameters/2"), json!({"name": "dpi", "in": "query", "schema": text}), Minor, Major),
        (
            get("/parameters/2"),
            json!({"name": "dpi", "in": "query", "required": true, "schema": text}),
            Major,
            Major,
        ),
        (get("/parameters/1/required"), json!(true), Major, Minor),
        (get("/parameters/1/schema/type"), json!("number"), Major, Major),
        (get("/parameters/1/schema/maximum"), json!(99), Minor, Major),
        (get("/parameters/1/schema/minimum"), json!(2), Major, Minor),
        (get("/parameters/1/name"), json!("width"), Major, Major),
        (get("/responses/404"), json!({"description": "none"}), Minor, Minor),
        (code("/properties/note"), text.clone(), Minor, Major),
        (code("/properties/kind/enum/2"), json!("dm"), Major, Major),
        (code("/properties/kind/type"), json!("integer"), Major, Major),
        (code("/required/1"), json!("kind"), Major, Major),
        (code("/properties/kind"), Value::Null, Major, Minor),
        (
            "/components/schemas/Other".into(),
            json!({"type": "object", "properties": {"a": text}}),
            Minor,
            Patch,
        ),
        (get("/deprecated"), json!(true), Patch, Patch),
        (get("/responses/200/content/application~1json/schema"), text, Major, Major),
        (get("/parameters/1/schema/default"), json!(3), Minor, Major),
    ]
}

fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => items.push(value),
        Value::Object(members) if value.is_null() => drop(members.remove(&key)),
        Value::Object(members) => drop(members.insert(key, value)),
        other => panic!("{parent} is {other}"),
    }
}

#[test]
fn changes_of_the_document_are_classified_in_both_directions() {
    let old = document();
    let mut wrong = Vec::new();
    for (place, value, forward, backward) in document_changes() {
        let mut new = old.clone();
        set(&mut new, &place, value.clone());
        for (old, new, expected) in [(&old, &new, forward), (&new, &old, backward)] {
            let report = compare(old, new, Options { prose: true });
            if report.bump() != expected {
                wrong.push(format!(
                    "{place} {value}: {:?} {expected:?}\n{}",
                    report.bump(),
                    report.to_text()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A repository with a release 0.1.0, in which `cargo xtask release --check` runs.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.write("Cargo.toml", &manifest("0.1.0", "0.1.0"));
        repository.write("openapi/barcode-v4.json", &document().to_string());
        repository.write("crates/c/public-api.txt", API);
        for arguments in
            [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "Release"], &["tag", "v0.1.0"]]
        {
            repository.git(arguments);
        }
        repository
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> Output {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output =
            Command::new("git").args(identity).args(arguments).current_dir(self.0.path()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        output
    }

    fn check(&self) -> Result<String, String> {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            arguments: xtask::release::Arguments,
        }
        let command = <Command as clap::Parser>::parse_from(["release", "--check"]);
        let root: &Path = self.0.path();
        let result = xtask::release::run(&command.arguments, root);
        result.map(|(report, _)| report).map_err(|error| error.to_string())
    }
}

fn manifest(version: &str, dependency: &str) -> String {
    format!(
        "[workspace.package]\nversion = \"{version}\"\n\
         [workspace.dependencies]\nc = {{ path = \"crates/c\", version = \"{dependency}\" }}\n"
    )
}

#[test]
fn the_stricter_of_document_and_api_decides_the_version() {
    let repository = Repository::new();
    repository.git(&["commit", "-q", "--allow-empty", "-m", "Continue"]);
    let unchanged = repository.check().unwrap();
    assert!(unchanged.ends_with("the document requires None, the API None: at least 0.1.0\n"));

    // The API is extended, and the document breaks.
    repository.write("crates/c/public-api.txt", &format!("{API}pub struct c::Other\n"));
    let mut breaking = document();
    set(&mut breaking, &format!("{GET}/operationId"), json!("fetchCode"));
    repository.write("openapi/barcode-v4.json", &breaking.to_string());
    let error = repository.check().unwrap_err();
    assert!(error.contains("document requires Major, the API Minor: at least 0.2.0"), "{error}");
    repository.write("Cargo.toml", &manifest("0.2.0", "0.2.0"));
    repository.check().unwrap();

    // The document is as before, and the API breaks.
    repository.write("openapi/barcode-v4.json", &document().to_string());
    repository.write("crates/c/public-api.txt", &API.replace("pub struct c::Error\n", ""));
    repository.write("Cargo.toml", &manifest("0.1.1", "0.1.1"));
    let error = repository.check().unwrap_err();
    assert!(error.contains("document requires None, the API Major: at least 0.2.0"), "{error}");
    assert!(error.contains("-pub struct c::Error"), "{error}");
}

#[test]
fn a_tagged_commit_is_compared_with_the_release_before() {
    let repository = Repository::new();
    let first = repository.check().unwrap();
    assert_eq!(first, "version 0.1.0: the first release, since there is no tag v*\n");
    repository.write("crates/c/public-api.txt", &API.replace("pub struct c::Error\n", ""));
    repository.write("Cargo.toml", &manifest("0.1.1", "0.1.1"));
    repository.git(&["commit", "-qam", "Break"]);
    repository.git(&["tag", "v0.1.1"]);
    let error = repository.check().unwrap_err();
    assert!(error.contains("since v0.1.0, the document requires None, the API Major"), "{error}");
}

#[test]
fn dependencies_between_the_crates_have_the_version_of_the_workspace() {
    let repository = Repository::new();
    repository.write("Cargo.toml", &manifest("0.2.0", "0.1.0"));
    let error = repository.check().unwrap_err();
    assert_eq!(error, "version: Cargo.toml: the dependency c is not 0.2.0");
}
