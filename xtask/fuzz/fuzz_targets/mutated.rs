//! Interprets the bytes as a list of changes to the seeds, so that each input is almost a valid
//! document. A finding is printed as JSON, which can be saved as a seed.

#![no_main]

use std::fmt;
use std::sync::LazyLock;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;

#[path = "../trial.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod trial;

static SEEDS: LazyLock<Vec<trial::Input>> =
    LazyLock::new(|| trial::seeds().into_iter().chain(trial::ours()).collect());

struct Mutated(trial::Input);

impl<'a> Arbitrary<'a> for Mutated {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let rest = bytes.bytes(bytes.len())?;
        Ok(Self(trial::Input::mutated(&SEEDS, rest)))
    }
}

impl fmt::Debug for Mutated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

fuzz_target!(|input: Mutated| {
    let _ = input.0.run();
});
