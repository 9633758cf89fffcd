//! Collects the changes. A change that affects both requests and responses becomes one line with a
//! class for each.

use std::collections::HashMap;

use serde::Serialize;

use super::node::Node;
use super::rules::{Class, Direction};

/// One change of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The more severe of the two classes in `request` and `response`.
    pub class: Class,
    /// The rule that applied, such as `property-added`. These names are stable, so programs can
    /// filter by them.
    pub kind: &'static str,
    /// The operation, schema or other part of the document that changed.
    pub part: String,
    /// The thing inside the part that changed. Empty when the part itself changed.
    pub subject: String,
    /// A description of the change.
    pub text: String,
    /// The JSON pointer of the change: in the new document, or in the old one if something was
    /// removed.
    pub pointer: String,
    /// The class for requests, if the value is part of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Class>,
    /// The class for responses, if the value is part of a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Class>,
}

/// Where a change is reported: the part of the document, and the thing inside it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) part: String,
    pub(super) subject: String,
    /// The word for a property: the properties of a form are called form fields.
    field: &'static str,
}

impl Place {
    pub(super) fn part(part: impl Into<String>) -> Self {
        Self { part: part.into(), subject: String::new(), field: "property" }
    }

    /// A thing inside this place.
    pub(super) fn inside(&self, what: impl std::fmt::Display) -> Self {
        let subject = if self.subject.is_empty() {
            what.to_string()
        } else {
            format!("{}, {what}", self.subject)
        };
        Self { subject, part: self.part.clone(), field: "property" }
    }

    /// Another thing inside the same part.
    pub(super) fn with_subject(&self, subject: String) -> Self {
        Self { subject, ..self.clone() }
    }

    /// The same place, with properties called form fields.
    pub(super) fn as_form(&self) -> Self {
        Self { field: "form field", ..self.clone() }
    }

    /// Whether this place is a field of a form. Generated code sends the fields of a form like
    /// parameters.
    pub(super) fn is_form_field(&self) -> bool {
        self.subject.starts_with("form field") && !self.subject.contains(',')
    }

    pub(super) fn property(&self, name: &str) -> Self {
        let place = self.inside(format_args!("{} `{name}`", self.field));
        match place.subject.strip_prefix("request body, form field") {
            // A request has only one form, so the words "request body" add nothing.
            Some(rest) => Self { subject: format!("form field{rest}"), ..place },
            None => place,
        }
    }
}

/// The changes found so far.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) lines: Vec<Line>,
    /// The class of every change, including those that were merged into an existing line.
    classes: Vec<Class>,
    /// The index of each line by its kind, part, subject and text. Changes with the same key become
    /// one line.
    index: HashMap<(&'static str, String, String, String), usize>,
}

impl Facts {
    /// Records a change that has no direction, such as a change of an operation, of security or of
    /// a description.
    pub(super) fn record(
        &mut self,
        class: Class,
        kind: &'static str,
        place: &Place,
        node: &Node<'_>,
        text: impl Into<String>,
    ) {
        self.add(class, kind, place, node, text.into(), (None, None));
    }

    /// Records a change of a value that is sent in `direction`.
    pub(super) fn record_in(
        &mut self,
        (class, direction): (Class, Direction),
        kind: &'static str,
        place: &Place,
        node: &Node<'_>,
        text: impl Into<String>,
    ) {
        let classes = match direction {
            Direction::Request => (Some(class), None),
            Direction::Response => (None, Some(class)),
        };
        self.add(class, kind, place, node, text.into(), classes);
    }

    /// The number of changes recorded so far.
    pub(super) fn count(&self) -> usize {
        self.classes.len()
    }

    /// The most severe class among the changes after the first `count`.
    pub(super) fn most_severe_since(&self, count: usize) -> Option<Class> {
        self.classes.get(count..).into_iter().flatten().copied().max()
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
        self.classes.push(class);
        let key = (kind, place.part.clone(), place.subject.clone(), text.clone());
        if let Some(line) = self.index.get(&key).map(|line| &mut self.lines[*line]) {
            line.class = line.class.max(class);
            line.request = line.request.max(request);
            line.response = line.response.max(response);
            return;
        }
        self.index.insert(key, self.lines.len());
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
    fn a_change_in_both_directions_is_one_line_with_the_more_severe_class() {
        let document = json!({});
        let node = Node::root(&document);
        let place = Place::part("schema `A`").property("b");
        let mut facts = Facts::default();
        facts.record_in((Class::Additive, Direction::Request), "k", &place, &node, "t");
        facts.record_in((Class::Breaking, Direction::Response), "k", &place, &node, "t");
        let [line] = facts.lines.as_slice() else { panic!("{facts:?}") };
        assert_eq!(line.class, Class::Breaking);
        assert_eq!(line.request, Some(Class::Additive));
        assert_eq!(line.response, Some(Class::Breaking));
        assert_eq!(line.subject, "property `b`");
    }
}
