//! Compares what stands beside a type: defaults, prose, deprecation, XML names.

use serde_json::{Map, Value};

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, Class};
use super::schemas::Pair;
use super::shape::Shape;
use super::wording::became;

impl<'d> Comparison<'d> {
    /// What stands beside the type of a schema.
    pub(super) fn annotations(&mut self, pair: &Pair<'_, 'd>) {
        self.default(pair);
        self.xml(pair);
        let deprecated =
            |shape: &Shape<'_>| shape.notes.get("deprecated") == Some(&&Value::Bool(true));
        self.deprecation(
            pair.place,
            deprecated(pair.old),
            deprecated(pair.new),
            pair.node,
        );
        for keyword in ["title", "description", "externalDocs"] {
            let says = |shape: &Shape<'d>| shape.notes.get(keyword).copied();
            self.prose(
                pair.place,
                keyword,
                says(pair.old),
                says(pair.new),
                pair.node,
            );
        }
    }

    fn default(&mut self, pair: &Pair<'_, 'd>) {
        let (before, now) = (pair.old.default, pair.new.default);
        let same = match (before, now) {
            (Some(before), Some(now)) => rules::same_value(before, now),
            (before, now) => before == now,
        };
        if !same {
            let class = rules::default_changed(before, now);
            self.tell(
                pair,
                class,
                "default-changed",
                became("default", before, now),
            );
        }
    }

    /// XML names count only where a body can be XML.
    fn xml(&mut self, pair: &Pair<'_, 'd>) {
        let says = |shape: &Shape<'_>| {
            let xml = shape.notes.get("xml");
            xml.map(|xml| xml_meaning(xml, pair.node))
                .unwrap_or_default()
        };
        let (before, now) = (says(pair.old), says(pair.new));
        if self.speaks_xml && before != now {
            let (before, now) = (Value::Object(before), Value::Object(now));
            let text = format!("XML form {before} -> {now}");
            self.tell(pair, Class::Breaking, "xml-changed", text);
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
        const TEXTS: [&str; 7] = [
            "title",
            "summary",
            "description",
            "termsOfService",
            "contact",
            "license",
            "externalDocs",
        ];
        for keyword in TEXTS {
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
