//! Overlay, lowering and generation over documents that are almost right: whatever is changed in ours, the outcome is
//! a client or an error, never a panic.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// More by `MUTATIONS=5000 cargo test -p xtask --test mutations`.
fn rounds() -> u64 {
    std::env::var("MUTATIONS").map_or(60, |rounds| rounds.parse().unwrap())
}

fn openapi(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../openapi")
        .join(name)
}

/// The places of all values below `node`.
fn places(node: &Value, at: String, places: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match node {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        let at = format!("{at}/{key}");
        places.push(at.clone());
        self::places(value, at, places);
    }
}

/// Puts something else at a random place of `document`: nothing, an odd value, or what stands at another place.
fn mutate(document: &mut Value, random: &mut fastrand::Rng) {
    let mut all = Vec::new();
    places(document, String::new(), &mut all);
    let place = &all[random.usize(..all.len())];
    let other = document
        .pointer(&all[random.usize(..all.len())])
        .unwrap()
        .clone();
    let odd = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("a b/{c}"),
        json!([]),
        json!({}),
    ];
    let (parent, key) = place.rsplit_once('/').unwrap();
    match random.usize(..3) {
        0 => match document.pointer_mut(parent).unwrap() {
            Value::Object(map) => {
                map.remove(&key.replace("~1", "/").replace("~0", "~"));
            }
            Value::Array(items) => {
                items.remove(key.parse().unwrap());
            }
            _ => unreachable!("only these have places in them"),
        },
        1 => *document.pointer_mut(place).unwrap() = odd[random.usize(..odd.len())].clone(),
        _ => *document.pointer_mut(place).unwrap() = other,
    }
}

#[test]
fn an_almost_right_document_gives_a_client_or_an_error() {
    let document: Value =
        serde_json::from_str(&std::fs::read_to_string(openapi("barcode-v4.json")).unwrap())
            .unwrap();
    let overlay = xtask::overlay::read(&openapi("overlay.json")).unwrap();
    let (mut clients, mut errors) = (0, 0);
    for seed in 0..rounds() {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut document = document.clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut document, &mut random);
        }
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
            xtask::generate_from(document, &overlay)
        }));
        match outcome.unwrap_or_else(|_| panic!("seed {seed} makes it panic")) {
            Ok(_) => clients += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                errors += 1;
            }
        }
    }
    assert!(
        clients > 0 && errors > 0,
        "{clients} clients, {errors} errors"
    );
}
