//! Bytes as they are: JSON or none, a document alone or with its overlay.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../trial.rs"]
#[allow(dead_code, reason = "each target runs its part")]
mod trial;

fuzz_target!(|bytes: &[u8]| {
    if let Some(input) = trial::Input::parse(bytes) {
        // A client or an error; neither may be a panic.
        let _ = input.run();
    }
});
