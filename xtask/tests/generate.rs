//! `cargo xtask generate` as it is run: drift of the committed client, determinism, and bad documents.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn generate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("generate")
        .args(arguments)
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every file below `folder`, by its path in there.
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
fn the_committed_client_is_what_the_document_gives() {
    let output = generate(&["--check"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn one_changed_byte_fails_and_names_the_file_and_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    assert!(generate(&["--out", out]).status.success());
    let path = folder.path().join("types/api_error.rs");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replacen("pub code", "pub kode", 1);
    fs::write(&path, text).unwrap();
    let output = generate(&["--check", "--out", out]);
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("types/api_error.rs is not what the document gives"),
        "{}",
        stderr(&output)
    );
    assert!(
        stderr(&output).contains("run `cargo xtask generate`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn two_runs_give_the_same_bytes() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&first, &second] {
        assert!(
            generate(&["--out", folder.path().to_str().unwrap()])
                .status
                .success()
        );
    }
    assert_eq!(files(first.path()), files(second.path()));
}

/// The published document differs from ours in prose only: without documentation the code is the same.
#[test]
fn the_published_document_gives_the_same_api() {
    let Some(document) = std::env::var_os("BARCODE_CLOUD_PUBLISHED_DOCUMENT") else {
        println!("skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT names no document");
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
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        published.keys().collect::<Vec<_>>()
    );
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
fn the_earlier_published_revision_is_read_too() {
    let Some(document) = std::env::var_os("BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD") else {
        println!("skipped: BARCODE_CLOUD_PUBLISHED_DOCUMENT_OLD names no document");
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

/// Our document with `value` at `pointer`; null takes it out.
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

/// What generating from `text` says, once it has failed and written nothing.
fn refused(what: &str, text: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (document, out) = (
        folder.path().join("document.json"),
        folder.path().join("out"),
    );
    fs::write(&document, text).unwrap();
    let output = generate(&[
        "--document",
        document.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{what}: {said}");
    assert!(said.starts_with("error: "), "{what}: {said}");
    assert_eq!(said.lines().count(), 1, "{what}: {said}");
    assert!(!out.exists(), "{what}");
    said
}

#[test]
fn what_is_no_json_document_is_one_clear_error_and_no_file() {
    let nested = [vec![b'['; 25 << 20], vec![b']'; 25 << 20]].concat();
    let cases: [(&str, &[u8], &str); 8] = [
        (
            "half JSON",
            b"{\"openapi\": \"3.1.1\", ",
            "is not a JSON document: EOF",
        ),
        ("nothing", b"", "is not a JSON document: EOF"),
        ("bytes", b"\x89PNG\r\n\xff", "is not a JSON document"),
        (
            "YAML",
            b"openapi: 3.1.1\n",
            "is YAML; convert it to JSON first",
        ),
        ("a page", b"<!doctype html>", "looks like HTML"),
        ("no object", b"[]", "#: the document is no object"),
        (
            "deep nesting",
            &nested[..100_000],
            "is nested deeper than 128 levels",
        ),
        ("50 MiB of nested arrays", &nested, "is larger than 20 MiB"),
    ];
    for (what, text, expected) in cases {
        let said = refused(what, text);
        assert!(said.contains(expected), "{what}: {said}");
    }
    let output = generate(&["--document", "/no/such/file"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.starts_with("error: /no/such/file: cannot be read"),
        "{said}"
    );
}

#[test]
fn a_bad_document_is_one_clear_error_with_its_place_and_no_file() {
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
            format!("#{SCHEMA}/if: no rule knows `if` in a schema"),
        ),
        // An overlay action has nothing to correct.
        (
            "/components/securitySchemes".into(),
            json!({}),
            "overlay action 0 ($.components.securitySchemes.JWT.flows.clientCredentials): matches nothing".to_owned(),
        ),
    ] {
        let said = refused(&expected, ours_with(&pointer, value).as_bytes());
        assert!(said.contains(&expected), "{expected}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
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
fn what_lowering_did_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let output = generate(&["--explain", "--out", folder.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for rule in [
        "version",
        "multipart",
        "media-types",
        "error-bodies",
        "nullable-type",
        "reference-siblings",
    ] {
        assert!(said.contains(&format!("{rule} at #/")), "{rule}");
    }
}
