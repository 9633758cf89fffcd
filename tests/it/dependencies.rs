//! The chapter of the book about dependencies lists those of the published crates, and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn the_book_lists_every_direct_dependency_of_a_published_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut used = BTreeSet::new();
    for folder in ["crates", "crates/sandbox"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let Ok(manifest) = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")) else {
                continue;
            };
            let manifest: toml::Table = manifest.parse().unwrap();
            if manifest["package"].get("publish").is_some() {
                continue;
            }
            used.extend(dependencies(&manifest));
            let targets = manifest.get("target").and_then(|targets| targets.as_table());
            let targets = targets.into_iter().flat_map(|targets| targets.values());
            used.extend(targets.filter_map(|target| target.as_table()).flat_map(dependencies));
        }
    }
    let chapter = fs::read_to_string(root.join("docs/src/dependencies.md")).unwrap();
    let rows = chapter.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.map(|row| row.split(" | ").next().unwrap());
    // The feature of a row is in parentheses.
    let names = cells.flat_map(|cell| cell.split(" (").next().unwrap().split(", "));
    let listed: BTreeSet<_> = names.map(|name| name.trim_matches('`').to_owned()).collect();
    assert_eq!(listed, used);
}

fn dependencies(table: &toml::Table) -> Vec<String> {
    let sections = ["dependencies", "build-dependencies"].map(|section| table.get(section));
    let sections = sections.into_iter().flatten().filter_map(|section| section.as_table());
    let names = sections.flat_map(|section| section.keys().cloned());
    names.filter(|name| !name.starts_with("barcode-")).collect()
}
