//! The command: its printed forms, its exit codes, bad documents, and the two published ones where they are at hand.

use std::process::{Command, Output};

use serde_json::{Value, json};
use xtask::diff::Class::Additive;
use xtask::diff::{Bump, Format, Options, compare};
use xtask::meta;

use crate::{changes, shelf, shelf_with};

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
