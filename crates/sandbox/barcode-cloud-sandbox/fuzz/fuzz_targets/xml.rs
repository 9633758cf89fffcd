//! Bytes as an XML body.

#![no_main]

use std::sync::LazyLock;

use barcode_cloud_sandbox::trial::Trial;
use libfuzzer_sys::fuzz_target;

static TRIAL: LazyLock<Option<Trial>> = LazyLock::new(Trial::new);

fuzz_target!(|bytes: &[u8]| {
    if let Some(trial) = &*TRIAL {
        trial.xml(bytes);
    }
});
