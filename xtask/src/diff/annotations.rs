//! Compares what stands beside a type: defaults, prose, deprecation, XML names.

use serde_json::{Map, Value};

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, Class, Direction};
use super::schemas::or_none;
use super::shape::Shape;

impl<'d> Comparison<'d> {
    /// What stands beside the type of a schema.
    pub(super) fn annotations(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let same_default = match (old.default, new.default) {
            (Some(before), Some(after)) => rules::same_value(before, after),
            (before, after) => before == after,
        };
        if !same_default {
            let class = rules::default_changed(old.default, new.default);
            let text = format!(
                "default {} -> {}",
                or_none(old.default),
                or_none(new.default)
            );
            self.facts
                .judge((class, direction), "default-changed", place, node, text);
        }
        self.xml(place, (old, new), node, direction);
        let deprecated =
            |shape: &Shape<'_>| shape.notes.get("deprecated") == Some(&&Value::Bool(true));
        self.deprecation(place, deprecated(old), deprecated(new), node);
        for keyword in ["title", "description", "externalDocs"] {
            self.prose(
                place,
                keyword,
                old.notes.get(keyword).copied(),
                new.notes.get(keyword).copied(),
                node,
            );
        }
    }

    /// XML names count only where a body can be XML.
    fn xml(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let says = |shape: &Shape<'_>| {
            shape
                .notes
                .get("xml")
                .map(|xml| xml_meaning(xml, node))
                .unwrap_or_default()
        };
        let (before, after) = (says(old), says(new));
        if self.speaks_xml && before != after {
            let text = format!(
                "XML form {} -> {}",
                Value::Object(before),
                Value::Object(after)
            );
            self.facts.judge(
                (Class::Breaking, direction),
                "xml-changed",
                place,
                node,
                text,
            );
        }
    }

    pub(super) fn deprecation(&mut self, place: &Place, before: bool, now: bool, node: &Node<'d>) {
        if before != now {
            let text = if now {
                "deprecated now"
            } else {
                "not deprecated any more"
            };
            self.facts
                .note(Class::Docs, "deprecation-changed", place, node, text);
        }
    }

    /// One text for people.
    pub(super) fn prose(
        &mut self,
        place: &Place,
        keyword: &str,
        before: Option<&Value>,
        now: Option<&Value>,
        node: &Node<'d>,
    ) {
        if !self.options.prose || before == now {
            return;
        }
        let what = match (before, now) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "reworded",
        };
        self.facts.note(
            Class::Docs,
            "prose-changed",
            place,
            node,
            format!("{keyword} {what}"),
        );
    }

    /// The texts of an object that is no schema.
    pub(super) fn texts(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["title", "summary", "description", "externalDocs"] {
            self.prose(
                place,
                keyword,
                old.value.get(keyword),
                new.value.get(keyword),
                new,
            );
        }
    }
}

/// What an `xml` object says beyond what goes without saying.
fn xml_meaning(xml: &Value, node: &Node<'_>) -> Map<String, Value> {
    let own_name = node.at.as_str().rsplit('/').next().unwrap_or_default();
    let mut meaning = xml.as_object().cloned().unwrap_or_default();
    meaning.retain(|key, value| {
        !key.starts_with("x-")
            && value != &Value::Bool(false)
            && !(key == "name" && value == own_name)
    });
    meaning.sort_keys();
    meaning
}
