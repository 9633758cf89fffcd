//! Parses arbitrary bytes as a JSON request body.

#![no_main]

use std::sync::LazyLock;

use barcode_cloud_sandbox::fuzzing::FuzzHarness;
use libfuzzer_sys::fuzz_target;

static HARNESS: LazyLock<Option<FuzzHarness>> = LazyLock::new(FuzzHarness::new);

fuzz_target!(|bytes: &[u8]| {
    if let Some(harness) = &*HARNESS {
        harness.json(bytes);
    }
});
