//! `cargo xtask generate` as it is run: drift of the committed client, determinism, and bad documents.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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

#[test]
fn a_bad_document_is_one_clear_error_and_no_file() {
    let ours = fs::read_to_string(root().join("openapi/barcode-v4.json")).unwrap();
    let cases = [
        (
            "not JSON",
            "openapi: 3.1.1\n".to_owned(),
            "is not a JSON document",
        ),
        ("no object", "[]".to_owned(), "#: the document is no object"),
        (
            "another version",
            ours.replacen("3.1.1", "2.0", 1),
            "#/openapi: OpenAPI version \"2.0\"",
        ),
        (
            "a dangling reference",
            ours.replacen("schemas/ApiErrorResponse", "schemas/Gone", 1),
            "points at nothing",
        ),
        (
            "an unknown construct",
            ours.replacen("\"enum\"", "\"if\"", 1),
            "no rule knows `if` in a schema",
        ),
        (
            "deep nesting",
            "[".repeat(100_000),
            "is not a JSON document",
        ),
    ];
    for (what, text, said) in cases {
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
        assert!(!output.status.success(), "{what}");
        assert!(
            stderr(&output).contains(said),
            "{what}: {}",
            stderr(&output)
        );
        assert!(
            !stderr(&output).contains("panicked"),
            "{what}: {}",
            stderr(&output)
        );
        assert!(!out.exists(), "{what}");
    }
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
