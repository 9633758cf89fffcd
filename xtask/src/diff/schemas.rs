//! Compares schemas by their meaning. A shared schema is compared once for each direction that it travels in, and told
//! under its own name, not at each place that uses it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, BOUNDS, Class, Direction};
use super::shape::{Additional, Shape};

type Pair = (String, String, Direction);

/// The shared schemas that were met, and those still to compare.
#[derive(Debug, Default)]
pub(super) struct Met<'d> {
    queue: VecDeque<(Node<'d>, Node<'d>, Direction)>,
    pub(super) seen: BTreeSet<Pair>,
    /// Old name to new name.
    pub(super) renamed: BTreeMap<String, String>,
    /// How deep the comparison by meaning is.
    depth: usize,
    /// Pairs that were compared by meaning inside another such pair, each told once a part.
    told: BTreeSet<(String, String, String)>,
}

impl<'d> Comparison<'d> {
    /// Compares what stands at one use of a schema.
    pub(super) fn schema(
        &mut self,
        place: &Place,
        old: &Node<'d>,
        new: &Node<'d>,
        direction: Direction,
    ) {
        if let (Some(old_target), Some(new_target)) = (old.referred(), new.referred())
            && self.is_same_schema(&old_target, &new_target)
        {
            let beside = (Shape::beside_reference(old), Shape::beside_reference(new));
            if beside.0.limits_nothing() && beside.1.limits_nothing() {
                self.meet(old_target, new_target, direction);
                self.annotations(place, (&beside.0, &beside.1), new, direction);
                return;
            }
        }
        self.by_meaning(place, old, new, direction);
    }

    fn by_meaning(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>, direction: Direction) {
        // A schema may hold itself, and many may hold one: inside a use, a pair is told once.
        let refer = old.referred().is_some() || new.referred().is_some();
        if refer && self.met.depth > 0 {
            let ends = (old.resolved().at.to_string(), new.resolved().at.to_string());
            if !self.met.told.insert((ends.0, ends.1, place.part.clone())) {
                return;
            }
        }
        self.met.depth += usize::from(refer);
        let shapes = (Shape::read(old), Shape::read(new));
        self.shapes(place, (&shapes.0, &shapes.1), new, direction);
        self.met.depth -= usize::from(refer);
    }

    /// Whether two referred schemas are one: of one name, or of two where each document knows only its own.
    fn is_same_schema(&self, old: &Node<'d>, new: &Node<'d>) -> bool {
        let (Some(old_name), Some(new_name)) = (old.schema_name(), new.schema_name()) else {
            return false;
        };
        let knows =
            |root: &Node<'_>, name: &str| root.path(&["components", "schemas", name]).is_some();
        old_name == new_name || !knows(&self.new, old_name) && !knows(&self.old, new_name)
    }

    fn meet(&mut self, old: Node<'d>, new: Node<'d>, direction: Direction) {
        if let (Some(old_name), Some(new_name)) = (old.schema_name(), new.schema_name())
            && old_name != new_name
        {
            self.met
                .renamed
                .entry(old_name.into())
                .or_insert_with(|| new_name.into());
        }
        let pair = (old.at.to_string(), new.at.to_string(), direction);
        if self.met.seen.insert(pair) {
            self.met.queue.push_back((old, new, direction));
        }
    }

    /// Compares the shared schemas that were met, and those that they lead to.
    pub(super) fn met_schemas(&mut self) {
        while let Some((old, new, direction)) = self.met.queue.pop_front() {
            let name = new.schema_name().unwrap_or_default();
            let place = Place::part(format!("schema `{name}`"));
            let both_refer = old.referred().is_some() && new.referred().is_some();
            if both_refer {
                self.schema(&place, &old, &new, direction);
            } else {
                self.by_meaning(&place, &old, &new, direction);
            }
        }
    }

    fn shapes(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        // A list that becomes a text has no items to compare.
        if self.types(place, (old, new), node, direction) {
            self.values(place, (old, new), node, direction);
            self.format_and_bounds(place, (old, new), node, direction);
            self.properties(place, (old, new), node, direction);
            self.additional(place, (old, new), node, direction);
            self.items(place, (old, new), node, direction);
            self.alternatives(place, (old, new), node, direction);
            self.unknown_keywords(place, (old, new), node, direction);
        }
        self.annotations(place, (old, new), node, direction);
    }

