//! A short version of the fuzz targets: generates from the seeds, from our own document, and from
//! both with a fixed set of changes. The result must be a client or an error, never a panic.

#![allow(clippy::unwrap_used, reason = "in a test, an unwrap is an assertion")]

use std::panic::catch_unwind;
use std::path::Path;

#[path = "../fuzz/trial.rs"]
mod trial;

use trial::Input;

/// The number of changed documents. `MUTATIONS=5000 cargo test -p xtask --test fuzzed` tries more.
fn rounds(default: u64) -> u64 {
    std::env::var("MUTATIONS").map_or(default, |rounds| rounds.parse().unwrap())
}

/// Whether a client was generated. If the generator panics, the input is printed, so that it can be
/// saved as a seed.
fn gives_a_client(input: Input, name: &str) -> bool {
    let copy = input.clone();
    let outcome = catch_unwind(|| copy.run());
    match outcome.unwrap_or_else(|_| panic!("{name} panics: {input}")) {
        Ok(_) => true,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "{name}");
            false
        }
    }
}

/// Generates from `inputs` with a fixed list of changes.
fn mutated(inputs: &[Input], rounds: u64) {
    let (mut clients, mut errors) = (0, 0);
    for seed in 0..rounds {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = vec![0; random.usize(8..40)];
        random.fill(&mut bytes);
        match gives_a_client(Input::mutated(inputs, &bytes), &format!("seed {seed}")) {
            true => clients += 1,
            false => errors += 1,
        }
    }
    assert!(clients > 0 && errors > 0, "{clients} clients, {errors} errors");
}

#[test]
fn every_seed_gives_a_client_or_an_error() {
    for path in trial::seed_files() {
        if let Some(input) = Input::parse(&std::fs::read(&path).unwrap()) {
            gives_a_client(input, &path.display().to_string());
        }
    }
    assert!(gives_a_client(trial::ours().unwrap(), "our document"));
}

#[test]
fn the_handmade_seeds_give_clients() {
    for name in ["every-rule.json", "no-types.json", "version-3.0.json"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
        let input = Input::parse(&std::fs::read(path).unwrap()).unwrap();
        if let Err(error) = input.run() {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn a_changed_seed_gives_a_client_or_an_error() {
    mutated(&trial::seeds(), rounds(400));
}

#[test]
fn our_changed_document_gives_a_client_or_an_error() {
    mutated(&[trial::ours().unwrap()], rounds(40));
}
