//! Turns the OpenAPI document into the typed client: read, overlay, lower, generate, rewrite, split, write.
//!
//! Data flows one way, a module a step. Nothing in the workspace depends on this crate.
//!
//! Fuzz it in `xtask/` with `cargo fuzz run --sanitizer none mutated` (bytes as they are: `raw`); a finding is printed
//! as JSON and becomes a file in `fuzz/seeds/`. `cargo test -p xtask --test fuzzed` runs the same code over the seeds.

pub mod diff;
pub mod document;
mod error;
pub mod generate;
pub mod lower;
mod operations;
pub mod overlay;
mod rewrite;
mod split;
pub mod sync;
pub mod update;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract_review::Pointer;
use serde_json::Value;

pub use error::Error;

/// The files of the generated client, by their path below `generated/`.
pub type Files = BTreeMap<PathBuf, String>;

/// What one generation gives: the files, and what lowering did to the document.
#[derive(Debug)]
pub struct Generated {
    /// The generated files.
    pub files: Files,
    /// Each application of a lowering rule, in order.
    pub applied: Vec<lower::Applied>,
}

/// Generates the client of the document at `document`, corrected by the overlay at `overlay`. Touches no file.
///
/// # Errors
///
/// Says which file, JSON pointer or overlay action is at fault.
pub fn generate_client(document: &Path, overlay: &Path) -> Result<Generated, Error> {
    generate_from(document::read(document)?, &overlay::read(overlay)?)
}

/// Generates the client of `api`, corrected by the `overlay`.
///
/// # Errors
///
/// Says which JSON pointer or overlay action is at fault.
pub fn generate_from(mut api: Value, overlay: &[overlay::Action]) -> Result<Generated, Error> {
    if !api.is_object() {
        let root = Pointer::default();
        let hint = "an OpenAPI document is an object with `openapi`, `info` and `paths`";
        return Err(Error::lower(&root, "the document is no object", hint));
    }
    overlay::apply(&mut api, overlay)?;
    let constants = generate::Constants::read(&api)?;
    let lowered = lower::lower(api)?;
    let mut file = generate::tokens(&lowered)?;
    rewrite::rewrite(&mut file, &lowered)?;
    let mut mock = generate::mock_tokens(&lowered)?;
    rewrite::mock::complete(&mut mock, &lowered)?;
    split::add_feature_module(&mut file, "mock", mock);
    Ok(Generated {
        files: split::split(file, &constants, operations::items(&lowered.document))?,
        applied: lowered.applied,
    })
}
