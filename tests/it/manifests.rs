//! The manifests of the workspace and of its dependencies, as `cargo metadata` reports them.

use std::fs;
use std::process::Command;

use serde_json::Value;

fn packages() -> Vec<Value> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// The lints forbid unsafe code.
#[test]
fn every_member_except_one_inherits_the_lints() {
    let mut exceptions = Vec::new();
    for package in packages().iter().filter(|package| package["source"].is_null()) {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        let inherits = |key: &str, value: &toml::Table| {
            let table = value.get(key).and_then(|value| value.as_table());
            table.is_some_and(|table| table.get("workspace") == Some(&true.into()))
        };
        let name = package["name"].as_str().unwrap();
        assert!(inherits("rust-version", manifest["package"].as_table().unwrap()), "{name}");
        if !inherits("lints", &manifest) {
            exceptions.push(name.to_owned());
        }
    }
    assert_eq!(exceptions, ["barcode-engine-sys"]);
}

#[test]
fn no_dependency_requires_a_newer_version_of_rust() {
    let version = |text: &str| -> Vec<u32> {
        text.split('.').take(2).map(|part| part.parse().unwrap()).collect()
    };
    let minimum = version(env!("CARGO_PKG_RUST_VERSION"));
    let newer: Vec<String> = packages()
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|v| version(v) > minimum))
        .map(|package| format!("{} {}", package["name"], package["rust_version"]))
        .collect();
    assert!(newer.is_empty(), "{newer:?}");
}
