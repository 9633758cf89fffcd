//! The features that the facade enables in crates that its dependents may use as well. Cargo builds
//! each crate once, with the union of the features that its dependents enable. A feature that
//! changes behavior would therefore affect every dependent.

use std::process::Command;

/// Features that change the behavior of a crate for all its dependents, instead of only adding to
/// it.
const CHANGE_BEHAVIOR: [(&str, &[&str]); 5] = [
    (
        "serde_json",
        &["preserve_order", "arbitrary_precision", "float_roundtrip", "unbounded_depth"],
    ),
    ("tracing", &["log", "log-always", "max_level_", "release_max_level_"]),
    ("log", &["max_level_", "release_max_level_"]),
    ("reqwest", &["cookies", "gzip", "brotli", "zstd", "deflate"]),
    ("parking_lot", &["deadlock_detection", "send_guard"]),
];

/// Returns the dependencies of a package, as `cargo tree` prints them: the name and the features of
/// each crate.
fn dependencies_with_features(package: &str, features: &str) -> Vec<(String, Vec<String>)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--features", features])
        .args(["--package", package, "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}|{f}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| {
            let (name, features) = line.split_once('|').unwrap();
            let name = name.split(' ').next().unwrap().to_owned();
            let features = features.trim_end_matches(" (*)").split(',');
            (name, features.map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn no_dependency_changes_the_behavior_of_a_dependents_crates() {
    // All features except `mock`, which is for tests only.
    for (package, features) in
        [("barcode-cloud", "blocking,image,metrics"), ("barcode-cloud-auth", "")]
    {
        let found = dependencies_with_features(package, features);
        let names = || found.iter().map(|(name, _)| name.as_str());
        assert!(names().any(|name| name == "reqwest"), "{package}: {found:?}");
        assert!(names().all(|name| name != "openssl-sys"), "{package}");
        for (name, features) in &found {
            let changing = CHANGE_BEHAVIOR.iter().find(|(of, _)| of == name);
            let changing = changing.map_or(&[][..], |(_, changing)| changing);
            for feature in features {
                let is_changing = |prefix: &&str| match prefix.ends_with('_') {
                    true => feature.starts_with(*prefix),
                    false => feature == prefix,
                };
                assert!(
                    !changing.iter().any(is_changing),
                    "{package} enables {name}/{feature} in every dependent"
                );
            }
        }
    }
}
