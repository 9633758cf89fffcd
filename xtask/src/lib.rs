//! Generates the typed client from the OpenAPI document.
//!
//! The steps are: read the document, apply the overlay, lower it to what progenitor supports, run
//! progenitor, rewrite its code, split it into files, and write them. Each step is one module, and
//! data flows from each to the next. No other crate of the workspace depends on this one.
//!
//! [`diff`] and [`update`] are the commands around the crate `contract-review`. [`release`] checks
//! and publishes the packages.
//!
//! # Fuzzing
//!
//! Run `cargo fuzz run --sanitizer none mutated` in `xtask/`, or `raw` instead of `mutated` for
//! unstructured bytes. A finding is printed as JSON; save it as a file in `fuzz/seeds/`.
//! `cargo test -p xtask --test fuzzed` runs the same code over the seeds.

mod culprit;
pub mod diff;
pub mod document;
mod error;
pub mod generate;
pub mod lower;
mod mock;
mod operation_constants;
pub mod overlay;
pub mod release;
mod rewrite;
mod split;
pub mod sync;
pub mod update;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract_review::Pointer;
use serde_json::Value;

pub use error::Error;

/// The generated files by their path relative to `generated/`.
pub type Files = BTreeMap<PathBuf, String>;

/// The result of a generation.
#[derive(Debug)]
pub struct Generated {
    /// The generated files.
    pub files: Files,
    /// The lowering rules that were applied, in order.
    pub applied: Vec<lower::Applied>,
}

/// Generates the client from the document at `document`, corrected by the overlay at `overlay`.
/// Writes no file.
///
/// # Errors
///
/// The error names the file, the JSON pointer or the overlay action that is invalid.
pub fn generate_client(document: &Path, overlay: &Path) -> Result<Generated, Error> {
    generate_from(document::read(document)?, &overlay::read(overlay)?)
}

/// Generates the client from the document `api`, corrected by `overlay`.
///
/// # Errors
///
/// The error names the JSON pointer or the overlay action that is invalid.
pub fn generate_from(mut api: Value, overlay: &[overlay::Action]) -> Result<Generated, Error> {
    if !api.is_object() {
        let root = Pointer::default();
        let hint = "an OpenAPI document is an object with `openapi`, `info` and `paths`";
        return Err(Error::lower(&root, "the document is not an object", hint));
    }
    overlay::apply(&mut api, overlay)?;
    let constants = generate::Constants::read(&api)?;
    let lowered = lower::lower(api)?;
    let mut file = generate::tokens(&lowered).map_err(|error| culprit::locate(&lowered, error))?;
    culprit::check_type_names(&file, &lowered)?;
    rewrite::rewrite(&mut file, &lowered)?;
    Ok(Generated {
        files: split::split(file, &constants, operation_constants::items(&lowered.document))?,
        applied: lowered.applied,
    })
}
