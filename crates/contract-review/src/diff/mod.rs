//! The change of a contract as a person reviews it: what came, went and changed, each line judged by what it does to
//! callers. Reads two checked documents, touches no file. Judged is what goes over the wire, and the names that
//! generated code takes over: operation ids, parameters, shared schemas.

mod alternatives;
mod annotations;
mod bodies;
mod facts;
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
mod whole;
mod wording;

use serde_json::Value;

use facts::Facts;
use node::Node;

pub use facts::Line;
pub use report::{Bump, Report};
pub use rules::Class;

/// What to look at.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether descriptions, summaries, titles and tags count.
    pub prose: bool,
}

/// Compares two documents that [`crate::validate`] accepted. The order of the lines is that of the documents.
#[must_use]
pub fn compare(old: &Value, new: &Value, options: Options) -> Report {
    let mut comparison = Comparison {
        old: Node::root(old),
        new: Node::root(new),
        options,
        speaks_xml: whole::speaks_xml(old) || whole::speaks_xml(new),
        facts: Facts::default(),
        met: schemas::Met::default(),
    };
    comparison.head();
    comparison.common_security();
    comparison.security_schemes();
    comparison.operations();
    comparison.met_schemas();
    comparison.schema_list();
    comparison.met_schemas();
    Report::new(comparison.facts.lines)
}

/// A comparison under way.
#[derive(Debug)]
struct Comparison<'d> {
    old: Node<'d>,
    new: Node<'d>,
    options: Options,
    speaks_xml: bool,
    facts: Facts,
    met: schemas::Met<'d>,
}
