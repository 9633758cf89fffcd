//! Lowers an OpenAPI 3.x document to the subset that progenitor reads. A rule is one function in one module; what no
//! rule knows is an error with its JSON pointer, never a silent drop.

mod bounds;
mod error_bodies;
mod media_types;
mod multipart;
mod names;
mod operation_ids;
mod schemas;
mod strict;
mod version;
mod walk;

use std::fmt;

use contract_review::{Pointer, path_parameters, references};
use serde_json::Value;

pub(crate) use bounds::{Bounds, Counted};
pub use multipart::FILE_PART;

use crate::Error;

/// A document that progenitor reads, and what had to happen to it.
#[derive(Debug)]
pub struct Lowered {
    /// OpenAPI 3.0.3.
    pub document: Value,
    /// Ids of the operations whose multipart form was turned into query parameters.
    pub multipart: Vec<String>,
    /// Each application of a rule, in order.
    pub applied: Vec<Applied>,
}

/// One application of one rule.
#[derive(Debug)]
pub struct Applied {
    rule: &'static str,
    pointer: Pointer,
    before: String,
    after: String,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            pointer,
            before,
            after,
        } = self;
        write!(
            f,
            "{rule} at {pointer}\n  before: {before}\n  after:  {after}"
        )
    }
}

/// Collects what the rules do.
#[derive(Debug, Default)]
struct Log(Vec<Applied>);

impl Log {
    fn note(
        &mut self,
        rule: &'static str,
        pointer: &Pointer,
        before: impl fmt::Display,
        after: impl fmt::Display,
    ) {
        self.0.push(Applied {
            rule,
            pointer: pointer.clone(),
            before: before.to_string(),
            after: after.to_string(),
        });
    }
}

/// Runs every rule over `document`, then holds the result against what progenitor is known to read.
///
/// # Errors
///
/// [`Error::Lower`] with the pointer, the construct and the nearest rule.
pub fn lower(mut document: Value) -> Result<Lowered, Error> {
    let mut log = Log::default();
    version::declare_3_0(&mut document, &mut log)?;
    references::check(&document)?;
    path_parameters::check(&document)?;
    operation_ids::complete(&mut document, &mut log)?;
    let multipart = multipart::form_becomes_parameters(&mut document, &mut log)?;
    media_types::keep_json(&mut document, &mut log)?;
    error_bodies::drop_bodyless(&mut document, &mut log)?;
    schemas::lower(&mut document, &mut log)?;
    bounds::bounds_are_checked(&mut document, &mut log)?;
    strict::check(&document)?;
    Ok(Lowered {
        document,
        multipart,
        applied: log.0,
    })
}
