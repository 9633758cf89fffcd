//! Interprets the bytes as JSON: a document, or an array of a document and an overlay.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../trial.rs"]
#[allow(dead_code, reason = "each target uses a part of it")]
mod trial;

fuzz_target!(|bytes: &[u8]| {
    if let Some(input) = trial::Input::parse(bytes) {
        // The result may be a client or an error, but not a panic.
        let _ = input.run();
    }
});
