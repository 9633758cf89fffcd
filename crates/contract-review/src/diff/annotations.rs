//! Compares the keywords that do not restrict a value: defaults, descriptions, deprecation and XML
//! names.

use serde_json::{Map, Value};

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, Class};
use super::schemas::Pair;
use super::shape::Shape;
use super::wording::changed_value;

impl<'d> Comparison<'d> {
    /// Compares the annotations of a schema.
    pub(super) fn annotations(&mut self, pair: &Pair<'_, 'd>) {
        self.default(pair);
        self.xml(pair);
        let deprecated =
            |shape: &Shape<'_>| shape.annotations.get("deprecated") == Some(&&Value::Bool(true));
        self.deprecation(pair.place, deprecated(pair.old), deprecated(pair.new), pair.node);
        for keyword in ["title", "description", "externalDocs"] {
            let text = |shape: &Shape<'d>| shape.annotations.get(keyword).copied();
            self.prose(pair.place, keyword, text(pair.old), text(pair.new), pair.node);
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
            self.report(pair, class, "default-changed", changed_value("default", before, now));
        }
    }

    /// Compares XML names, which matter only if the document declares an XML body.
    fn xml(&mut self, pair: &Pair<'_, 'd>) {
        let normalized = |shape: &Shape<'_>| {
            let xml = shape.annotations.get("xml");
            xml.map(|xml| normalized_xml(xml, pair.node)).unwrap_or_default()
        };
        let (before, now) = (normalized(pair.old), normalized(pair.new));
        if self.uses_xml && before != now {
            let (before, now) = (Value::Object(before), Value::Object(now));
            let text = format!("XML form {before} -> {now}");
            self.report(pair, Class::Breaking, "xml-changed", text);
        }
    }

    pub(super) fn deprecation(&mut self, place: &Place, before: bool, now: bool, node: &Node<'d>) {
        if before != now {
            let text = if now { "now deprecated" } else { "no longer deprecated" };
            self.facts.record(Class::Docs, "deprecation-changed", place, node, text);
        }
    }

    /// Compares one description.
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
        let change = match (before, now) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "reworded",
        };
        self.facts.record(Class::Docs, "prose-changed", place, node, format!("{keyword} {change}"));
    }

    /// Compares the descriptions of an object other than a schema.
    pub(super) fn descriptions(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        const KEYWORDS: [&str; 7] = [
            "title",
            "summary",
            "description",
            "termsOfService",
            "contact",
            "license",
            "externalDocs",
        ];
        for keyword in KEYWORDS {
            self.prose(place, keyword, old.value.get(keyword), new.value.get(keyword), new);
        }
    }
}

/// An `xml` object without extensions and without values that are the default.
fn normalized_xml(xml: &Value, node: &Node<'_>) -> Map<String, Value> {
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