    /// Tells whether the rest is worth comparing.
    fn types(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) -> bool {
        let Some(change) = rules::types_change(&old.types, &new.types) else {
            return true;
        };
        let verdict = (rules::allowed_values(change, direction), direction);
        let without_null = |shape: &Shape<'d>| {
            let mut types = shape.types.clone();
            types.remove("null");
            types
        };
        let (kind, text) = if without_null(old) == without_null(new) {
            match new.types.contains("null") {
                true => ("null-allowed", "may be null now".into()),
                false => ("null-refused", "may not be null any more".into()),
            }
        } else {
            let text = format!("type {} -> {}", type_names(old), type_names(new));
            ("type-changed", text)
        };
        self.facts.judge(verdict, kind, place, node, text);
        kind != "type-changed" || change != rules::Change::Other
    }

    fn values(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let (before, after) = match (&old.values, &new.values) {
            (None, None) => return,
            (Some(before), Some(after)) => (before, after),
            (None, Some(after)) => {
                let class = match new.open {
                    true => Class::Docs,
                    false => rules::allowed_values(rules::Change::Narrower, direction),
                };
                let text = format!("limited to {}", listed(after));
                return self
                    .facts
                    .judge((class, direction), "enum-added", place, node, text);
            }
            (Some(before), None) => {
                let class = match old.open {
                    true => Class::Docs,
                    false => rules::allowed_values(rules::Change::Wider, direction),
                };
                let text = format!("any value, no longer limited to {}", listed(before));
                return self
                    .facts
                    .judge((class, direction), "enum-removed", place, node, text);
            }
        };
        if old.open != new.open {
            let (change, text) = match new.open {
                true => (
                    rules::Change::Wider,
                    "other texts are allowed beside the listed ones now",
                ),
                false => (
                    rules::Change::Narrower,
                    "only the listed texts are allowed now",
                ),
            };
            let class = rules::allowed_values(change, direction);
            self.facts.judge(
                (class, direction),
                "enum-openness-changed",
                place,
                node,
                text,
            );
        }
        let missing = |from: &[Value], other: &[Value]| -> Vec<Value> {
            let known = |value: &Value| other.iter().any(|o| rules::same_value(o, value));
            from.iter().filter(|value| !known(value)).cloned().collect()
        };
        let (added, removed) = (missing(after, before), missing(before, after));
        if !added.is_empty() {
            let class = rules::enum_values_added(old.open && new.open, direction);
            let text = format!("enum {} added", listed(&added));
            self.facts
                .judge((class, direction), "enum-values-added", place, node, text);
        }
        if !removed.is_empty() {
            let class = rules::enum_values_removed(old.open && new.open, direction);
            let text = format!("enum {} removed", listed(&removed));
            self.facts
                .judge((class, direction), "enum-values-removed", place, node, text);
        }
    }

    fn format_and_bounds(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        if let Some(change) = rules::format_change(old.format, new.format) {
            let verdict = (rules::allowed_values(change, direction), direction);
            let name = |format: Option<&str>| format.unwrap_or("none").to_owned();
            let text = format!("format {} -> {}", name(old.format), name(new.format));
            self.facts
                .judge(verdict, "format-changed", place, node, text);
        }
        for bound in BOUNDS {
            let (before, after) = (old.bounds.get(bound), new.bounds.get(bound));
            if let Some(change) = rules::bound_change(bound, before, after) {
                let verdict = (rules::allowed_values(change, direction), direction);
                let text = format!("{bound} {} -> {}", or_none(before), or_none(after));
                self.facts
                    .judge(verdict, "bound-changed", place, node, text);
            }
        }
    }

    fn properties(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        for (name, property) in &new.properties {
            let place = place.property(name);
            let travels = travels(property, direction);
            let required = new.required.contains(name);
            match old.property(name) {
                Some(before) => match (self::travels(before, direction), travels) {
                    (true, true) => {
                        self.required(&place, (old, new), name, property, direction);
                        self.schema(&place, before, property, direction);
                    }
                    (false, true) => {
                        let class = rules::property_added(required, direction);
                        let text = format!("is part of {} now", plural(direction));
                        self.facts.judge(
                            (class, direction),
                            "property-added",
                            &place,
                            property,
                            text,
                        );
                    }
                    (true, false) => {
                        let class = rules::property_removed(direction);
                        let text = format!("is not part of {} any more", plural(direction));
                        self.facts.judge(
                            (class, direction),
                            "property-removed",
                            &place,
                            property,
                            text,
                        );
                    }
                    (false, false) => {}
                },
                None if travels => {
                    let class = rules::property_added(required, direction);
                    let text = format!("added, {}", summary(property, required));
                    self.facts
                        .judge((class, direction), "property-added", &place, property, text);
                }
                None => {}
            }
        }
        for (name, property) in &old.properties {
            if new.property(name).is_none() && travels(property, direction) {
                let class = rules::property_removed(direction);
                let place = place.property(name);
                self.facts.judge(
                    (class, direction),
                    "property-removed",
                    &place,
                    property,
                    "removed",
                );
            }
        }
        self.required_without_property(place, (old, new), node, direction);
    }

    fn required(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        name: &str,
        node: &Node<'d>,
        direction: Direction,
    ) {
        let (before, now) = (old.required.contains(name), new.required.contains(name));
        if before != now {
            let class = rules::required_changed(now, direction);
            let text = if now { "required now" } else { "optional now" };
            self.facts
                .judge((class, direction), "required-changed", place, node, text);
        }
    }

    /// `required` may name a field that `properties` does not list.
    fn required_without_property(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let names: BTreeSet<&str> = old.required.union(&new.required).copied().collect();
        for name in names {
            if old.property(name).is_none() && new.property(name).is_none() {
                self.required(&place.property(name), (old, new), name, node, direction);
            }
        }
    }

    fn additional(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        use Additional::{Closed, Open, Schema};
        let (class, text) = match (&old.additional, &new.additional) {
            (Open, Open) | (Closed, Closed) => return,
            (Schema(before), Schema(after)) => {
                let place = place.inside("any other property");
                return self.schema(&place, before, after, direction);
            }
            (_, Closed) => (
                rules::additional_closed(direction),
                "fields that are not listed are refused now",
            ),
            (Closed, _) => (
                rules::additional_opened(direction),
                "fields that are not listed are allowed now",
            ),
            (Open, Schema(_)) => (
                rules::allowed_values(rules::Change::Narrower, direction),
                "fields that are not listed have a schema now",
            ),
            (Schema(_), Open) => (
                rules::allowed_values(rules::Change::Wider, direction),
                "fields that are not listed may hold anything now",
            ),
        };
        self.facts.judge(
            (class, direction),
            "additional-properties-changed",
            place,
            node,
            text,
        );
    }

    fn items(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let (change, text) = match (&old.items, &new.items) {
            (None, None) => return,
            (Some(before), Some(after)) => {
                return self.schema(&place.inside("items"), before, after, direction);
            }
            (None, Some(_)) => (rules::Change::Narrower, "its items have a schema now"),
            (Some(_), None) => (rules::Change::Wider, "its items may be anything now"),
        };
        let class = rules::allowed_values(change, direction);
        self.facts
            .judge((class, direction), "items-changed", place, node, text);
    }

    fn unknown_keywords(
        &mut self,
        place: &Place,
        (old, new): (&Shape<'d>, &Shape<'d>),
        node: &Node<'d>,
        direction: Direction,
    ) {
        let keywords: BTreeSet<&String> = old.rest.keys().chain(new.rest.keys()).collect();
        for keyword in keywords {
            let same = match (old.rest.get(keyword), new.rest.get(keyword)) {
                (Some(before), Some(after)) => rules::same_value(before, after),
                _ => false,
            };
            if !same {
                let text =
                    format!("`{keyword}` changed; no rule judges it, so it counts as breaking");
                let verdict = (Class::Breaking, direction);
                self.facts
                    .judge(verdict, "unknown-keyword-changed", place, node, text);
            }
        }
    }
}

