//! Compares two documents and lists the changes for a reviewer. Each change is classified by its
//! effect on callers.
//!
//! The comparison covers everything that is sent over the wire, and the names that generated code
//! uses: operation ids, parameters and shared schemas.

mod alternatives;
mod annotations;
mod bodies;
mod document;
mod facts;
mod ignored;
mod node;
mod objects;
mod operations;
mod parameters;
mod report;
mod rules;
mod schemas;
mod security;
mod shape;
mod values;
mod wording;

use serde_json::Value;

use facts::Facts;
use node::Node;

pub use facts::Line;
pub use ignored::Ignored;
pub use report::{Bump, Report};
pub use rules::Class;

/// Options of [`compare`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether changed descriptions, summaries, titles and tags are reported.
    pub prose: bool,
}

/// Compares two documents. Both must have passed [`validate`](crate::validate()).
#[must_use]
pub fn compare(old: &Value, new: &Value, options: Options) -> Report {
    let mut comparison = Comparison {
        old: Node::root(old),
        new: Node::root(new),
        options,
        uses_xml: document::uses_xml(old) || document::uses_xml(new),
        facts: Facts::default(),
        shared: schemas::SharedSchemas::default(),
    };
    comparison.metadata();
    comparison.default_security();
    comparison.security_schemes();
    comparison.operations();
    comparison.shared_schemas();
    comparison.schema_list();
    comparison.shared_schemas();
    Report::new(comparison.facts.lines)
}

/// The state of a comparison.
#[derive(Debug)]
struct Comparison<'d> {
    old: Node<'d>,
    new: Node<'d>,
    options: Options,
    uses_xml: bool,
    facts: Facts,
    shared: schemas::SharedSchemas<'d>,
}
