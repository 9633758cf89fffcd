//! Collects what changed. The same fact met on the way of a request and on that of a response becomes one line, judged
//! by both.

use std::collections::HashMap;

use serde::Serialize;

use super::node::Node;
use super::rules::{Class, Direction};

/// One change of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The worse of what it means to requests and to responses.
    pub class: Class,
    /// The rule, as `property-added`: stable, for filters.
    pub kind: &'static str,
    /// The operation, schema or other part of the document that changed.
    pub part: String,
    /// What in it; empty where it is the part itself.
    pub subject: String,
    /// What happened to it.
    pub text: String,
    /// Where it stands: in the new document, or in the old one where it was removed.
    pub pointer: String,
    /// What it means to a request, where one carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Class>,
    /// What it means to a response, where one carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Class>,
}

/// Where a change is told: the part, and the thing in it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) part: String,
    pub(super) subject: String,
    /// What a property is called here: a form has fields.
    field: &'static str,
}

impl Place {
    pub(super) fn part(part: impl Into<String>) -> Self {
        Self {
            part: part.into(),
            subject: String::new(),
            field: "property",
        }
    }

    /// Something inside this place, told after what is told already.
    pub(super) fn inside(&self, what: impl std::fmt::Display) -> Self {
        let subject = if self.subject.is_empty() {
            what.to_string()
        } else {
            format!("{}, {what}", self.subject)
        };
        Self {
            subject,
            part: self.part.clone(),
            field: "property",
        }
    }

    /// Another thing in the same part.
    pub(super) fn with_subject(&self, subject: String) -> Self {
        Self {
            subject,
            ..self.clone()
        }
    }

    /// This place, where properties are the fields of a form.
    pub(super) fn as_form(&self) -> Self {
        Self {
            field: "form field",
            ..self.clone()
        }
    }

    pub(super) fn property(&self, name: &str) -> Self {
        let place = self.inside(format_args!("{} `{name}`", self.field));
        match place.subject.strip_prefix("request body, form field") {
            // There is one form, and it is the body.
            Some(rest) => Self {
                subject: format!("form field{rest}"),
                ..place
            },
            None => place,
        }
    }
}

/// The lines so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) lines: Vec<Line>,
    /// The class of each fact that was met, those that became no line of their own among them.
    met: Vec<Class>,
    /// Where each line stands, by what makes it the same.
    known: HashMap<(&'static str, String, String, String), usize>,
}

impl Facts {
    /// A change that has no direction: of an operation, of security, of prose.
    pub(super) fn note(
        &mut self,
        class: Class,
        kind: &'static str,
        place: &Place,
        node: &Node<'_>,
        text: impl Into<String>,
    ) {
        self.add(class, kind, place, node, text.into(), (None, None));
    }

    /// A change of what travels in `direction`.
    pub(super) fn judge(
        &mut self,
        (class, direction): (Class, Direction),
        kind: &'static str,
        place: &Place,
        node: &Node<'_>,
        text: impl Into<String>,
    ) {
        let verdicts = match direction {
            Direction::Request => (Some(class), None),
            Direction::Response => (None, Some(class)),
        };
        self.add(class, kind, place, node, text.into(), verdicts);
    }

    /// How many facts were met so far.
    pub(super) fn count(&self) -> usize {
        self.met.len()
    }

    /// The worst class of what was met after the first `count` facts.
    pub(super) fn worst_since(&self, count: usize) -> Option<Class> {
        self.met.get(count..).into_iter().flatten().copied().max()
    }

    fn add(
        &mut self,
        class: Class,
        kind: &'static str,
        place: &Place,
        node: &Node<'_>,
        text: String,
        (request, response): (Option<Class>, Option<Class>),
    ) {
        self.met.push(class);
        let key = (
            kind,
            place.part.clone(),
            place.subject.clone(),
            text.clone(),
        );
        if let Some(line) = self.known.get(&key).map(|index| &mut self.lines[*index]) {
            line.class = line.class.max(class);
            line.request = line.request.max(request);
            line.response = line.response.max(response);
            return;
        }
        self.known.insert(key, self.lines.len());
        self.lines.push(Line {
            class,
            kind,
            part: place.part.clone(),
            subject: place.subject.clone(),
            text,
            pointer: node.at.to_string(),
            request,
            response,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::node::Node;
    use super::super::rules::{Class, Direction};
    use super::{Facts, Place};

    #[test]
    fn one_fact_met_both_ways_is_one_line_with_the_worse_class() {
        let document = json!({});
        let node = Node::root(&document);
        let place = Place::part("schema `A`").property("b");
        let mut facts = Facts::default();
        facts.judge(
            (Class::Additive, Direction::Request),
            "k",
            &place,
            &node,
            "t",
        );
        facts.judge(
            (Class::Breaking, Direction::Response),
            "k",
            &place,
            &node,
            "t",
        );
        let [line] = facts.lines.as_slice() else {
            panic!("{facts:?}")
        };
        assert_eq!(line.class, Class::Breaking);
        assert_eq!(line.request, Some(Class::Additive));
        assert_eq!(line.response, Some(Class::Breaking));
        assert_eq!(line.subject, "property `b`");
    }
}
