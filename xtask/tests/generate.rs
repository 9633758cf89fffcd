//! `cargo xtask generate`: drift of the committed client, determinism, and invalid documents.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn generate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("generate").args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below `folder` by its relative path.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(folder).unwrap().to_owned(),
                    fs::read_to_string(&path).unwrap(),
                );
            }
        }
    }
    files
}

#[test]
fn the_committed_client_matches_the_document() {
    let output = generate(&["--check"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn one_changed_byte_fails_the_check_and_names_the_file_and_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    assert!(generate(&["--out", out]).status.success());
    let path = folder.path().join("types/api_error.rs");
    let text = fs::read_to_string(&path).unwrap().replacen("pub code", "pub kode", 1);
    fs::write(&path, text).unwrap();
    let output = generate(&["--check", "--out", out]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("types/api_error.rs differs from the generated file"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).contains("run `cargo xtask generate`"), "{}", stderr(&output));
}

#[test]
fn two_runs_give_the_same_bytes() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&first, &second] {
        assert!(generate(&["--out", folder.path().to_str().unwrap()]).status.success());
    }
    assert_eq!(files(first.path()), files(second.path()));
}

/// The published document differs from ours only in descriptions, so the code without documentation
/// is the same.
#[test]
fn the_published_document_gives_the_same_api() {
    let Some(document) = std::env::var_os("BARCODE_CLOUD_PUBLISHED_DOCUMENT") else {
        println!("skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let output = generate(&[
        "--document",
        document.to_str().unwrap(),
        "--out",
        folder.path().to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    let ours = files(&root().join("crates/barcode-cloud-client/src/generated"));
    let published = files(folder.path());
    assert_eq!(ours.keys().collect::<Vec<_>>(), published.keys().collect::<Vec<_>>());
    for (path, text) in ours {
        assert_eq!(code(&text), code(&published[&path]), "{}", path.display());
    }
}

/// `text` without its documentation.
fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("///"))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn the_older_published_revision_is_supported() {
    let Some(document) = std::env::var_os("BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD") else {
        println!("skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let output = generate(&[
        "--document",
        document.to_str().unwrap(),
        "--out",
        folder.path().to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(folder.path().join("builder/generate_multipart.rs").exists());
}

/// Our document with `value` at `pointer`. Null removes the value.
fn ours_with(pointer: &str, value: Value) -> String {
    let text = fs::read_to_string(root().join("openapi/barcode-v4.json")).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    if value.is_null() {
        parent.as_object_mut().unwrap().shift_remove(key);
    } else {
        parent[key] = value;
    }
    document.to_string()
}

/// The error of generating from `text`. Asserts that it is one line and that no file was written.
fn error_of(name: &str, text: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (document, out) = (folder.path().join("document.json"), folder.path().join("out"));
    fs::write(&document, text).unwrap();
    let output =
        generate(&["--document", document.to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{name}: {message}");
    assert!(message.starts_with("error: "), "{name}: {message}");
    assert_eq!(message.lines().count(), 1, "{name}: {message}");
    assert!(!out.exists(), "{name}");
    message
}

#[test]
fn a_file_that_is_not_a_document_is_one_error_and_writes_nothing() {
    let nested = [vec![b'['; 25 << 20], vec![b']'; 25 << 20]].concat();
    let cases: [(&str, &[u8], &str); 8] = [
        ("half JSON", b"{\"openapi\": \"3.1.1\", ", "is not a JSON document: EOF"),
        ("nothing", b"", "is empty"),
        ("bytes", b"\x89PNG\r\n\xff", "is not a YAML document"),
        ("half YAML", b"openapi: [\n", "is not a YAML document"),
        ("a page", b"<!doctype html>", "looks like HTML"),
        ("no object", b"[]", "#: the document is not an object"),
        ("deep nesting", &nested[..100_000], "is nested deeper than 128 levels"),
        ("50 MiB of nested arrays", &nested, "is larger than 20 MiB"),
    ];
    for (name, text, expected) in cases {
        let message = error_of(name, text);
        assert!(message.contains(expected), "{name}: {message}");
    }
    let output = generate(&["--document", "/no/such/file"]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.starts_with("error: /no/such/file: cannot be read"), "{message}");
}

#[test]
fn an_invalid_document_is_one_error_with_its_place_and_writes_nothing() {
    const GET: &str = "/paths/~1barcode~1generate~1{barcodeType}/get";
    const SCHEMA: &str = "/components/schemas/ApiError";
    const PATH: &str = "/barcode/generate/{barcodeType}";
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let other = json!([{"name": "x", "in": "path", "required": true, "schema": {}}]);
    for (pointer, value, expected) in [
        ("/openapi".into(), json!("2.0"), "#/openapi: OpenAPI version \"2.0\"".into()),
        (
            SCHEMA.into(),
            reference("ApiError"),
            format!("#{SCHEMA}/$ref: `#{SCHEMA}` refers to itself"),
        ),
        (
            SCHEMA.into(),
            json!({"allOf": [reference("ApiError")]}),
            format!("`#{SCHEMA}` refers to itself"),
        ),
        (
            SCHEMA.into(),
            reference("Gone"),
            format!("#{SCHEMA}/$ref: `#/components/schemas/Gone` refers to nothing"),
        ),
        (
            format!("{GET}/responses"),
            Value::Null,
            format!("#{GET}/responses: an operation without responses"),
        ),
        (
            format!("{GET}/responses"),
            json!({}),
            format!("#{GET}/responses: an operation without responses"),
        ),
        (
            format!("{GET}/parameters"),
            other,
            format!("#{GET}/parameters/0: path parameter `x` is not in {PATH}"),
        ),
        (
            format!("{GET}/parameters"),
            json!([]),
            format!("#{GET}: {{barcodeType}} in {PATH} is not declared as a parameter"),
        ),
        (
            format!("{SCHEMA}/if"),
            json!({}),
            format!("#{SCHEMA}/if: `if` is not supported in a schema"),
        ),
        // The target of an overlay action is missing.
        (
            "/components/securitySchemes".into(),
            json!({}),
            "overlay action 0 ($.components.securitySchemes.JWT.flows.clientCredentials): matches nothing".to_owned(),
        ),
    ] {
        let message = error_of(&expected, ours_with(&pointer, value).as_bytes());
        assert!(message.contains(&expected), "{expected}: {message}");
    }
}

#[test]
fn another_overlay_replaces_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (overlay, out) = (folder.path().join("overlay.json"), folder.path().join("out"));
    let server = json!([{"target": "$.servers[0]", "update": {"url": "https://other.example"}}]);
    fs::write(&overlay, json!({"overlay": "1.0.0", "actions": server}).to_string()).unwrap();
    let paths = [overlay.to_str().unwrap(), out.to_str().unwrap()];
    let output = generate(&["--overlay", paths[0], "--out", paths[1]]);
    assert!(output.status.success(), "{}", stderr(&output));
    let constants = fs::read_to_string(out.join("constants.rs")).unwrap();
    assert!(constants.contains("\"https://other.example\""), "{constants}");
}

#[test]
fn a_closed_output_pipe_does_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["generate", "--explain", "--out"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn explain_prints_the_applied_lowering_rules() {
    let folder = tempfile::tempdir().unwrap();
    let output = generate(&["--explain", "--out", folder.path().to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    for rule in [
        "version",
        "multipart",
        "media-types",
        "error-bodies",
        "nullable-type",
        "reference-siblings",
    ] {
        assert!(message.contains(&format!("{rule} at #/")), "{rule}");
    }
}
