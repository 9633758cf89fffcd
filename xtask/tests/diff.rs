//! `cargo xtask diff`: its exit codes, its sources, and its error messages.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The valid document that the tests change.
fn shelf(version: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/contract-review/tests/documents")
        .join(format!("shelf-{version}.json"));
    let text = std::fs::read_to_string(path).expect("the document is there");
    serde_json::from_str(&text).expect("the document is JSON")
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("diff")
        .args(arguments)
        .output()
        .expect("the binary runs")
}

#[test]
fn the_exit_code_depends_on_the_class() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, document: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, document.to_string()).expect("written");
        path.display().to_string()
    };
    let plain = write("plain.json", &shelf("3.0"));
    let other = write("other.json", &shelf("3.1"));
    let mut document = shelf("3.0");
    document["components"]["schemas"]["Book"]["properties"]["x"] = json!({"type": "string"});
    let more = write("more.json", &document);
    document["paths"]["/books"]["post"]["operationId"] = json!("NewBook");
    let renamed = write("renamed.json", &document);
    document["paths"]["/books"]["post"]["responses"]["202"] = json!({"description": "d"});
    let accepted = write("accepted.json", &document);
    for (old, new, code) in [
        (&plain, &plain, 0),
        (&plain, &other, 0),
        (&plain, &more, 10),
        (&renamed, &accepted, 12),
        (&more, &renamed, 15),
        (&more, &plain, 20),
    ] {
        assert_eq!(run(&[old, new]).status.code(), Some(code), "{old} {new}");
    }
    for (class, code) in [("warning", 15), ("source-breaking", 15), ("breaking", 0)] {
        let output = run(&[&more, &renamed, "--fail-on", class]);
        assert_eq!(output.status.code(), Some(code), "{class}");
    }
    let ignored = folder.path().join("ignored.yaml");
    let entry = "- kind: operation-id-changed\n  part: POST /books\n  reason: No one calls it.\n";
    std::fs::write(&ignored, entry).expect("written");
    let output = run(&[&more, &renamed, "--ignore", &ignored.display().to_string()]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("(ignored: No one calls it.)"), "{text}");
    assert_eq!(run(&[&plain, "--fail-on", "never"]).status.code(), Some(2));
    assert_eq!(run(&[&plain, "--format", "yaml"]).status.code(), Some(2));
    assert_eq!(run(&[]).status.code(), Some(2));
    let help = String::from_utf8(run(&["--help"]).stdout).expect("text");
    for code in [
        "0  no change, or docs",
        "10  additive",
        "12  warning",
        "15  source-breaking",
        "20  breaking",
        "1  error",
        "2  wrong usage",
    ] {
        assert!(help.contains(code), "{help}");
    }
}

#[test]
fn a_git_revision_is_read_and_new_defaults_to_our_document() {
    let inside = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "--verify", "HEAD"])
        .output();
    if !inside.is_ok_and(|output| output.status.success()) {
        println!("skipped: this is not a git repository");
        return;
    }
    let output = run(&["git:HEAD:openapi/barcode-v4.json", "git:HEAD:openapi/barcode-v4.json"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "no change; version bump: none\n");
    let output = run(&["git:HEAD:openapi/barcode-v4.json", "--no-prose"]);
    assert_ne!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(&["git:no-such-revision:openapi/barcode-v4.json"]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.starts_with("error: git:no-such-revision:openapi/barcode-v4.json: git show failed"),
        "{error}"
    );
}

/// `cargo xtask update` reports the same errors, see `update.rs`.
#[test]
fn bad_documents_are_reported_as_one_error() {
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
    for (name, text, expected) in [
        ("text", "hello".to_owned(), "has no `openapi` version, so it is not an OpenAPI document"),
        (
            "yaml",
            "openapi: 3.1.0\ninfo: {}\n".to_owned(),
            "has no `paths`, so it has no operations",
        ),
        ("empty", String::new(), "is empty"),
        ("list", "[]".to_owned(), "has no `openapi` version"),
        (
            "swagger",
            json!({"openapi": "2.0"}).to_string(),
            "is OpenAPI 2.0; only 3.0.x and 3.1.x are supported",
        ),
        (
            "no paths",
            json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}).to_string(),
            "has no `paths`",
        ),
        ("cyclic", cyclic.to_string(), "`#/components/schemas/C` refers to itself"),
        (
            "dangling",
            with_schemas(reference("Nowhere")).to_string(),
            "`#/components/schemas/Nowhere` refers to nothing",
        ),
        (
            "no responses",
            no_responses.to_string(),
            "#/paths/~1books/post/responses: it is not of type \"object\"",
        ),
        (
            "no path parameter",
            no_parameter.to_string(),
            "#/paths/~1books~1{id}/get: {id} in /books/{id} is not declared as a parameter",
        ),
        ("nested", "[".repeat(1_000_000), "is nested deeper than 128 levels"),
        ("huge", "[1],".repeat(50 * 1024 * 1024 / 4), "is larger than 20 MiB"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let output = run(&[&path.display().to_string()]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert!(error.starts_with(&format!("error: {}", path.display())), "{name}: {error}");
        assert!(error.contains(expected), "{name}: {error}");
        assert!(output.stdout.is_empty(), "{name}");
    }
}