/// Whether a property is part of what travels in `direction`.
fn travels(property: &Node<'_>, direction: Direction) -> bool {
    let flag = match direction {
        Direction::Request => "readOnly",
        Direction::Response => "writeOnly",
    };
    !property.flag(flag) && !property.resolved().flag(flag)
}

fn plural(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "requests",
        Direction::Response => "responses",
    }
}

/// What a reviewer wants to know of something new: whether it must be given, what it is, its default.
pub(super) fn summary(node: &Node<'_>, required: bool) -> String {
    let shape = Shape::read(node);
    let mut text = if required { "required" } else { "optional" }.to_owned();
    text.push_str(", ");
    text.push_str(&kind_of(node, &shape));
    for bound in BOUNDS {
        if let Some(value) = shape.bounds.get(bound) {
            text.push_str(&format!(", {bound} {value}"));
        }
    }
    if let Some(default) = shape.default {
        text.push_str(&format!(", default {default}"));
    }
    text
}

fn kind_of(node: &Node<'_>, shape: &Shape<'_>) -> String {
    if let Some(name) = node.referred().as_ref().and_then(Node::schema_name) {
        return format!("`{name}`");
    }
    if let Some(items) = &shape.items {
        return format!("array of {}", kind_of(items, &Shape::read(items)));
    }
    match (&shape.values, shape.format) {
        (Some(values), _) => format!("one of {}", listed(values)),
        (None, Some(format)) => format!("{} ({format})", type_names(shape)),
        (None, None) => type_names(shape),
    }
}

pub(super) fn type_names(shape: &Shape<'_>) -> String {
    if shape.types.is_empty() {
        return "any".into();
    }
    // The type first, then null.
    let (null, others): (Vec<&str>, Vec<&str>) =
        shape.types.iter().partition(|kind| **kind == "null");
    let names: Vec<&str> = others.into_iter().chain(null).collect();
    names.join(" or ")
}

fn listed(values: &[Value]) -> String {
    let texts: Vec<String> = values
        .iter()
        .map(|value| match value {
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        })
        .collect();
    texts.join(", ")
}

pub(super) fn or_none(value: Option<&Value>) -> String {
    value.map_or_else(|| "none".into(), Value::to_string)
}
