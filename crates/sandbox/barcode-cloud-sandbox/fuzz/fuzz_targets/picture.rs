//! Decodes arbitrary bytes as an image file.

#![no_main]

use std::sync::LazyLock;

use barcode_cloud_sandbox::trial::FuzzHarness;
use libfuzzer_sys::fuzz_target;

static HARNESS: LazyLock<Option<FuzzHarness>> = LazyLock::new(FuzzHarness::new);

fuzz_target!(|bytes: &[u8]| {
    if let Some(harness) = &*HARNESS {
        harness.picture(bytes);
    }
});
